import { z } from "zod";
import { readAddress } from "../addresses.ts";
import { bounded } from "../bounded.ts";
import { MIN_PASSWORD_ALONE, MIN_PASSWORD_WITH_FACTOR, passwordLength, tooShort } from "../passwords.ts";
import { endpoint, Id, text, withoutUrl } from "./endpoint.ts";

/** Reads an email address as people type it and returns its canonical form (addresses.ts). The limit leaves room for text around the address. */
export const Email = bounded(1_000, "That address is too long.").transform((typed, context) => {
  const address = readAddress(typed);
  if (address !== null) return address;
  context.addIssue({ code: "custom", message: "Enter an email address like name@example.com." });
  return z.NEVER;
});

/** Exactly as typed; the server hashes its Unicode form NFC. 200 bounds the hashing work. */
const newPassword = (min: number) =>
  bounded(200)
    .min(min, { error: tooShort(min), abort: true })
    .refine((typed) => passwordLength(typed) >= min, tooShort(min));

/** For an account without a second factor, as every new one is. The server also refuses common passwords and names. */
const NewPassword = newPassword(MIN_PASSWORD_ALONE);

/** For an account that may have a second factor, which the server looks up: without one it asks for as much as `NewPassword`. */
export const NewPasswordOfAccount = newPassword(MIN_PASSWORD_WITH_FACTOR).describe(
  `${MIN_PASSWORD_ALONE} characters, or ${MIN_PASSWORD_WITH_FACTOR} with a second factor`,
);

export const Password = bounded(200, "That password is too long.").min(1, "Enter your password.");

/** No web addresses, because names appear in mails to people who do not know the sender. */
export const PersonName = withoutUrl(text(1, 80, "your name"));

export const Token = bounded(200, "This link is too long. Copy it again.").regex(
  /^[A-Za-z0-9_-]{43}$/,
  "This link is incomplete. Copy the whole link.",
);

export const Account = z.strictObject({ accountId: Id, email: z.string(), name: z.string() }).meta({ id: "Account" });

/** What may come next after a right password or a mailed link. */
const SignedInOrNot = z.strictObject({
  account: Account.nullable().describe(
    "Null when the account has a second factor: no session began, and finishSignIn asks for it. A cookie says for whom.",
  ),
  secondStep: z
    .strictObject({ totp: z.boolean(), passkey: z.boolean() })
    .nullable()
    .describe("Which second factors the account has, besides recovery codes. Null when a session began."),
});

export const signUp = endpoint({
  operationId: "signUp",
  method: "POST",
  path: "/accounts",
  summary: "Sign up. The answer is the same whether or not the address has an account. A mail tells its owner what to do next.",
  access: "public",
  body: z.strictObject({
    email: Email,
    name: PersonName,
    password: NewPassword,
    invitationToken: Token.optional().describe(
      "From an invitation's link. A mailed link proves the address, so the person is signed in at once.",
    ),
  }),
  audits: { none: "an account belongs to no workspace" },
  success: {
    status: 202,
    description: "Done. `signedIn` is true when the session cookie was set; otherwise the person follows the mail.",
    schema: z.strictObject({ signedIn: z.boolean() }),
  },
  errors: ["rate_limited"],
});

export const verifyEmail = endpoint({
  operationId: "verifyEmail",
  method: "POST",
  path: "/accounts/verification",
  summary: "Confirm an email address with the token from the mail. This creates the account and signs the person in.",
  access: "public",
  body: z.strictObject({
    token: Token,
    password: Password.optional().describe(
      "The password chosen at sign-up. Needed in any browser but the one that signed up (answer: password_required).",
    ),
  }),
  audits: { none: "an account belongs to no workspace" },
  success: {
    status: 200,
    description: "Confirmed; the session cookie is set.",
    schema: z.strictObject({
      account: Account,
      invitationToken: z.string().nullable().describe("The token of the invitation that the person signed up with"),
    }),
  },
  errors: ["link_expired", "link_used", "not_found", "password_required", "wrong_credentials", "rate_limited"],
});

