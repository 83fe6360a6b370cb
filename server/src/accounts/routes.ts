import type { FastifyRequest } from "fastify";
import * as endpoints from "#contract/http/accounts.ts";
import { clearSessionToken, readSessionToken, readSignUpToken, setSessionToken, setSignUpToken } from "../http/cookies.ts";
import type { Serve } from "../http/serve.ts";
import { findInvitationProof } from "../invitations/invitations.ts";
import { noteSignOut } from "../members/members.ts";
import { callerAddress, originOf } from "../platform/http/caller.ts";
import { makeToken } from "../platform/tokens.ts";
import type { Services } from "../services.ts";
import { resendVerificationMail, signIn, signUp, verifyEmail } from "./accounts.ts";
import { endSession, SESSION_SECONDS } from "./sessions.ts";

const MINUTE = 60_000;
const emailAndAddress = (request: FastifyRequest) => `${(request.body as { email: string }).email} ${callerAddress(request)}`;
const email = (request: FastifyRequest) => (request.body as { email: string }).email;

/** From one address a whole office may come; one mailbox from one address tries a few times; a spread attack on one mailbox more. */
const CREDENTIAL_LIMITS = [
  { max: 10, timeWindow: 5 * MINUTE, key: emailAndAddress },
  { max: 100, timeWindow: 60 * MINUTE, key: email },
  { max: 300, timeWindow: 5 * MINUTE },
];

/** Each sends a mail to an address of the caller's choice, whose holder may have asked for none. */
const SIGN_UP_LIMITS = [
  { max: 10, timeWindow: 60 * MINUTE, key: email },
  { max: 300, timeWindow: 5 * MINUTE },
];
const RESEND_LIMITS = [
  { max: 5, timeWindow: 60 * MINUTE, key: email },
  { max: 60, timeWindow: 60 * MINUTE },
];

export function registerAccountRoutes(serve: Serve, services: Services): void {
  const { config, database } = services;

  serve.public(
    endpoints.signUp,
    async ({ body, request, reply }) => {
      const browserToken = readSignUpToken(request, config) ?? makeToken();
      const session = await signUp(services, { ...body, browserToken }, (token) => findInvitationProof(services, token));
      setSignUpToken(reply, config, browserToken);
      if (session) setSessionToken(reply, config, session.sessionToken, SESSION_SECONDS);
      return { signedIn: session !== null };
    },
    { rateLimits: SIGN_UP_LIMITS },
  );

  serve.public(
    endpoints.verifyEmail,
    async ({ body, request, reply }) => {
      const { account, invitationToken, sessionToken } = await verifyEmail(services, {
        ...body,
        browserToken: readSignUpToken(request, config),
      });
      setSessionToken(reply, config, sessionToken, SESSION_SECONDS);
      return { account, invitationToken };
    },
    {
      rateLimits: [
        { max: 10, timeWindow: 5 * MINUTE, key: (request) => (request.body as { token: string }).token },
        { max: 300, timeWindow: 5 * MINUTE },
      ],
    },
  );

  serve.public(endpoints.sendVerificationMail, ({ body }) => resendVerificationMail(services, body.email), {
    rateLimits: RESEND_LIMITS,
  });

  serve.public(
    endpoints.signIn,
    async ({ body, request, reply }) => {
      const { account, sessionToken } = await signIn(services, body, originOf(request));
      setSessionToken(reply, config, sessionToken, SESSION_SECONDS);
      return { account };
    },
    { rateLimits: CREDENTIAL_LIMITS },
  );

  serve.public(endpoints.signOut, async ({ request, reply }) => {
    await endSession(database, readSessionToken(request, config), (tx, sessionId, tenantIds) =>
      noteSignOut(tx, sessionId, tenantIds, originOf(request)),
    );
    clearSessionToken(reply, config);
  });
}
