import { z } from "zod";
import { bounded } from "../bounded.ts";
import { Email } from "./accounts.ts";
import { endpoint, Id, page, PageQuery, Time } from "./endpoint.ts";
import { MemberIds } from "./members.ts";
import { TenantParams } from "./tenants.ts";

const Invitation = z
  .strictObject({
    invitationId: Id,
    email: z.string().nullable().describe("Null without users.view_contact"),
    roleId: Id,
    roleName: z.string(),
    invitedByName: z.string().describe("The sender: the member who invited, or who sent the invitation again last"),
    createdAt: Time,
    mailedAt: Time.describe("When the newest mail was requested"),
    expiresAt: Time,
    status: z
      .enum(["pending", "expired", "lapsed"])
      .describe(
        "lapsed: the sender may not give this role any more. The invitation works again when somebody who may give the role sends it again",
      ),
    can: z.strictObject({
      resend: z.boolean().describe("False when the role holds more than the caller's own"),
      copyLink: z.boolean().describe("False without users.view_contact, because the page that the link opens shows the address"),
    }),
  })
  .meta({ id: "Invitation" });

const InvitationParams = TenantParams.extend({ invitationId: Id });

/** Lines that one request can invite. */
export const MAX_LINES = 1_000;
/** UTF-16 code units of pasted text or CSV. */
export const MAX_CONTENT = 512 * 1024;
/** Characters of a line that the answer repeats. Longer lines end in an ellipsis; an address has at most 254 (RFC 5321). */
export const MAX_SHOWN = 320;
/** Invitations that one request can send again or withdraw. */
export const MAX_CHOSEN = 200;

/** Refuses NUL, which PostgreSQL's text and JSON cannot store and real text does not contain. */
const Content = bounded(MAX_CONTENT, `Use at most ${MAX_CONTENT / 1024} KiB. Invite in several parts.`).refine(
  (value) => !value.includes("\0"),
  "This isn't text. Save it as CSV (UTF-8) and try again.",
);

const ChosenLine = z.strictObject({
  line: z.int().min(1).max(10_000_000).describe("The number of the line, for the answer's sentences"),
  email: bounded(MAX_SHOWN + 1),
  roleId: Id,
});

const ChosenLines = z
  .array(ChosenLine)
  .min(1, "Add at least one address.")
  .max(MAX_LINES, `Invite at most ${MAX_LINES} people at once.`);

const JudgedLine = z
  .strictObject({
    line: z.int(),
    read: z.string().describe("The line's text, shortened"),
    email: z.string().nullable().describe("Null when the line has no address"),
    roleId: Id.nullable().describe("Null when the line names a role that does not exist"),
    roleName: z.string(),
    verdict: z
      .enum([
        "invite",
        "already_member",
        "already_invited",
        "member_or_invited",
        "duplicate",
        "not_an_address",
        "too_long",
        "no_such_role",
        "role_not_yours",
        "too_often",
        "over_limit",
        "no_licence",
      ])
      .describe(
        "invite: will be, or was, invited. Every other line is skipped. Without users.view_contact a preview does not check for members and " +
          "invitations, and inviting answers member_or_invited instead of already_member, already_invited and too_often.",
      ),
    message: z.string().describe("The verdict as a sentence"),
    invitationId: Id.nullable().describe(
      "The new invitation or, with already_invited and for callers who may see contact details, the pending one",
    ),
  })
  .meta({ id: "InvitationLine" });

const ChosenInvitations = z.strictObject({ invitationIds: z.array(Id).min(1).max(MAX_CHOSEN) });

export const listInvitations = endpoint({
  operationId: "listInvitations",
  method: "GET",
  path: "/tenants/{slug}/invitations",
  summary: "A page of open invitations, newest first. Searching by address needs users.view_contact.",
  access: "member",
  permission: "users.invite",
  params: TenantParams,
  query: PageQuery.extend({
    search: bounded(254).trim().toLowerCase().optional().describe("A part of the address"),
    status: z
      .enum(["pending", "expired", "needs_sending"])
      .optional()
      .describe("pending: the link works. needs_sending: expired or lapsed; the link works once the invitation is sent again"),
  }),
  success: { status: 200, description: "A page of invitations", schema: page(Invitation) },
});

export const createInvitation = endpoint({
  operationId: "createInvitation",
  method: "POST",
  path: "/tenants/{slug}/invitations",
  summary: "Invite a person by email. The caller must hold every permission of the role.",
  access: "member",
  permission: "users.invite",
  params: TenantParams,
  body: z.strictObject({ email: Email, roleId: Id }),
  audits: ["invitation.created"],
  success: { status: 201, description: "Invited; the mail is on its way", schema: Invitation },
  errors: ["already_member", "already_invited", "member_or_invited", "quota_reached", "licences_taken", "rate_limited"],
});

