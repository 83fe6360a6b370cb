import * as endpoints from "#contract/http/invitations.ts";
import { caller, type Serve } from "../http/serve.ts";
import { originOf } from "../platform/http/caller.ts";
import { assertSameOrigin } from "../platform/http/same-origin.ts";
import { makeQuota } from "../platform/quota.ts";
import type { Services } from "../services.ts";
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

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
/** What a person may mail in a day across all their workspaces; each of those has its own limit in its own rows. */
const MAILS_PER_PERSON = 4_000;
/** JSON writes some characters in six bytes; most of what is pasted takes one. */
const PREVIEW_BODY = 4 * endpoints.MAX_CONTENT;
const BATCH_BODY = 512 * endpoints.MAX_LINES;

export function registerInvitationRoutes(serve: Serve, services: Services): void {
  const personal = makeQuota(MAILS_PER_PERSON, 24 * HOUR);

  serve.member(endpoints.listInvitations, ({ tx, member, query }) => listInvitations(tx, member, query));

  serve.member(
    endpoints.createInvitation,
    ({ tx, member, body }) => createInvitation(services, tx, member, body, personal),
    // Each sends a mail, in the inviter's words, to an address of the caller's choice.
    {
      rateLimits: [
        // Inviting, withdrawing and inviting again fills one mailbox.
        { max: 10, timeWindow: HOUR, key: (request) => `${caller(request)} ${(request.body as { email: string }).email}` },
        { max: 200, timeWindow: HOUR },
      ],
    },
  );

  // Each reads up to half a megabyte.
  serve.member(
    endpoints.previewInvitations,
    async ({ tx, member, body }) => ({ lines: await previewInvitations(tx, member, body, personal) }),
    { bodyLimit: PREVIEW_BODY, rateLimits: [{ max: 120, timeWindow: HOUR }] },
  );

  serve.member(
    endpoints.inviteMany,
    async ({ tx, member, body }) => ({ lines: await inviteMany(services, tx, member, body.lines, personal) }),
    { bodyLimit: BATCH_BODY, rateLimits: [{ max: 30, timeWindow: HOUR }] },
  );

  serve.member(endpoints.countLapsingInvitations, async ({ tx, member, body }) => ({
    count: await countLapsing(tx, member, body.memberIds, body.roleId),
  }));

  serve.member(
    endpoints.resendInvitations,
    ({ tx, member, body }) => resendInvitations(services, tx, member, body.invitationIds, personal),
    { rateLimits: [{ max: 200, timeWindow: HOUR }] },
  );

  serve.member(endpoints.revokeInvitations, async ({ tx, member, body }) => ({
    revoked: await revokeInvitations(tx, member, body.invitationIds),
  }));

  serve.member(
    endpoints.getInvitationLink,
    async ({ tx, member, params, request }) => {
      // A GET that writes: another site's link must not have somebody take one, and say so in the log.
      assertSameOrigin(request, services.config.url);
      return { url: await getInvitationLink(services, tx, member, params.invitationId) };
    },
    { rateLimits: [{ max: 600, timeWindow: HOUR }] },
  );

  serve.member(endpoints.revokeInvitation, async ({ tx, member, params }) => {
    await revokeInvitations(tx, member, [params.invitationId]);
  });

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