export const sendVerificationMail = endpoint({
  operationId: "sendVerificationMail",
  method: "POST",
  path: "/accounts/verification-mail",
  summary: "Send the verification mail again. The answer is the same for any address.",
  access: "public",
  body: z.strictObject({ email: Email }),
  audits: { none: "an account belongs to no workspace" },
  success: { status: 204, description: "If the address has an unconfirmed sign-up, a new mail is on its way." },
  errors: ["rate_limited"],
});

export const signIn = endpoint({
  operationId: "signIn",
  method: "POST",
  path: "/session",
  summary:
    "Sign in with email and password. The browser's earlier session ends. An unknown address and a wrong password get the same answer after the same time.",
  access: "public",
  body: z.strictObject({
    email: Email,
    password: Password,
    newPassword: NewPassword.optional().describe(
      "After password_too_short: the password that replaces it. Every other session ends.",
    ),
  }),
  audits: {
    none: "audited in each workspace that the session enters (session.signed_in), as is the end of the session that it replaces",
  },
  success: {
    status: 200,
    description: "Signed in, and the session cookie is set; or a second factor is asked for.",
    schema: SignedInOrNot,
  },
  errors: ["wrong_credentials", "password_too_short", "rate_limited"],
});

export const requestPasswordReset = endpoint({
  operationId: "requestPasswordReset",
  method: "POST",
  path: "/accounts/password-reset-mail",
  summary: "Ask for a mail with a link to choose a new password. The answer is the same for any address.",
  access: "public",
  body: z.strictObject({ email: Email }),
  audits: { none: "an account belongs to no workspace" },
  success: {
    status: 204,
    description: "If the address has an account, a link that works for 30 minutes is on its way or was mailed a few minutes ago.",
  },
  errors: ["rate_limited"],
});

export const resetPassword = endpoint({
  operationId: "resetPassword",
  method: "POST",
  path: "/accounts/password-reset",
  summary:
    "Choose a new password with the token from the mail. Every session of the account ends, and a new one starts in this browser. An account with a second factor keeps it, and is asked for a code first.",
  access: "public",
  body: z.strictObject({ token: Token, password: NewPasswordOfAccount }),
  audits: ["session.signed_out"],
  success: {
    status: 200,
    description: "The password is changed. Signed in, and the session cookie is set; or a second factor is asked for.",
    schema: SignedInOrNot,
  },
  errors: ["link_expired", "link_used", "not_found", "rate_limited"],
});

export const changePassword = endpoint({
  operationId: "changePassword",
  method: "PUT",
  path: "/me/password",
  summary: "Change your password. Every other session ends, and you get a mail.",
  access: "account",
  body: z.strictObject({ currentPassword: Password, newPassword: NewPasswordOfAccount }),
  audits: ["session.signed_out"],
  success: { status: 204, description: "Changed." },
  errors: ["wrong_credentials", "rate_limited"],
});

export const updateMe = endpoint({
  operationId: "updateMe",
  method: "PATCH",
  path: "/me",
  summary: "Change your name in all your workspaces.",
  access: "account",
  body: z.strictObject({ name: PersonName }),
  audits: ["member.renamed"],
  success: { status: 200, description: "Changed.", schema: z.strictObject({ account: Account }) },
  errors: ["rate_limited"],
});

export const signOutEverywhere = endpoint({
  operationId: "signOutEverywhere",
  method: "DELETE",
  path: "/me/sessions",
  summary: "End every session of the account, this one included. Live audio stops.",
  access: "account",
  audits: ["session.signed_out"],
  success: { status: 204, description: "Signed out everywhere; the cookie is cleared." },
});

export const signOut = endpoint({
  operationId: "signOut",
  method: "DELETE",
  path: "/session",
  summary: "End this session and its live audio. Does nothing without a session.",
  access: "public",
  audits: ["session.signed_out"],
  success: { status: 204, description: "Signed out; the cookie is cleared." },
});
