/** The account's second factors, and authenticating again. */
import { z } from "zod";
import { bounded } from "../bounded.ts";
import { Account, Password } from "./accounts.ts";
import { endpoint, Time } from "./endpoint.ts";
import { MAX_PASSKEYS, Passkey, PasskeyAnswer } from "./passkeys.ts";

/** Without the spaces and hyphens that apps and people put in. */
const typedCode = (pattern: RegExp, message: string) =>
  bounded(64, "That code is too long.")
    .transform((typed) => typed.replace(/[\s-]/g, "").toUpperCase())
    .pipe(z.string().regex(pattern, message));

const TotpCode = typedCode(/^\d{6}$/, "Enter the 6 digits that your app shows.");

const SecondFactorCode = typedCode(
  /^(\d{6}|[A-Z2-7]{10})$/,
  "Enter the 6 digits that your app shows, or one of your recovery codes.",
);

export const RecoveryCodes = z
  .array(z.string())
  .max(10)
  .describe("Ten codes, each usable once. They are shown only now: the server keeps no copy that can be read.");

export const Factors = z
  .strictObject({
    totp: z.strictObject({ enrolledAt: Time }).nullable().describe("The authenticator app; null without one"),
    recoveryCodes: z.strictObject({ createdAt: Time, left: z.int().describe("Codes not yet used") }).nullable(),
    passkeys: z.array(Passkey).max(MAX_PASSKEYS).describe("Oldest first"),
    provedSecondFactor: z.boolean().describe("Whether this session has proved a second factor"),
    passwordSuffices: z
      .boolean()
      .describe("Whether the password authenticates this session again. Otherwise a code or a passkey must."),
  })
  .meta({ id: "Factors" });

const ABOVE_WORKSPACES = { none: "the account's own protection, above workspaces" };

export const finishSignIn = endpoint({
  operationId: "finishSignIn",
  method: "POST",
  path: "/session/second-step",
  summary:
    "Finish signing in with a code of the authenticator app, a recovery code or a passkey: one of them. Needs the cookie that the right password set, which works for 10 minutes.",
  access: "public",
  body: z.strictObject({ code: SecondFactorCode.optional(), passkey: PasskeyAnswer.optional() }),
  audits: {
    none: "shows in each workspace once it is entered: session.signed_in. So does the end of a session that it replaces",
  },
  success: {
    status: 200,
    description: "Signed in; the session cookie is set.",
    schema: z.strictObject({ account: Account }),
  },
  errors: ["sign_in_expired", "wrong_code", "passkeys_unavailable", "passkey_expired", "passkey_refused", "rate_limited"],
});

export const reauthenticate = endpoint({
  operationId: "reauthenticate",
  method: "POST",
  path: "/session/authentication",
  summary:
    "Authenticate again, with the password, a code or a passkey: one of them. For 5 minutes the session may then do what cannot be undone or changes the account's protection. The session gets a new token; its live audio goes on.",
  access: "account",
  body: z.strictObject({
    password: Password.optional(),
    code: SecondFactorCode.optional(),
    passkey: PasskeyAnswer.optional(),
  }),
  audits: ABOVE_WORKSPACES,
  success: { status: 204, description: "Done; the session cookie is set anew." },
  errors: [
    "reauthentication_required",
    "wrong_credentials",
    "wrong_code",
    "passkeys_unavailable",
    "passkey_expired",
    "passkey_refused",
    "rate_limited",
  ],
});

export const getFactors = endpoint({
  operationId: "getFactors",
  method: "GET",
  path: "/me/factors",
  summary: "Your second factors.",
  access: "account",
  success: { status: 200, description: "What is set up.", schema: Factors },
});

export const startTotp = endpoint({
  operationId: "startTotp",
  method: "POST",
  path: "/me/totp-enrolment",
  summary:
    "Start setting up an authenticator app. An app that is in use stays in use until the new one is confirmed, which must happen within 30 minutes.",
  access: "account",
  audits: ABOVE_WORKSPACES,
  success: {
    status: 200,
    description: "The new secret, to put into the app.",
    schema: z.strictObject({
      secret: z.string().describe("Base32, to type"),
      uri: z.string().describe("otpauth:// address, for a QR code"),
    }),
  },
  errors: ["reauthentication_required", "rate_limited"],
});

export const confirmTotp = endpoint({
  operationId: "confirmTotp",
  method: "PUT",
  path: "/me/totp",
  summary:
    "Confirm the new authenticator app with its current code. It replaces the one in use. The session counts as having proved it and gets a new token; a mail says so.",
  access: "account",
  body: z.strictObject({ code: TotpCode }),
  audits: ABOVE_WORKSPACES,
  success: {
    status: 200,
    description: "Two-step verification is on.",
    schema: z.strictObject({ recoveryCodes: RecoveryCodes.nullable().describe("Null when the account had codes already") }),
  },
  errors: ["wrong_code", "enrolment_expired", "rate_limited"],
});

export const removeTotp = endpoint({
  operationId: "removeTotp",
  method: "DELETE",
  path: "/me/totp",
  summary: "Remove the authenticator app. Without any second factor left, the recovery codes are deleted, too. A mail says so.",
  access: "account",
  audits: ABOVE_WORKSPACES,
  success: { status: 204, description: "Off." },
  errors: ["reauthentication_required", "rate_limited"],
});

export const renewRecoveryCodes = endpoint({
  operationId: "renewRecoveryCodes",
  method: "POST",
  path: "/me/recovery-codes",
  summary: "Make ten new recovery codes. The old ones stop working; a mail says so.",
  access: "account",
  audits: ABOVE_WORKSPACES,
  success: { status: 200, description: "The new codes.", schema: z.strictObject({ recoveryCodes: RecoveryCodes }) },
  errors: ["reauthentication_required", "not_found", "rate_limited"],
});
