import * as endpoints from "#contract/http/my-tenants.ts";
import type { Serve } from "../http/serve.ts";
import { noteVisit } from "../members/members.ts";
import type { Services } from "../services.ts";
import type { Voice } from "../voice/ports.ts";
import { activityOf, listMyTenants } from "./my-tenants.ts";

const MINUTE = 60_000;

export function registerMyTenantRoutes(serve: Serve, services: Services, voice: Voice): void {
  serve.account(endpoints.listMyTenants, async ({ account }) => ({ items: await listMyTenants(services, account) }), {
    // Each reads every tenant of the person.
    rateLimits: [{ max: 60, timeWindow: MINUTE }],
  });

  serve.account(endpoints.getMyActivity, async ({ account }) => ({ items: await activityOf(services, voice, account) }), {
    // Asked every few seconds by each window that is in sight.
    rateLimits: [{ max: 200, timeWindow: MINUTE }],
  });

  serve.member(endpoints.noteVisit, ({ tx, member }) => noteVisit(tx, member), {
    rateLimits: [{ max: 240, timeWindow: MINUTE }],
  });
}
