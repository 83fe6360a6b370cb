import { z } from "zod";
import { Password } from "./accounts.ts";
import { endpoint, Id } from "./endpoint.ts";
import { TenantParams } from "./tenants.ts";

export const offerOwnership = endpoint({
  operationId: "offerOwnership",
  method: "POST",
  path: "/tenants/{slug}/ownership-offer",
  summary:
    "Offer the workspace to a member, who becomes its owner by accepting. For 7 days; the owner only, with the password again.",
  access: "member",
  params: TenantParams,
  body: z.strictObject({ memberId: Id, password: Password }),
  audits: ["ownership.offered"],
  success: { status: 201, description: "Offered; they get a mail" },
  errors: ["owner_only", "ownership_offer_pending", "wrong_credentials", "rate_limited"],
});

export const withdrawOwnershipOffer = endpoint({
  operationId: "withdrawOwnershipOffer",
  method: "DELETE",
  path: "/tenants/{slug}/ownership-offer",
  summary: "Take the offer back. The owner only.",
  access: "member",
  params: TenantParams,
  audits: ["ownership.withdrawn"],
  success: { status: 204, description: "Nobody is offered the workspace any more" },
  errors: ["owner_only"],
});

export const acceptOwnership = endpoint({
  operationId: "acceptOwnership",
  method: "POST",
  path: "/tenants/{slug}/ownership-offer/acceptance",
  summary: "Become the owner, and an Admin if one isn't yet. For whom it is offered to, with the password again.",
  access: "member",
  params: TenantParams,
  body: z.strictObject({ password: Password }),
  audits: ["ownership.transferred", "member.role_changed"],
  success: { status: 204, description: "The workspace is the caller's" },
  errors: ["not_offered_to_you", "wrong_credentials", "rate_limited"],
});

export const declineOwnership = endpoint({
  operationId: "declineOwnership",
  method: "POST",
  path: "/tenants/{slug}/ownership-offer/refusal",
  summary: "Refuse the offer. For whom it is made to.",
  access: "member",
  params: TenantParams,
  audits: ["ownership.declined"],
  success: { status: 204, description: "Everything stays as it is" },
  errors: ["not_offered_to_you"],
});

export const leaveTenant = endpoint({
  operationId: "leaveTenant",
  method: "POST",
  path: "/tenants/{slug}/departure",
  summary: "Leave the workspace: access ends at once, live audio included. What one said stays, under one's name.",
  access: "member",
  params: TenantParams,
  audits: ["member.left", "ownership.withdrawn"],
  success: { status: 204, description: "The caller is no member any more" },
  errors: ["owner_must_stay"],
});
