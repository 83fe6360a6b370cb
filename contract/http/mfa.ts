/** Two-step verification as a workspace sees it: its policy, and who has it. */
import { z } from "zod";
import { Password, Token } from "./accounts.ts";
import { endpoint, Id, page, PageQuery } from "./endpoint.ts";
import { MfaPolicy, TenantParams } from "./tenants.ts";

const Mfa = z
  .strictObject({
    policy: MfaPolicy,
    members: z.int().describe("Active members"),
    enrolled: z.int().describe("Active members who have a second factor"),
    can: z.strictObject({ setPolicy: z.boolean() }),
  })
  .meta({ id: "Mfa" });

const MfaMember = z
  .strictObject({ memberId: Id, name: z.string(), enrolled: z.boolean().describe("Whether the member has a second factor") })
  .meta({ id: "MfaMember" });

export const getMfa = endpoint({
  operationId: "getMfa",
  method: "GET",
  path: "/tenants/{slug}/security/mfa",
  summary: "The workspace's policy on two-step verification, and how many members have a second factor.",
  access: "member",
  permission: "security.view",
  params: TenantParams,
  success: { status: 200, description: "The policy.", schema: Mfa },
});

export const listMfaMembers = endpoint({
  operationId: "listMfaMembers",
  method: "GET",
  path: "/tenants/{slug}/security/mfa/members",
  summary: "Active members by name, and whether they have a second factor.",
  access: "member",
  permission: "security.view",
  params: TenantParams,
  query: PageQuery.extend({
    enrolled: z.enum(["true", "false"]).optional().describe("Only members who have a second factor, or only members who don't"),
  }),
  success: { status: 200, description: "A page of members.", schema: page(MfaMember) },
  errors: ["invalid_input"],
});

export const setMfaPolicy = endpoint({
  operationId: "setMfaPolicy",
  method: "PUT",
  path: "/tenants/{slug}/security/mfa",
  summary:
    "Set the policy on two-step verification. An enforced policy ends live audio of sessions without a second factor at once. Whoever enforces the policy must have proved a second factor in this session.",
  access: "member",
  permission: "security.manage_mfa",
  params: TenantParams,
  body: z.strictObject({ policy: MfaPolicy }),
  audits: ["mfa.policy_changed"],
  success: { status: 200, description: "Set.", schema: Mfa },
  errors: ["reauthentication_required", "mfa_yourself_first"],
});

/** Minutes for which the mailed link works. */
export const MFA_RESET_MINUTES = 60;
/** Hours for which a workspace's request counts, so that other workspaces can ask too. */
export const MFA_RESET_HOURS = 24;

export const askMfaReset = endpoint({
  operationId: "askMfaReset",
  method: "POST",
  path: "/tenants/{slug}/members/{memberId}/mfa-reset",
  summary:
    "Ask to turn off the two-step verification of a member who lost their devices. The member gets a mail with a link, which works with their password for an hour, once every workspace that relies on the account has asked. The caller must hold every permission of the member. Never for oneself or the owner.",
  access: "member",
  permission: "users.disable_mfa",
  params: TenantParams.extend({ memberId: Id }),
  audits: ["mfa.reset_asked"],
  success: { status: 204, description: "Asked; the person and the owner get a mail" },
  errors: ["reauthentication_required", "not_yourself", "owner_protected", "outranked", "no_second_factor", "rate_limited"],
});

export const resetMfa = endpoint({
  operationId: "resetMfa",
  method: "POST",
  path: "/mfa-reset",
  summary:
    "Turn off one's own two-step verification with the mailed link and the password. All sessions end. Workspaces that require two-step verification ask for it anew.",
  access: "public",
  body: z.strictObject({ token: Token, password: Password }),
  audits: ["mfa.reset", "session.signed_out"],
  success: { status: 204, description: "Turned off; a mail says so" },
  errors: ["not_found", "link_expired", "wrong_credentials", "mfa_reset_incomplete", "rate_limited"],
});
