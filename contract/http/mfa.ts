/** Two-step verification as a workspace sees it: its policy, and who has it. */
import { z } from "zod";
import { endpoint, Id, page, PageQuery } from "./endpoint.ts";
import { TenantParams } from "./tenants.ts";

export const MfaPolicy = z
  .enum(["disabled", "optional", "enforced"])
  .describe(
    "disabled: the workspace does not ask for it. optional: members without it are reminded. enforced: only sessions that proved a second factor enter.",
  )
  .meta({ id: "MfaPolicy" });
export type MfaPolicy = z.infer<typeof MfaPolicy>;

const Mfa = z
  .strictObject({
    policy: MfaPolicy,
    members: z.int().describe("Active members"),
    enrolled: z.int().describe("Active members who have a second factor"),
    can: z.strictObject({ setPolicy: z.boolean() }),
  })
  .meta({ id: "Mfa" });

const MfaMember = z
  .strictObject({ memberId: Id, name: z.string(), enrolled: z.boolean().describe("Whether they have a second factor") })
  .meta({ id: "MfaMember" });

export const getMfa = endpoint({
  operationId: "getMfa",
  method: "GET",
  path: "/tenants/{slug}/security/mfa",
  summary: "The workspace's policy on two-step verification, and how many members have it.",
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
    enrolled: z.enum(["true", "false"]).optional().describe("Only those who have a second factor, or only those who don't"),
  }),
  success: { status: 200, description: "A page of members.", schema: page(MfaMember) },
  errors: ["invalid_input"],
});

export const setMfaPolicy = endpoint({
  operationId: "setMfaPolicy",
  method: "PUT",
  path: "/tenants/{slug}/security/mfa",
  summary:
    "Set the policy. Enforced, it ends live audio of sessions without a second factor at once. Whoever enforces it must have proved a second factor in this session.",
  access: "member",
  permission: "security.manage_mfa",
  params: TenantParams,
  body: z.strictObject({ policy: MfaPolicy }),
  audits: ["mfa.policy_changed"],
  success: { status: 200, description: "Set.", schema: Mfa },
  errors: ["reauthentication_required", "mfa_yourself_first"],
});
