import * as endpoints from "#contract/http/invitations.ts";
import * as received from "#contract/http/received-invitations.ts";
import { caller } from "../http/rate-limits.ts";
import { memberRoute, personRoute, publicRoute, type Route } from "../http/route.ts";
import {
  acceptInvitation,
  countLapsing,
  getInvitationLink,
  listInvitations,
  lookUpInvitation,
  revokeInvitations,
} from "./invitations.ts";
import { createInvitation, inviteMany, previewInvitations, resendInvitations } from "./inviting.ts";
import { acceptMyInvitation, declineMyInvitation, listMyInvitations } from "./my-invitations.ts";
import { makeQuotas } from "./quotas.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

export function invitationRoutes(): Route[] {
  const quotas = makeQuotas();

  return [
    memberRoute(endpoints.listInvitations, (ctx, { query }) => listInvitations(ctx, query)),

    memberRoute(
      endpoints.createInvitation,
      (ctx, { body }) => createInvitation(ctx, { ...body, quotas }),
      // Each request mails an address of the caller's choice, with names of the caller's choice in it.
      {
        rateLimits: [
          // Without a limit, inviting and withdrawing again and again would flood a mailbox.
          { max: 10, timeWindow: HOUR, key: (request) => `${caller(request)} ${(request.body as { email: string }).email}` },
          { max: 200, timeWindow: HOUR },
        ],
      },
    ),

    // Each request reads up to half a megabyte.
    memberRoute(
      endpoints.previewInvitations,
      async (ctx, { body }) => ({ lines: await previewInvitations(ctx, { ...body, quotas }) }),
      { rateLimits: [{ max: 120, timeWindow: HOUR }] },
    ),

    memberRoute(endpoints.inviteMany, async (ctx, { body }) => ({ lines: await inviteMany(ctx, { ...body, quotas }) }), {
      rateLimits: [{ max: 30, timeWindow: HOUR }],
    }),

    memberRoute(endpoints.countLapsingInvitations, async (ctx, { body }) => ({ count: await countLapsing(ctx, body) })),

    memberRoute(endpoints.resendInvitations, (ctx, { body }) => resendInvitations(ctx, { ...body, quotas }), {
      rateLimits: [{ max: 200, timeWindow: HOUR }],
    }),

    memberRoute(endpoints.revokeInvitations, async (ctx, { body }) => ({ revoked: await revokeInvitations(ctx, body) })),

    memberRoute(endpoints.getInvitationLink, async (ctx, { params }) => ({ url: await getInvitationLink(ctx, params) }), {
      rateLimits: [{ max: 600, timeWindow: HOUR }],
    }),

    memberRoute(endpoints.revokeInvitation, async (ctx, { params }) => {
      await revokeInvitations(ctx, { invitationIds: [params.invitationId] });
    }),

    publicRoute(received.lookUpInvitation, (ctx, { body }) => lookUpInvitation(ctx, body), {
      rateLimits: [{ max: 300, timeWindow: 5 * MINUTE }],
    }),

    personRoute(received.listMyInvitations, async (ctx) => ({ items: await listMyInvitations(ctx) }), {
      rateLimits: [{ max: 120, timeWindow: MINUTE }],
    }),

    personRoute(received.acceptMyInvitation, async (ctx, { params }) => ({ slug: await acceptMyInvitation(ctx, params) }), {
      rateLimits: [{ max: 60, timeWindow: 5 * MINUTE }],
    }),

    personRoute(received.declineMyInvitation, (ctx, { params }) => declineMyInvitation(ctx, params), {
      rateLimits: [{ max: 60, timeWindow: 5 * MINUTE }],
    }),

    personRoute(received.acceptInvitation, async (ctx, { body }) => ({ slug: await acceptInvitation(ctx, body) }), {
      rateLimits: [{ max: 60, timeWindow: 5 * MINUTE }],
    }),
  ];
}
