/** What a person sees across all the tenants that they belong to. Of each only what their role there shows. */
import { z } from "zod";
import { endpoint } from "./endpoint.ts";
import { TenantParams, TenantSummary } from "./tenants.ts";

/** What asks for somebody to act. `count`: of what the kind names. */
const AttentionItem = z
  .strictObject({
    kind: z.enum(["no_second_admin", "access_review_overdue", "invitations_lapsed", "invitations_expiring"]),
    count: z.int(),
  })
  .meta({ id: "AttentionItem" });
export type AttentionKind = z.infer<typeof AttentionItem>["kind"];

const TenantOverview = TenantSummary.extend({
  access: z
    .enum(["open", "suspended", "unavailable"])
    .describe("suspended: the person is, and sees nothing more. unavailable: it could not be read now; the others could."),
  members: z.int().nullable().describe("Active ones; null when the role doesn't show them"),
  channels: z.int().nullable(),
  attention: z.array(AttentionItem).describe("What this person could mend"),
}).meta({ id: "TenantOverview" });

/** Recordings that are new to a person are counted up to this. */
export const MOST_NEW = 100;

const TenantActivity = z
  .strictObject({
    slug: z.string(),
    newRecordings: z
      .int()
      .max(MOST_NEW)
      .describe(`Of others, since the person last had it open; ${MOST_NEW} means so many or more`),
    talking: z
      .array(z.strictObject({ channelName: z.string(), name: z.string(), isSelf: z.boolean() }))
      .describe("Who talks now; empty when the role may not join channels"),
  })
  .meta({ id: "TenantActivity" });

export const listMyTenants = endpoint({
  operationId: "listMyTenants",
  method: "GET",
  path: "/me/tenants",
  summary: "The workspaces of the signed-in person with how they stand, last used first. At most 500.",
  access: "account",
  success: { status: 200, description: "The workspaces", schema: z.strictObject({ items: z.array(TenantOverview) }) },
  errors: ["rate_limited"],
});

export const getMyActivity = endpoint({
  operationId: "getMyActivity",
  method: "GET",
  path: "/me/activity",
  summary: "What goes on now in each of the person's workspaces, those left out that they cannot enter. At most 500.",
  access: "account",
  success: { status: 200, description: "Each workspace", schema: z.strictObject({ items: z.array(TenantActivity) }) },
  errors: ["rate_limited"],
});

export const noteVisit = endpoint({
  operationId: "noteVisit",
  method: "PUT",
  path: "/tenants/{slug}/visit",
  summary: "Say that the caller has the workspace open, in sight or listening. What was recorded until now is no longer new.",
  access: "member",
  params: TenantParams,
  audits: { none: "it says nothing of the workspace: only what the caller has seen of it" },
  success: { status: 204, description: "Noted" },
  errors: ["rate_limited"],
});
