/** A change of an account's email address, which waits for the link that is mailed to the new one. */
import { z } from "zod";
import { Email, Token } from "./accounts.ts";
import { endpoint, Time } from "./endpoint.ts";

/** Minutes for which the mailed link works. */
export const EMAIL_CHANGE_MINUTES = 60;

const EmailChange = z
  .strictObject({
    pending: z
      .strictObject({ email: z.string(), expiresAt: Time })
      .nullable()
      .describe("The address that waits for its link; null when none does"),
  })
  .meta({ id: "EmailChange" });

export const getEmailChange = endpoint({
  operationId: "getEmailChange",
  method: "GET",
  path: "/me/email-change",
  summary: "The change of your address that waits for its link.",
  access: "account",
  success: { status: 200, description: "The change.", schema: EmailChange },
});

export const startEmailChange = endpoint({
  operationId: "startEmailChange",
  method: "PUT",
  path: "/me/email-change",
  summary: `Ask for another email address. A link to it works for ${EMAIL_CHANGE_MINUTES} minutes, and a mail tells the present address. Replaces an earlier request. The answer is the same whether or not the address has an account.`,
  access: "account",
  body: z.strictObject({ email: Email }),
  audits: { none: "nothing has changed yet: member.email_changed comes with the confirmation" },
  success: { status: 200, description: "The mails are on their way.", schema: EmailChange },
  errors: ["reauthentication_required", "rate_limited"],
});

export const cancelEmailChange = endpoint({
  operationId: "cancelEmailChange",
  method: "DELETE",
  path: "/me/email-change",
  summary:
    "Give up the change of your address that waits for its link. The link no longer works. Does nothing when no change waits.",
  access: "account",
  audits: { none: "nothing has changed" },
  success: { status: 204, description: "Given up." },
});

export const confirmEmailChange = endpoint({
  operationId: "confirmEmailChange",
  method: "POST",
  path: "/accounts/email-change",
  summary:
    "Confirm the new address with the token from the mail. The account and all its workspaces then have it, and both addresses get a mail. Sessions go on.",
  access: "public",
  body: z.strictObject({ token: Token }),
  audits: ["member.email_changed"],
  success: { status: 200, description: "Changed.", schema: z.strictObject({ email: z.string() }) },
  errors: ["link_expired", "link_used", "not_found", "rate_limited"],
});
