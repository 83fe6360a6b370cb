import { Readable } from "node:stream";
import * as logos from "#contract/http/logos.ts";
import * as ownership from "#contract/http/ownership.ts";
import * as endpoints from "#contract/http/tenants.ts";
import type { Serve } from "../http/serve.ts";
import { originOf } from "../platform/http/caller.ts";
import type { Services } from "../services.ts";
import { findLogo, removeLogo, setLogo } from "./logos.ts";
import { acceptOwnership, declineOwnership, leaveTenant, offerOwnership, withdrawOwnershipOffer } from "./ownership.ts";
import { checkSlug, listEarlierSlugs } from "./slugs.ts";
import { createTenant, listTenantsOf, presentTenant, updateTenant } from "./tenants.ts";

const MINUTE = 60_000;
/** Ten guesses of the password in five minutes, from an unlocked screen. */
const PASSWORD_LIMITS = [{ max: 10, timeWindow: 5 * MINUTE }];

export function registerTenantRoutes(serve: Serve, services: Services): void {
  serve.account(endpoints.getMe, async ({ account }) => ({
    account: { accountId: account.accountId, email: account.email, name: account.name },
    tenants: await listTenantsOf(services, account.accountId),
  }));

  serve.account(
    endpoints.checkSlug,
    ({ account, params, query }) =>
      checkSlug(services, params.slug, { accountId: account.accountId, movingFrom: query.movingFrom }),
    { rateLimits: [{ max: 240, timeWindow: MINUTE }] },
  );

  serve.account(
    endpoints.createTenant,
    ({ account, body, request }) => createTenant(services, account, body, originOf(request)),
    {
      rateLimits: [{ max: 30, timeWindow: 60 * MINUTE }],
    },
  );

  serve.member(endpoints.getTenant, ({ tx, member }) => presentTenant(tx, member));

  serve.member(endpoints.listEarlierSlugs, async ({ tx }) => ({ items: await listEarlierSlugs(tx) }));

  serve.member(
    endpoints.updateTenant,
    async ({ tx, member, body }) => {
      await updateTenant(services, tx, member, body);
      return presentTenant(tx, member);
    },
    { rateLimits: [{ max: 60, timeWindow: MINUTE }] },
  );

  serve.member(logos.setLogo, async ({ tx, member, body }) => ({ logoId: await setLogo(tx, member, body) }), {
    rateLimits: [{ max: 10, timeWindow: MINUTE }],
  });

  serve.member(logos.removeLogo, ({ tx, member }) => removeLogo(tx, member));

  serve.member(
    logos.getLogo,
    async ({ tx, params, reply }) => {
      const image = await findLogo(tx, params.logoId);
      reply
        .header("cache-control", "private, max-age=31536000, immutable")
        .type("image/webp")
        .header("content-length", image.length);
      return Readable.from([image]);
    },
    { glance: true },
  );

  serve.member(ownership.offerOwnership, ({ tx, member, body }) => offerOwnership(services, tx, member, body), {
    rateLimits: PASSWORD_LIMITS,
  });

  serve.member(ownership.withdrawOwnershipOffer, ({ tx, member }) => withdrawOwnershipOffer(services, tx, member));

  serve.member(ownership.acceptOwnership, ({ tx, member, body }) => acceptOwnership(services, tx, member, body.password), {
    rateLimits: PASSWORD_LIMITS,
  });

  serve.member(ownership.declineOwnership, ({ tx, member }) => declineOwnership(services, tx, member));

  serve.member(ownership.leaveTenant, ({ tx, member }) => leaveTenant(services, tx, member));
}
