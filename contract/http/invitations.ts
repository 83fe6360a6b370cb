import { z } from "zod";
import { Email, Token } from "./accounts.ts";
import { endpoint, Id, page, PageQuery, Time } from "./endpoint.ts";
import { MemberIds } from "./members.ts";
import { TenantParams } from "./tenants.ts";

const Invitation = z
  .strictObject({
    invitationId: Id,
    email: z.string().nullable().describe("Null without users.view_contact"),
    roleId: Id,
    roleName: z.string(),
    invitedByName: z.string().describe("Who vouches for it: invited, or sent it again last"),
    createdAt: Time,
    mailedAt: Time.describe("When the newest mail was asked for"),
    expiresAt: Time,
    status: z
      .enum(["pending", "expired", "lapsed"])
      .describe("lapsed: whoever vouched for it may not give this role any more; sent again by somebody who may, it works again"),
    can: z.strictObject({
      resend: z.boolean().describe("False for a role that holds more than the viewer's own"),
      copyLink: z.boolean().describe("False without users.view_contact: the page that the link opens says for whom it is"),
    }),
  })
  .meta({ id: "Invitation" });

const InvitationParams = TenantParams.extend({ invitationId: Id });

/** At most so many lines in one go, and so many bytes of pasted text or CSV. */
export const MAX_LINES = 1_000;
export const MAX_CONTENT = 512 * 1024;
/** Characters of a line that are shown again, longer ones end in an ellipsis; no address has more than 254 (RFC 5321). */
export const MAX_SHOWN = 320;
/** Invitations that one request sends again or withdraws. */
export const MAX_CHOSEN = 200;

/** PostgreSQL's text and JSON hold no NUL, and no text that people send has one. */
const Content = z
  .string()
  .max(MAX_CONTENT, `Use at most ${MAX_CONTENT / 1024} KiB. Invite in several parts.`)
  .refine((value) => !value.includes("\0"), "This isn't text. Save it as CSV (UTF-8) and try again.");

const ChosenLine = z.strictObject({
  line: z.int().min(1).max(10_000_000).describe("Where it stood, for the answer's sentences"),
  email: z.string().max(MAX_SHOWN + 1),
  roleId: Id,
});

const ChosenLines = z
  .array(ChosenLine)
  .min(1, "Add at least one address.")
  .max(MAX_LINES, `Invite at most ${MAX_LINES} people at once.`);

const JudgedLine = z
  .strictObject({
    line: z.int(),
    read: z.string().describe("What stood there, shortened"),
    email: z.string().nullable().describe("Null where it holds no address"),
    roleId: Id.nullable().describe("Null where it names a role that there is not"),
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
      ])
      .describe(
        "invite: will be, or was, invited. Everything else is skipped. Without users.view_contact a preview does not look whose " +
          "the addresses are, and afterwards member_or_invited stands for already_member, already_invited and too_often.",
      ),
    message: z.string().describe("The verdict as a sentence"),
    invitationId: Id.nullable().describe(
      "The invitation that was made, or with already_invited the one that waits, for those who may see contact details",
    ),
  })
  .meta({ id: "InvitationLine" });

const ChosenInvitations = z.strictObject({ invitationIds: z.array(Id).min(1).max(MAX_CHOSEN) });

export const listInvitations = endpoint({
  operationId: "listInvitations",
  method: "GET",
  path: "/tenants/{slug}/invitations",
  summary: "Invitations that nobody has accepted yet, newest first. Searching by address needs users.view_contact.",
  access: "member",
  permission: "users.invite",
  params: TenantParams,
  query: PageQuery.extend({
    search: z.string().trim().toLowerCase().max(254).optional().describe("A part of the address"),
    status: z
      .enum(["pending", "expired", "needs_sending"])
      .optional()
      .describe(
        "pending: whoever has the link comes in. needs_sending: expired or lapsed, and nobody does until it is sent again",
      ),
  }),
  success: { status: 200, description: "A page of invitations", schema: page(Invitation) },
});

