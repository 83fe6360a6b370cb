import * as endpoints from "#contract/http/tenants.ts";
import type { Serve } from "../http/serve.ts";
import { originOf } from "../platform/http/caller.ts";
import type { Services } from "../services.ts";
import { checkSlug, createTenant, listTenantsOf, presentTenant } from "./tenants.ts";

const MINUTE = 60_000;

export function registerTenantRoutes(serve: Serve, services: Services): void {
  serve.account(endpoints.getMe, async ({ account }) => ({
    account: { accountId: account.accountId, email: account.email, name: account.name },
    tenants: await listTenantsOf(services, account.accountId),
  }));

  serve.account(endpoints.checkSlug, ({ params }) => checkSlug(services, params.slug), {
    rateLimits: [{ max: 240, timeWindow: MINUTE }],
  });

  serve.account(
    endpoints.createTenant,
    ({ account, body, request }) => createTenant(services, account, body, originOf(request)),
    {
      rateLimits: [{ max: 30, timeWindow: 60 * MINUTE }],
    },
  );

  serve.member(endpoints.getTenant, ({ tx, member }) => presentTenant(tx, member));
}
