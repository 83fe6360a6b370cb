/** Passkeys (WebAuthn level 3). Challenges work once, for five minutes, in the browser that asked for them. */
import { z } from "zod";
import { bounded } from "../bounded.ts";
import { Account } from "./accounts.ts";
import { endpoint, Id, text, Time, withoutUrl } from "./endpoint.ts";

export const MAX_PASSKEYS = 20;

/** Binary data as JSON. The lengths are well above what authenticators send. */
function base64url(max: number) {
  return bounded(max).regex(/^[A-Za-z0-9_-]*$/, "This isn't base64url.");
}

const CredentialId = base64url(1_364).min(22).describe("At most 1,023 bytes");
const Transport = bounded(20).regex(/^[a-z-]+$/);

const PasskeyName = withoutUrl(text(1, 60, "a name"));

/** What `navigator.credentials.get` returned. */
export const PasskeyAnswer = z
  .strictObject({
    credentialId: CredentialId,
    clientDataJson: base64url(2_000),
    authenticatorData: base64url(2_000),
    signature: base64url(1_000),
    userHandle: base64url(86).nullable(),
  })
  .meta({ id: "PasskeyAnswer" });
export type PasskeyAnswer = z.infer<typeof PasskeyAnswer>;

/** What `navigator.credentials.create` returned. */
export const NewPasskey = z.strictObject({
  clientDataJson: base64url(2_000),
  attestationObject: base64url(8_000),
  transports: z.array(Transport).max(10),
});

const Known = z.strictObject({ type: z.literal("public-key"), id: z.string(), transports: z.array(z.string()).max(10) });

/** For `navigator.credentials.get`. */
const PasskeyRequest = z
  .strictObject({
    challenge: z.string(),
    rpId: z.string(),
    allowCredentials: z.array(Known).max(MAX_PASSKEYS).describe("Empty: the browser offers the passkeys that it has"),
    userVerification: z.enum(["required", "preferred"]),
    timeout: z.int(),
  })
  .meta({ id: "PasskeyRequest" });

/** For `navigator.credentials.create`. */
const PasskeyCreation = z
  .strictObject({
    challenge: z.string(),
    rp: z.strictObject({ id: z.string(), name: z.string() }),
    user: z.strictObject({ id: z.string(), name: z.string(), displayName: z.string() }),
    pubKeyCredParams: z.array(z.strictObject({ type: z.literal("public-key"), alg: z.int() })).max(10),
    excludeCredentials: z.array(Known).max(MAX_PASSKEYS),
    authenticatorSelection: z.strictObject({
      residentKey: z.literal("required"),
      requireResidentKey: z.literal(true),
      userVerification: z.literal("preferred"),
    }),
    attestation: z.literal("none"),
    timeout: z.int(),
  })
  .meta({ id: "PasskeyCreation" });

export const Passkey = z
  .strictObject({
    passkeyId: Id,
    name: z.string(),
    createdAt: Time,
    lastUsedAt: Time.nullable(),
    host: z.string().describe("The host where browsers offer the passkey"),
    works: z.boolean().describe("False when the server has another host now"),
    signsIn: z
      .boolean()
      .describe("Whether the passkey checks who uses it, and so signs in alone. Otherwise it works only after the password."),
  })
  .meta({ id: "Passkey" });

const ABOVE_WORKSPACES = { none: "the account's own protection, above workspaces" };
const PasskeyParams = z.strictObject({ passkeyId: Id });

export const startPasskeySignIn = endpoint({
  operationId: "startPasskeySignIn",
  method: "POST",
  path: "/session/passkey-challenge",
  summary: "A challenge for signing in with a passkey. It names nobody: the person chooses the passkey.",
  access: "public",
  audits: { none: "nothing changes" },
  success: { status: 200, description: "What to ask the browser for.", schema: PasskeyRequest },
  errors: ["passkeys_unavailable", "rate_limited"],
});

