import type { FastifyReply, FastifyRequest } from "fastify";
import * as endpoints from "#contract/http/accounts.ts";
import * as emailChange from "#contract/http/email-change.ts";
import * as sessions from "#contract/http/sessions.ts";
import { endSession, SESSION_SECONDS } from "../access/sessions.ts";
import {
  clearSessionToken,
  readDeviceCookie,
  readSessionToken,
  readSignUpToken,
  setDeviceCookie,
  setSecondStep,
  setSessionToken,
  setSignUpToken,
} from "../http/cookies.ts";
import { caller } from "../http/rate-limits.ts";
import { personRoute, publicRoute, type Route } from "../http/route.ts";
import { callerAddress } from "../platform/http/caller.ts";
import { makeToken } from "../platform/tokens.ts";
import type { Services } from "../services.ts";
import { resendVerificationMail, signIn, signUp, verifyEmail } from "./accounts.ts";
import { makeAttempts } from "./attempts.ts";
import { deviceGroup, makeDeviceCookies } from "./device-cookie.ts";
import { cancelEmailChange, confirmEmailChange, getEmailChange, startEmailChange } from "./email-change.ts";
import { factorRoutes } from "./factor-routes.ts";
import { passkeyRoutes } from "./passkey-routes.ts";
import { assertRoomForStrangers } from "./passwords.ts";
import { endMySession, listMySessions, signOutOthers } from "./own-sessions.ts";
import { requestPasswordReset, resetPassword } from "./password-reset.ts";
import { changePassword, rename, signOutEverywhere } from "./profile.ts";
import { type PendingSignIn, SECOND_STEP_SECONDS, type Session } from "./second-step.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const email = (request: FastifyRequest) => (request.body as { email: string }).email;
const token = (request: FastifyRequest) => (request.body as { token: string }).token;

// Both operations mail an address of the caller's choice, whose owner may not have asked for it.
const SIGN_UP_LIMITS = [
  { max: 10, timeWindow: HOUR, key: email },
  { max: 300, timeWindow: 5 * MINUTE },
];
const RESEND_LIMITS = [
  { max: 5, timeWindow: HOUR, key: email },
  { max: 60, timeWindow: HOUR },
];
// Each request mails two addresses, one of them of the caller's choice.
const EMAIL_CHANGE_LIMITS = [
  { max: 10, timeWindow: HOUR, key: caller },
  { max: 10, timeWindow: HOUR, key: email },
];
const LINK_LIMITS = [
  { max: 10, timeWindow: 5 * MINUTE, key: token },
  { max: 300, timeWindow: 5 * MINUTE },
];

