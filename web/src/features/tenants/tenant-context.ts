import { createContext, use } from "react";
import type { Tenant } from "../../api/types.ts";

export const TenantContext = createContext<Tenant | null>(null);

/** The open workspace. @throws outside one */
export function useTenant(): Tenant {
  const tenant = use(TenantContext);
  if (!tenant) throw new Error("useTenant is used outside an open workspace");
  return tenant;
}
