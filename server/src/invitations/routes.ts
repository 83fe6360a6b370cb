import * as endpoints from "#contract/http/invitations.ts";
import { caller, type Serve } from "../http/serve.ts";
import { originOf } from "../platform/http/caller.ts";
import type { Services } from "../services.ts";
import {
  acceptInvitation,
  createInvitation,
  getInvitationLink,
  listInvitations,
  lookUpInvitation,
  revokeInvitation,
} from "./invitations.ts";
import { acceptMyInvitation, declineMyInvitation, listMyInvitations } from "./my-invitations.ts";

const MINUTE = 60_000;

export function registerInvitationRoutes(serve: Serve, services: Services): void {
  serve.member(endpoints.listInvitations, ({ tx, member, query }) => listInvitations(tx, member, query));

  serve.member(
    endpoints.createInvitation,
    ({ tx, member, body }) => createInvitation(services, tx, member, body),
    // Each sends a mail, in the inviter's words, to an address of the caller's choice.
    {
      rateLimits: [
        // Inviting, withdrawing and inviting again fills one mailbox.
        { max: 10, timeWindow: 60 * MINUTE, key: (request) => `${caller(request)} ${(request.body as { email: string }).email}` },
        { max: 200, timeWindow: 60 * MINUTE },
      ],
    },
  );

  serve.member(endpoints.getInvitationLink, async ({ tx, params }) => ({
    url: await getInvitationLink(services, tx, params.invitationId),
  }));

  serve.member(endpoints.revokeInvitation, ({ tx, member, params }) => revokeInvitation(tx, member, params.invitationId));

  serve.public(endpoints.lookUpInvitation, ({ body }) => lookUpInvitation(services, body.token), {
    rateLimits: [{ max: 300, timeWindow: 5 * MINUTE }],
  });

  serve.account(endpoints.listMyInvitations, async ({ account }) => ({ items: await listMyInvitations(services, account) }), {
    rateLimits: [{ max: 120, timeWindow: MINUTE }],
  });

  serve.account(
    endpoints.acceptMyInvitation,
    async ({ account, params, request }) => ({
      slug: await acceptMyInvitation(services, account, params.invitationId, originOf(request)),
    }),
    { rateLimits: [{ max: 60, timeWindow: 5 * MINUTE }] },
  );

  serve.account(
    endpoints.declineMyInvitation,
    ({ account, params, request }) => declineMyInvitation(services, account, params.invitationId, originOf(request)),
    { rateLimits: [{ max: 60, timeWindow: 5 * MINUTE }] },
  );

  serve.account(
    endpoints.acceptInvitation,
    async ({ account, body, request }) => ({
      slug: await acceptInvitation(services, account, body.token, originOf(request)),
    }),
    { rateLimits: [{ max: 60, timeWindow: 5 * MINUTE }] },
  );
}