export const previewInvitations = endpoint({
  operationId: "previewInvitations",
  method: "POST",
  path: "/tenants/{slug}/invitations/preview",
  summary:
    "What inviting these people would do, line by line. Send pasted text, a CSV, or lines of an earlier preview. Only callers with users.view_contact learn whether an address belongs to a member or is already invited.",
  access: "member",
  permission: "users.invite",
  params: TenantParams,
  // JSON writes some characters in six bytes, but pasted text mostly takes one. Keep it low: parsing 1 MB of empty lists blocks everybody for 12 ms.
  maxBodyBytes: 1.25 * MAX_CONTENT,
  body: z
    .strictObject({
      defaultRoleId: Id.describe("For lines that name no role"),
      text: Content.optional().describe("Addresses as people paste them: 'Ada <ada@example.com>, ben@example.com'"),
      csv: Content.optional().describe("A table with a column of addresses, and optionally one called role"),
      lines: ChosenLines.optional(),
    })
    .refine(({ text, csv, lines }) => [text, csv, lines].filter((source) => source !== undefined).length === 1, {
      message: "Send one of text, csv and lines.",
      path: ["text"],
    }),
  audits: { none: "changes nothing" },
  success: { status: 200, description: "The verdicts", schema: z.strictObject({ lines: z.array(JudgedLine).max(MAX_LINES) }) },
  errors: ["body_too_large", "rate_limited"],
});

export const inviteMany = endpoint({
  operationId: "inviteMany",
  method: "POST",
  path: "/tenants/{slug}/invitations/batch",
  summary:
    "Invite many people. Lines that can't be invited are skipped with a reason. The others are invited together: all or none.",
  access: "member",
  permission: "users.invite",
  params: TenantParams,
  maxBodyBytes: 512 * MAX_LINES,
  body: z.strictObject({ lines: ChosenLines }),
  audits: ["invitation.created"],
  success: {
    status: 200,
    description: "What was done, line by line; the mails are on their way",
    schema: z.strictObject({ lines: z.array(JudgedLine).max(MAX_LINES) }),
  },
  errors: ["body_too_large", "quota_reached", "licences_taken", "rate_limited"],
});

export const countLapsingInvitations = endpoint({
  operationId: "countLapsingInvitations",
  method: "POST",
  path: "/tenants/{slug}/invitations/lapsing",
  summary:
    "How many open invitations would lapse if their senders got this role, or, without a role, were suspended or removed. The caller must be allowed to do that.",
  access: "member",
  permission: "users.view",
  params: TenantParams,
  body: z.strictObject({ memberIds: MemberIds, roleId: Id.nullable() }),
  audits: { none: "only reads; a POST, because so many ids do not fit into a URL" },
  success: { status: 200, description: "The number", schema: z.strictObject({ count: z.int() }) },
});

export const resendInvitations = endpoint({
  operationId: "resendInvitations",
  method: "POST",
  path: "/tenants/{slug}/invitations/resend",
  summary:
    "Mail invitations again, expired ones too. The new link replaces those of earlier mails and works for 7 days. The caller becomes the sender.",
  access: "member",
  permission: "users.invite",
  params: TenantParams,
  body: ChosenInvitations,
  audits: ["invitation.resent"],
  success: {
    status: 200,
    description: "Sent again. Invitations that were accepted or withdrawn meanwhile, or mailed too often, are skipped",
    schema: z.strictObject({
      sent: z.int(),
      skipped: z
        .array(
          z.strictObject({
            invitationId: Id,
            code: z.string().describe("Of the refusal, such as licences_taken"),
            message: z.string(),
          }),
        )
        .max(MAX_CHOSEN),
    }),
  },
  errors: ["licences_taken", "rate_limited"],
});

export const revokeInvitations = endpoint({
  operationId: "revokeInvitations",
  method: "POST",
  path: "/tenants/{slug}/invitations/revocation",
  summary: "Withdraw invitations. Their links stop working at once.",
  access: "member",
  permission: "users.invite",
  params: TenantParams,
  body: ChosenInvitations,
  audits: ["invitation.revoked"],
  success: {
    status: 200,
    description: "Withdrawn, except those already accepted or withdrawn. not_found when none was left",
    schema: z.strictObject({ revoked: z.int() }),
  },
});

export const getInvitationLink = endpoint({
  operationId: "getInvitationLink",
  method: "GET",
  path: "/tenants/{slug}/invitations/{invitationId}/link",
  summary:
    "A link to a pending invitation, to hand over. Unlike the mailed link it does not prove the address, so its holder confirms the address when signing up. The page that it opens shows the address, so the caller needs users.view_contact, too.",
  access: "member",
  permission: "users.invite",
  params: InvitationParams,
  audits: ["invitation.link_copied"],
  success: { status: 200, description: "The link", schema: z.strictObject({ url: z.string() }) },
  errors: ["link_expired", "invitation_lapsed", "rate_limited"],
});

export const revokeInvitation = endpoint({
  operationId: "revokeInvitation",
  method: "DELETE",
  path: "/tenants/{slug}/invitations/{invitationId}",
  summary: "Withdraw a pending invitation. Its links stop working at once.",
  access: "member",
  permission: "users.invite",
  params: InvitationParams,
  audits: ["invitation.revoked"],
  success: { status: 204, description: "Withdrawn" },
});