export const createInvitation = endpoint({
  operationId: "createInvitation",
  method: "POST",
  path: "/tenants/{slug}/invitations",
  summary: "Invite a person by email. Nobody can invite to a role that holds a permission they lack.",
  access: "member",
  permission: "users.invite",
  params: TenantParams,
  body: z.strictObject({ email: Email, roleId: Id }),
  audits: ["invitation.created"],
  success: { status: 201, description: "Invited; the mail is on its way", schema: Invitation },
  errors: ["already_member", "already_invited", "member_or_invited", "rate_limited"],
});

export const previewInvitations = endpoint({
  operationId: "previewInvitations",
  method: "POST",
  path: "/tenants/{slug}/invitations/preview",
  summary:
    "What inviting these people would do, line by line, from pasted text, a CSV or lines of an earlier preview. Whether an address is a member's or invited already it tells callers with users.view_contact alone.",
  access: "member",
  permission: "users.invite",
  params: TenantParams,
  body: z
    .strictObject({
      defaultRoleId: Id.describe("For lines that name no role"),
      text: Content.optional().describe("Addresses as people paste them: 'Ada <ada@example.com>, ben@example.com'"),
      csv: Content.optional().describe("The first line names the columns: email, and role if lines differ"),
      lines: ChosenLines.optional(),
    })
    .refine(({ text, csv, lines }) => [text, csv, lines].filter((source) => source !== undefined).length === 1, {
      message: "Send one of text, csv and lines.",
      path: ["text"],
    }),
  audits: { none: "changes nothing" },
  success: { status: 200, description: "The verdicts", schema: z.strictObject({ lines: z.array(JudgedLine) }) },
  errors: ["body_too_large", "rate_limited"],
});

export const inviteMany = endpoint({
  operationId: "inviteMany",
  method: "POST",
  path: "/tenants/{slug}/invitations/batch",
  summary:
    "Invite many people, each judged again. Lines that can't be invited are skipped and say why; the others are invited together, all or none.",
  access: "member",
  permission: "users.invite",
  params: TenantParams,
  body: z.strictObject({ lines: ChosenLines }),
  audits: ["invitation.created"],
  success: {
    status: 200,
    description: "What was done, line by line; the mails are on their way",
    schema: z.strictObject({ lines: z.array(JudgedLine) }),
  },
  errors: ["body_too_large", "rate_limited"],
});

export const countLapsingInvitations = endpoint({
  operationId: "countLapsingInvitations",
  method: "POST",
  path: "/tenants/{slug}/invitations/lapsing",
  summary:
    "How many invitations that let somebody in now would do so no more if the members who vouch for them were given this role, or without one were suspended or removed. For callers who may do that to somebody.",
  access: "member",
  permission: "users.view",
  params: TenantParams,
  body: z.strictObject({ memberIds: MemberIds, roleId: Id.nullable() }),
  audits: { none: "it reads, and is a POST since so many ids fit into no address" },
  success: { status: 200, description: "Counted", schema: z.strictObject({ count: z.int() }) },
});

export const resendInvitations = endpoint({
  operationId: "resendInvitations",
  method: "POST",
  path: "/tenants/{slug}/invitations/resend",
  summary:
    "Mail invitations again, expired ones too. The new mail's link replaces those of earlier mails, and each works for 7 more days. Whoever sends it again vouches for it from now on.",
  access: "member",
  permission: "users.invite",
  params: TenantParams,
  body: ChosenInvitations,
  audits: ["invitation.resent"],
  success: {
    status: 200,
    description: "Sent again; those that were accepted or withdrawn meanwhile, or were mailed too often, are skipped",
    schema: z.strictObject({
      sent: z.int(),
      skipped: z.array(z.strictObject({ invitationId: Id, message: z.string() })),
    }),
  },
  errors: ["rate_limited"],
});

export const revokeInvitations = endpoint({
  operationId: "revokeInvitations",
  method: "POST",
  path: "/tenants/{slug}/invitations/revocation",
  summary: "Withdraw several invitations. Their links stop working at once.",
  access: "member",
  permission: "users.invite",
  params: TenantParams,
  body: ChosenInvitations,
  audits: ["invitation.revoked"],
  success: {
    status: 200,
    description: "Withdrawn, but for those that were accepted or withdrawn before; not_found when none was left",
    schema: z.strictObject({ revoked: z.int() }),
  },
});

