import { z } from "zod";
import { Email, Token } from "./accounts.ts";
import { endpoint, Id, page, PageQuery, Time } from "./endpoint.ts";
import { TenantParams } from "./tenants.ts";

const Invitation = z
  .strictObject({
    invitationId: Id,
    email: z.string().nullable().describe("Null without users.view_contact"),
    roleId: Id,
    roleName: z.string(),
    invitedByName: z.string(),
    createdAt: Time,
    expiresAt: Time,
    status: z.enum(["pending", "expired"]),
  })
  .meta({ id: "Invitation" });

const InvitationParams = TenantParams.extend({ invitationId: Id });

export const listInvitations = endpoint({
  operationId: "listInvitations",
  method: "GET",
  path: "/tenants/{slug}/invitations",
  summary: "Invitations that nobody has accepted yet, newest first.",
  access: "member",
  permission: "users.invite",
  params: TenantParams,
  query: PageQuery,
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
  errors: ["already_member", "already_invited", "rate_limited"],
});

export const getInvitationLink = endpoint({
  operationId: "getInvitationLink",
  method: "GET",
  path: "/tenants/{slug}/invitations/{invitationId}/link",
  summary:
    "The pending invitation as a link to hand over. Unlike the mailed one it does not prove the address: its bearer verifies it when signing up.",
  access: "member",
  permission: "users.invite",
  params: InvitationParams,
  success: { status: 200, description: "The link", schema: z.strictObject({ url: z.string() }) },
  errors: ["link_expired"],
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
  errors: ["link_expired", "link_used", "invitation_revoked", "not_found", "rate_limited"],
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
  errors: ["link_expired", "link_used", "invitation_revoked", "not_found", "rate_limited"],
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
  errors: ["link_expired", "link_used", "invitation_revoked", "not_found", "rate_limited"],
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
  errors: ["link_expired", "link_used", "invitation_revoked", "invitation_other_address", "not_found", "rate_limited"],
});
