/** Invitations as the invited person sees them: by a link, or by their own address. */
import { z } from "zod";
import { Token } from "./accounts.ts";
import { endpoint, Id, Time } from "./endpoint.ts";

export const lookUpInvitation = endpoint({
  operationId: "lookUpInvitation",
  method: "POST",
  path: "/invitations/lookup",
  summary: "The invitation that a link is for. Send the token in the body, never in a URL.",
  access: "public",
  body: z.strictObject({ token: Token }),
  audits: { none: "only reads; a POST, to keep the token out of URLs" },
  success: {
    status: 200,
    description: "The invitation",
    schema: z.strictObject({
      tenantName: z.string(),
      email: z.string().describe("The invited address"),
      roleName: z.string(),
      invitedByName: z.string(),
      expiresAt: Time,
      provesEmail: z.boolean().describe("True for the mailed link: signing up with it needs no further verification"),
      hasAccount: z
        .boolean()
        .nullable()
        .describe("Whether the address has an account. Null when the link does not prove the address"),
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

/** Bounds the answer for a person who is flooded with invitations, since anybody may invite anybody. */
export const MAX_RECEIVED = 100;

export const listMyInvitations = endpoint({
  operationId: "listMyInvitations",
  method: "GET",
  path: "/me/invitations",
  summary: "Open invitations to your address, from any workspace, newest first. At most 100.",
  access: "account",
  success: {
    status: 200,
    description: "The invitations",
    schema: z.strictObject({ items: z.array(MyInvitation).max(MAX_RECEIVED) }),
  },
  errors: ["rate_limited"],
});

export const acceptMyInvitation = endpoint({
  operationId: "acceptMyInvitation",
  method: "POST",
  path: "/me/invitations/{invitationId}/acceptance",
  summary: "Join the workspace without a link. Your confirmed address must be the invited one.",
  access: "account",
  params: MyInvitationParams,
  audits: ["invitation.accepted"],
  success: { status: 200, description: "Joined, or already a member", schema: z.strictObject({ slug: z.string() }) },
  errors: ["link_expired", "link_used", "invitation_revoked", "invitation_lapsed", "not_found", "rate_limited"],
});

export const declineMyInvitation = endpoint({
  operationId: "declineMyInvitation",
  method: "POST",
  path: "/me/invitations/{invitationId}/refusal",
  summary: "Decline an invitation. Its links stop working. The workspace's audit log records it.",
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
  summary: "Join the workspace. The signed-in person's address must be the invited one.",
  access: "account",
  body: z.strictObject({ token: Token }),
  audits: ["invitation.accepted"],
  success: {
    status: 200,
    description: "Joined, or already a member",
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
