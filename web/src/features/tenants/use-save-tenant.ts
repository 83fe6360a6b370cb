import { useQueryClient } from "@tanstack/react-query";
import { api, call } from "../../api/client.ts";
import { keys } from "../../api/queries.ts";
import type { Tenant } from "../../api/types.ts";
import type { components } from "../../api/schema.d.ts";

type Settings = Partial<Omit<components["schemas"]["Display"], never> & { name: string; slug: string }>;

/** Sends what differs from how the workspace is now, and shows what it is then. */
export function useSaveTenant(tenant: Tenant): (settings: Settings) => Promise<Tenant> {
  const queries = useQueryClient();
  return async (settings) => {
    const now: Settings = { ...tenant.display, name: tenant.name, slug: tenant.slug };
    const changes = Object.fromEntries(
      Object.entries(settings).filter(([field, value]) => value !== now[field as keyof Settings]),
    ) as Settings;
    const saved = await call(api.PATCH("/api/v1/tenants/{slug}", { params: { path: { slug: tenant.slug } }, body: changes }));
    // Under the address that the page has still: the layout goes on to the new one.
    queries.setQueryData(keys.tenant(tenant.slug), saved);
    void queries.invalidateQueries({ queryKey: keys.me });
    return saved;
  };
}

/** Why this person can't change how the workspace is; null when they can. */
export function cannotEdit({ can, self }: Tenant): string | null {
  return can.edit ? null : `Your role, ${self.roleName}, can't change this. An admin can.`;
}
