import { createContext, use } from "react";
import type { Tenant } from "../../api/types.ts";

export const TenantContext = createContext<Tenant | null>(null);

/** The workspace that is open. */
export function useTenant(): Tenant {
  const tenant = use(TenantContext);
  if (!tenant) throw new Error("useTenant is used outside of an open workspace");
  return tenant;
}
