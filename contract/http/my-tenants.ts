/** A person's overview of all their tenants. It shows of each tenant only what their role there shows. */
import { z } from "zod";
import { endpoint, page, PageQuery } from "./endpoint.ts";
import { BillingStanding, TenantParams, TenantSummary } from "./tenants.ts";

/** Something that somebody should act on. `count`: the number of what `kind` names. */
const AttentionItem = z
  .strictObject({
    kind: z.enum([
      "invoice_overdue",
      "plan_missing",
      "no_second_admin",
      "access_review_overdue",
      "invitations_lapsed",
      "invitations_expiring",
    ]),
    count: z.int(),
  })
  .meta({ id: "AttentionItem" });
export type AttentionKind = z.infer<typeof AttentionItem>["kind"];

const TenantOverview = TenantSummary.extend({
  access: z
    .enum(["open", "suspended", "sso_required", "mfa_required", "session_expired_here", "unavailable"])
    .describe(
      "suspended: the person is suspended in the workspace and sees nothing more. sso_required: this session must come through the workspace's single sign-on first. mfa_required: this session must prove a second factor first. session_expired_here: this session must authenticate again first. unavailable: the workspace could not be read just now.",
    ),
  members: z.int().nullable().describe("Active members; null when the role doesn't show them"),
  channels: z.int().nullable(),
  billing: BillingStanding,
  attention: z.array(AttentionItem).describe("What this person could fix"),
}).meta({ id: "TenantOverview" });

/** New recordings are counted up to this number. */
export const MAX_NEW = 100;

const TenantActivity = z
  .strictObject({
    slug: z.string(),
    newRecordings: z
      .int()
      .max(MAX_NEW)
      .describe(`Recordings of others since the person last had the workspace open; ${MAX_NEW} means ${MAX_NEW} or more`),
    talking: z
      .array(z.strictObject({ channelName: z.string(), name: z.string(), isSelf: z.boolean() }))
      .describe("The people who talk now; empty when the role may not join channels"),
  })
  .meta({ id: "TenantActivity" });

export const listMyTenants = endpoint({
  operationId: "listMyTenants",
  method: "GET",
  path: "/me/tenants",
  summary: "A page of your workspaces, last used first, with their state and what needs attention. At most 500 in all.",
  access: "account",
  anySession: true,
  query: PageQuery,
  success: { status: 200, description: "The workspaces", schema: page(TenantOverview) },
  errors: ["rate_limited"],
});

export const getMyActivity = endpoint({
  operationId: "getMyActivity",
  method: "GET",
  path: "/me/activity",
  summary: "A page of current activity in each workspace that you can enter. At most 500 in all.",
  access: "account",
  anySession: true,
  query: PageQuery,
  success: { status: 200, description: "Each workspace", schema: page(TenantActivity) },
  errors: ["rate_limited"],
});

export const noteVisit = endpoint({
  operationId: "noteVisit",
  method: "PUT",
  path: "/tenants/{slug}/visit",
  summary: "Record that the caller has the workspace open. Recordings up to now no longer count as new.",
  access: "member",
  params: TenantParams,
  audits: { none: "changes only what counts as new for the caller" },
  success: { status: 204, description: "Recorded" },
  errors: ["rate_limited"],
});
