import { z } from "zod";
import { endpoint, Id } from "./endpoint.ts";
import { TenantParams } from "./tenants.ts";

export const offerOwnership = endpoint({
  operationId: "offerOwnership",
  method: "POST",
  path: "/tenants/{slug}/ownership-offer",
  summary: "Offer ownership to a member for 7 days. Only the owner can, and needs a recent authentication.",
  access: "member",
  params: TenantParams,
  body: z.strictObject({ memberId: Id }),
  audits: ["ownership.offered"],
  success: { status: 201, description: "Offered; the member gets a mail" },
  errors: ["owner_only", "ownership_offer_pending", "reauthentication_required", "rate_limited"],
});

export const withdrawOwnershipOffer = endpoint({
  operationId: "withdrawOwnershipOffer",
  method: "DELETE",
  path: "/tenants/{slug}/ownership-offer",
  summary: "Withdraw the offer. Only the owner can.",
  access: "member",
  params: TenantParams,
  audits: ["ownership.withdrawn"],
  success: { status: 204, description: "There is no offer any more" },
  errors: ["owner_only"],
});

export const acceptOwnership = endpoint({
  operationId: "acceptOwnership",
  method: "POST",
  path: "/tenants/{slug}/ownership-offer/acceptance",
  summary: "Accept ownership and become an Admin. Only the member with the offer can, and needs a recent authentication.",
  access: "member",
  params: TenantParams,
  audits: ["ownership.transferred", "member.role_changed"],
  success: { status: 204, description: "The caller owns the workspace" },
  errors: ["not_offered_to_you", "reauthentication_required"],
});

export const declineOwnership = endpoint({
  operationId: "declineOwnership",
  method: "POST",
  path: "/tenants/{slug}/ownership-offer/refusal",
  summary: "Decline ownership. Only the member with the offer can.",
  access: "member",
  params: TenantParams,
  audits: ["ownership.declined"],
  success: { status: 204, description: "Declined; the owner stays the same" },
  errors: ["not_offered_to_you"],
});

export const leaveTenant = endpoint({
  operationId: "leaveTenant",
  method: "POST",
  path: "/tenants/{slug}/departure",
  summary: "Leave the workspace. Access and live audio end at once. The member's recordings stay, with their name.",
  access: "member",
  params: TenantParams,
  audits: ["member.left", "ownership.withdrawn"],
  success: { status: 204, description: "The caller is no longer a member" },
  errors: ["owner_must_stay"],
});
