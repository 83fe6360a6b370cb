import { z } from "zod";
import { endpoint, Id, text } from "./endpoint.ts";

/** RFC 5321 limits an address to 254 octets. Compared without case, as every large mail provider does. */
export const Email = z
  .string()
  .transform((value) => value.trim().toLowerCase())
  .pipe(z.email("Enter an email address like name@example.com.").max(254, "That address is too long."));

/** Length only, no composition rules (NIST SP 800-63B-4 §3.1.1.2, ASVS 5.0 §6.2). 200 bounds the hashing work. */
export const NewPassword = z
  .string()
  .min(12, "Use at least 12 characters. A few words are easy to remember.")
  .max(200, "Use at most 200 characters.");

export const Password = z.string().min(1, "Enter your password.").max(200, "That password is too long.");

export const Token = z.string().regex(/^[A-Za-z0-9_-]{43}$/, "This link is incomplete. Copy it whole.");

export const Account = z.strictObject({ accountId: Id, email: z.string(), name: z.string() }).meta({ id: "Account" });

export const signUp = endpoint({
  operationId: "signUp",
  method: "POST",
  path: "/accounts",
  summary: "Sign up. The answer is the same whether or not the address has an account; a mail tells its holder what to do next.",
  access: "public",
  body: z.strictObject({
    email: Email,
    name: text(1, 80, "your name"),
    password: NewPassword,
    invitationToken: Token.optional().describe(
      "From an invitation's link. One that came by mail proves the address, so the person is signed in at once.",
    ),
  }),
  audits: { none: "an account is of no workspace" },
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
  summary: "Confirm an email address with the token from the mail: the account comes to be, and the person is signed in.",
  access: "public",
  body: z.strictObject({
    token: Token,
    password: Password.optional().describe(
      "The one chosen at sign-up. Needed in another browser than that of the sign-up (answer: password_required).",
    ),
  }),
  audits: { none: "an account is of no workspace" },
  success: {
    status: 200,
    description: "Confirmed; the session cookie is set.",
    schema: z.strictObject({
      account: Account,
      invitationToken: z.string().nullable().describe("The invitation that the person was accepting, to go on with"),
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
  audits: { none: "a mail to a person, above workspaces" },
  success: { status: 204, description: "If the address waits for verification, a new mail is on its way." },
  errors: ["rate_limited"],
});

export const signIn = endpoint({
  operationId: "signIn",
  method: "POST",
  path: "/session",
  summary: "Sign in with email and password. An unknown address and a wrong password get the same answer and time.",
  access: "public",
  body: z.strictObject({ email: Email, password: Password }),
  audits: { none: "shows in each workspace once it is entered: session.signed_in" },
  success: {
    status: 200,
    description: "Signed in; the session cookie is set.",
    schema: z.strictObject({ account: Account }),
  },
  errors: ["wrong_credentials", "rate_limited"],
});

export const signOut = endpoint({
  operationId: "signOut",
  method: "DELETE",
  path: "/session",
  summary: "End this session. Its live audio stops. Harmless without a session.",
  access: "public",
  audits: ["session.signed_out"],
  success: { status: 204, description: "Signed out; the cookie is cleared." },
});
