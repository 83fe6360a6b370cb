import { useQueryClient } from "@tanstack/react-query";
import { api, call } from "../../api/client.ts";
import { ofPerson } from "../../api/outdated.ts";
import type { Tenant } from "../../api/types.ts";
import type { components } from "../../api/schema.d.ts";
import { tenantQuery } from "./queries.ts";

type Settings = Partial<Omit<components["schemas"]["Display"], never> & { name: string; slug: string }>;

/** @returns a function that saves the settings that differ from the current ones, and updates the page with the answer */
export function useSaveTenant(tenant: Tenant): (settings: Settings) => Promise<Tenant> {
  const queries = useQueryClient();
  return async (settings) => {
    const now: Settings = { ...tenant.display, name: tenant.name, slug: tenant.slug };
    const changes = Object.fromEntries(
      Object.entries(settings).filter(([field, value]) => value !== now[field as keyof Settings]),
    ) as Settings;
    const saved = await call(api.PATCH("/api/v1/tenants/{slug}", { params: { path: { slug: tenant.slug } }, body: changes }));
    // Under the old slug, which the page still has: WorkspaceLayout then goes on to the new one.
    queries.setQueryData(tenantQuery(tenant.slug).queryKey, saved);
    void queries.invalidateQueries(ofPerson());
    return saved;
  };
}
