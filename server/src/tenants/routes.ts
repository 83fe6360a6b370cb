import { Readable } from "node:stream";
import * as logos from "#contract/http/logos.ts";
import * as ownership from "#contract/http/ownership.ts";
import * as endpoints from "#contract/http/tenants.ts";
import { memberRoute, personRoute } from "../http/route.ts";
import { findLogo, removeLogo, setLogo } from "./logos.ts";
import { acceptOwnership, declineOwnership, leaveTenant, offerOwnership, withdrawOwnershipOffer } from "./ownership.ts";
import { checkSlug, listEarlierSlugs } from "./slugs.ts";
import { createTenant, getMe, presentTenant, updateTenant } from "./tenants.ts";

const MINUTE = 60_000;

export const tenantRoutes = [
  personRoute(endpoints.getMe, (ctx) => getMe(ctx)),
  personRoute(endpoints.checkSlug, (ctx, { params, query }) => checkSlug(ctx, { ...params, ...query }), {
    rateLimits: [{ max: 240, timeWindow: MINUTE }],
  }),
  personRoute(endpoints.createTenant, (ctx, { body }) => createTenant(ctx, body), {
    rateLimits: [{ max: 30, timeWindow: 60 * MINUTE }],
  }),
  memberRoute(endpoints.getTenant, (ctx) => presentTenant(ctx)),
  memberRoute(endpoints.listEarlierSlugs, async (ctx) => ({ items: await listEarlierSlugs(ctx) })),
  memberRoute(endpoints.updateTenant, (ctx, { body }) => updateTenant(ctx, body), {
    rateLimits: [{ max: 60, timeWindow: MINUTE }],
  }),

  memberRoute(logos.setLogo, async (ctx, { body }) => ({ logoId: await setLogo(ctx, body) }), {
    rateLimits: [{ max: 10, timeWindow: MINUTE }],
  }),
  memberRoute(logos.removeLogo, (ctx) => removeLogo(ctx)),
  memberRoute(
    logos.getLogo,
    async (ctx, { params, reply }) => {
      const image = await findLogo(ctx, params);
      reply
        .header("cache-control", "private, max-age=31536000, immutable")
        .type("image/webp")
        .header("content-length", image.length);
      return Readable.from([image]);
    },
    { noSignIn: true },
  ),

  memberRoute(ownership.offerOwnership, (ctx, { body }) => offerOwnership(ctx, body), {
    // Each sends a mail.
    rateLimits: [{ max: 10, timeWindow: 5 * MINUTE }],
  }),
  memberRoute(ownership.withdrawOwnershipOffer, (ctx) => withdrawOwnershipOffer(ctx)),
  memberRoute(ownership.acceptOwnership, (ctx) => acceptOwnership(ctx)),
  memberRoute(ownership.declineOwnership, (ctx) => declineOwnership(ctx)),
  memberRoute(ownership.leaveTenant, (ctx) => leaveTenant(ctx)),
];