export const getInvitationLink = endpoint({
  operationId: "getInvitationLink",
  method: "GET",
  path: "/tenants/{slug}/invitations/{invitationId}/link",
  summary:
    "The pending invitation as a link to hand over. Unlike the mailed one it does not prove the address: its bearer verifies it when signing up. The address can be read in it: it takes users.view_contact too.",
  access: "member",
  permission: "users.invite",
  params: InvitationParams,
  audits: ["invitation.link_copied"],
  success: { status: 200, description: "The link", schema: z.strictObject({ url: z.string() }) },
  errors: ["link_expired", "invitation_lapsed", "cross_site", "rate_limited"],
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

export const lookUpInvitation = endpoint({
  operationId: "lookUpInvitation",
  method: "POST",
  path: "/invitations/lookup",
  summary: "What an invitation's link says, for the page that it opens. The token travels in the body, never in a URL.",
  access: "public",
  body: z.strictObject({ token: Token }),
  audits: { none: "it reads, and is a POST to keep the token out of addresses" },
  success: {
    status: 200,
    description: "The invitation",
    schema: z.strictObject({
      tenantName: z.string(),
      email: z.string().describe("The address it is for"),
      roleName: z.string(),
      invitedByName: z.string(),
      expiresAt: Time,
      provesEmail: z.boolean().describe("True for the mailed link: signing up with it needs no further verification"),
      hasAccount: z
        .boolean()
        .nullable()
        .describe("Whether the address has an account; null where the link does not prove the address"),
    }),
  },
  errors: ["link_expired", "link_used", "link_replaced", "invitation_revoked", "invitation_lapsed", "not_found", "rate_limited"],
});

const MyInvitation = z
  .strictObject({
    invitationId: Id,
    tenantName: z.string(),
    roleName: z.string(),
    invitedByName: z.string(),
    createdAt: Time,
    expiresAt: Time,
  })
  .meta({ id: "MyInvitation" });

const MyInvitationParams = z.strictObject({ invitationId: Id });

export const listMyInvitations = endpoint({
  operationId: "listMyInvitations",
  method: "GET",
  path: "/me/invitations",
  summary: "Open invitations to the signed-in person's address, from any workspace, newest first.",
  access: "account",
  success: { status: 200, description: "The invitations", schema: z.strictObject({ items: z.array(MyInvitation) }) },
  errors: ["rate_limited"],
});

export const acceptMyInvitation = endpoint({
  operationId: "acceptMyInvitation",
  method: "POST",
  path: "/me/invitations/{invitationId}/acceptance",
  summary: "Join the workspace. No link is needed: the person's address is confirmed, and it is the invited one.",
  access: "account",
  params: MyInvitationParams,
  audits: ["invitation.accepted"],
  success: { status: 200, description: "Joined (or a member already)", schema: z.strictObject({ slug: z.string() }) },
  errors: ["link_expired", "link_used", "invitation_revoked", "invitation_lapsed", "not_found", "rate_limited"],
});

export const declineMyInvitation = endpoint({
  operationId: "declineMyInvitation",
  method: "POST",
  path: "/me/invitations/{invitationId}/refusal",
  summary: "Say no to an invitation. Its links stop working; the workspace's audit log tells its admins.",
  access: "account",
  params: MyInvitationParams,
  audits: ["invitation.declined"],
  success: { status: 204, description: "Declined" },
  errors: ["link_expired", "link_used", "invitation_revoked", "invitation_lapsed", "not_found", "rate_limited"],
});

export const acceptInvitation = endpoint({
  operationId: "acceptInvitation",
  method: "POST",
  path: "/invitations/acceptance",
  summary: "Join the workspace as the signed-in person, whose address must be the invited one.",
  access: "account",
  body: z.strictObject({ token: Token }),
  audits: ["invitation.accepted"],
  success: {
    status: 200,
    description: "Joined (or a member already)",
    schema: z.strictObject({ slug: z.string() }),
  },
  errors: [
    "link_expired",
    "link_used",
    "link_replaced",
    "invitation_revoked",
    "invitation_lapsed",
    "invitation_other_address",
    "not_found",
    "rate_limited",
  ],
});