export function accountRoutes(services: Services): Route[] {
  const { config, keys } = services;
  const devices = makeDeviceCookies(keys);
  const attempts = makeAttempts();

  const sessionTokenOf = (request: FastifyRequest) => readSessionToken(request, config);
  const deviceOf = (request: FastifyRequest) => devices.find(readDeviceCookie(request, config), email(request));
  /** Counts all known browsers of an account together, since its owner can make any number of them. Counts strangers by IP address. */
  function browserKey(request: FastifyRequest): string {
    const device = deviceOf(request);
    return device ? deviceGroup(email(request), device) : callerAddress(request);
  }

  /** Counts requests that name no account. */
  const senderKey = (request: FastifyRequest) => devices.lastAccount(readDeviceCookie(request, config)) ?? callerAddress(request);

  function rememberBrowser(reply: FastifyReply, account: { email: string; deviceEpoch: number }): void {
    setDeviceCookie(reply, config, devices.add(readDeviceCookie(reply.request, config), account));
  }

  function setCookies(reply: FastifyReply, { account, deviceEpoch, sessionToken }: Session): void {
    setSessionToken(reply, config, sessionToken, SESSION_SECONDS);
    rememberBrowser(reply, { email: account.email, deviceEpoch });
  }

  /** Signs the browser in, or lets it take the second step. */
  function setOutcome(reply: FastifyReply, result: Session | PendingSignIn) {
    if ("account" in result) {
      setCookies(reply, result);
      return { account: result.account, secondStep: null };
    }
    setSecondStep(reply, config, result.secondStep, SECOND_STEP_SECONDS);
    return { account: null, secondStep: result.factors };
  }

  return [
    publicRoute(
      endpoints.signUp,
      async (ctx, { body, request, reply }) => {
        const browserToken = readSignUpToken(request, config) ?? makeToken();
        const session = await signUp(ctx, { ...body, browserToken, sessionToken: sessionTokenOf(request) });
        setSignUpToken(reply, config, browserToken);
        if (session) setCookies(reply, session);
        return { signedIn: session !== null };
      },
      { rateLimits: SIGN_UP_LIMITS },
    ),

    publicRoute(
      endpoints.verifyEmail,
      async (ctx, { body, request, reply }) => {
        const browserToken = readSignUpToken(request, config);
        const input = { ...body, browserToken, sessionToken: sessionTokenOf(request) };
        const { invitationToken, ...session } = await verifyEmail(ctx, input);
        setCookies(reply, session);
        return { account: session.account, invitationToken };
      },
      { rateLimits: LINK_LIMITS },
    ),

    publicRoute(endpoints.sendVerificationMail, (ctx, { body }) => resendVerificationMail(ctx, body), {
      rateLimits: RESEND_LIMITS,
    }),

    publicRoute(
      endpoints.signIn,
      async (ctx, { body, request, reply }) => {
        const result = await signIn(ctx, {
          ...body,
          device: deviceOf(request),
          address: callerAddress(request),
          sessionToken: sessionTokenOf(request),
          attempts,
        });
        return setOutcome(reply, result);
      },
      {
        beforeBody(request) {
          if (readDeviceCookie(request, config) === null) assertRoomForStrangers();
        },
        // High, because a whole office may share one IP address. attempts.ts limits guesses per mailbox.
        rateLimits: [{ max: 300, timeWindow: 5 * MINUTE, key: browserKey }],
      },
    ),

    publicRoute(endpoints.signOut, async ({ services, origin }, { request, reply }) => {
      const token = sessionTokenOf(request);
      if (token !== null) await services.database.asPlatform("sign out", (tx) => endSession(tx, token, origin));
      clearSessionToken(reply, config);
    }),

    publicRoute(
      endpoints.requestPasswordReset,
      (ctx, { body, request }) => requestPasswordReset(ctx, { ...body, device: deviceOf(request) }),
      {
        // No limit by mailbox alone: strangers would use up the owner's. password-reset.ts limits the mails per account.
        rateLimits: [
          { max: 5, timeWindow: HOUR, key: (request) => `${email(request)} ${browserKey(request)}` },
          { max: 60, timeWindow: HOUR, key: browserKey },
        ],
      },
    ),

    publicRoute(
      endpoints.resetPassword,
      async (ctx, { body, request, reply }) => {
        return setOutcome(reply, await resetPassword(ctx, { ...body, sessionToken: sessionTokenOf(request) }));
      },
      { rateLimits: LINK_LIMITS },
    ),

    personRoute(
      endpoints.changePassword,
      async (ctx, { body, reply }) => {
        const deviceEpoch = await changePassword(ctx, body);
        rememberBrowser(reply, { email: ctx.principal.email, deviceEpoch });
      },
      // Limits guesses of the current password by somebody at an unlocked screen.
      { rateLimits: [{ max: 10, timeWindow: 5 * MINUTE }] },
    ),

    personRoute(
      endpoints.updateMe,
      async (ctx, { body }) => ({ account: await rename(ctx, body) }),
      // Each rename writes to the audit logs of all the person's workspaces.
      { rateLimits: [{ max: 20, timeWindow: HOUR, key: caller }] },
    ),

    personRoute(endpoints.signOutEverywhere, async (ctx, { reply }) => {
      const deviceEpoch = await signOutEverywhere(ctx);
      clearSessionToken(reply, config);
      rememberBrowser(reply, { email: ctx.principal.email, deviceEpoch });
    }),

    personRoute(emailChange.getEmailChange, (ctx) => getEmailChange(ctx)),

    personRoute(emailChange.startEmailChange, (ctx, { body }) => startEmailChange(ctx, body), {
      rateLimits: EMAIL_CHANGE_LIMITS,
    }),

    personRoute(emailChange.cancelEmailChange, (ctx) => cancelEmailChange(ctx)),

    publicRoute(emailChange.confirmEmailChange, (ctx, { body }) => confirmEmailChange(ctx, body), { rateLimits: LINK_LIMITS }),

    personRoute(sessions.listMySessions, (ctx) => listMySessions(ctx)),

    personRoute(sessions.endMySession, (ctx, { params }) => endMySession(ctx, params)),

    personRoute(sessions.signOutOthers, (ctx) => signOutOthers(ctx)),

    ...factorRoutes(services, { devices, setCookies }),
    ...passkeyRoutes(services, { senderKey, setCookies }),
  ];
}