export const signInWithPasskey = endpoint({
  operationId: "signInWithPasskey",
  method: "POST",
  path: "/session/passkey",
  summary:
    "Sign in with a passkey alone. It must have checked the person by PIN, fingerprint or face, and counts as two factors. The browser's earlier session ends.",
  access: "public",
  body: z.strictObject({ passkey: PasskeyAnswer }),
  audits: {
    none: "shows in each workspace once it is entered: session.signed_in. So does the end of a session that it replaces",
  },
  success: {
    status: 200,
    description: "Signed in; the session cookie is set.",
    schema: z.strictObject({ account: Account }),
  },
  errors: ["passkeys_unavailable", "passkey_expired", "passkey_refused", "rate_limited"],
});

export const startPasskeySecondStep = endpoint({
  operationId: "startPasskeySecondStep",
  method: "POST",
  path: "/session/second-step/passkey-challenge",
  summary: "A challenge for the second step of a sign-in. Needs the cookie that the right password set.",
  access: "public",
  audits: { none: "nothing changes" },
  success: { status: 200, description: "What to ask the browser for.", schema: PasskeyRequest },
  errors: ["passkeys_unavailable", "sign_in_expired", "not_found", "rate_limited"],
});

export const startPasskeyAgain = endpoint({
  operationId: "startPasskeyAgain",
  method: "POST",
  path: "/session/authentication/passkey-challenge",
  summary: "A challenge for authenticating again.",
  access: "account",
  audits: { none: "nothing changes" },
  success: { status: 200, description: "What to ask the browser for.", schema: PasskeyRequest },
  errors: ["passkeys_unavailable", "not_found", "rate_limited"],
});

export const startPasskey = endpoint({
  operationId: "startPasskey",
  method: "POST",
  path: "/me/passkeys/challenge",
  summary: "A challenge for a new passkey.",
  access: "account",
  audits: ABOVE_WORKSPACES,
  success: { status: 200, description: "What to ask the browser for.", schema: PasskeyCreation },
  errors: ["passkeys_unavailable", "reauthentication_required", "too_many_passkeys", "rate_limited"],
});

export const addPasskey = endpoint({
  operationId: "addPasskey",
  method: "POST",
  path: "/me/passkeys",
  summary:
    "Add a passkey. The session counts as having used it and gets a new token; a mail says so. From the first one on, the password alone no longer signs in.",
  access: "account",
  body: z.strictObject({
    passkey: NewPasskey,
    name: PasskeyName.optional().describe("By default the name of the password manager or device"),
  }),
  audits: ABOVE_WORKSPACES,
  success: {
    status: 201,
    description: "Added.",
    schema: z.strictObject({
      passkey: Passkey,
      recoveryCodes: z.array(z.string()).max(10).nullable().describe("Null when the account had codes already. Shown only now."),
    }),
  },
  errors: ["passkeys_unavailable", "passkey_expired", "passkey_refused", "passkey_known", "too_many_passkeys", "rate_limited"],
});

export const renamePasskey = endpoint({
  operationId: "renamePasskey",
  method: "PATCH",
  path: "/me/passkeys/{passkeyId}",
  summary: "Rename a passkey.",
  access: "account",
  params: PasskeyParams,
  body: z.strictObject({ name: PasskeyName }),
  audits: ABOVE_WORKSPACES,
  success: { status: 204, description: "Renamed." },
  errors: ["not_found", "rate_limited"],
});

export const removePasskey = endpoint({
  operationId: "removePasskey",
  method: "DELETE",
  path: "/me/passkeys/{passkeyId}",
  summary: "Remove a passkey. Without any second factor left, the recovery codes are deleted, too. A mail says so.",
  access: "account",
  params: PasskeyParams,
  audits: ABOVE_WORKSPACES,
  success: { status: 204, description: "Removed." },
  errors: ["reauthentication_required", "not_found", "rate_limited"],
});
