/** Access reviews: is what each member may do still right? Asked about everybody, decided one by one, kept as a report. */
import { z } from "zod";
import type { Permission } from "../permissions.ts";
import { endpoint, Id, page, PageQuery, text, Time } from "./endpoint.ts";
import { PermissionName, TenantParams } from "./tenants.ts";

/** Who holds one of these can change who may do what, take data out, or destroy it. They are reviewed first. */
export const POWERFUL_PERMISSIONS: readonly Permission[] = [
  "users.change_role",
  "users.remove",
  "users.reset_password",
  "users.disable_mfa",
  "channels.delete",
  "recording.download",
  "recording.delete",
  "transcription.export",
  "roles.create",
  "roles.edit",
  "billing.manage_payment",
  "security.manage_mfa",
  "security.manage_sso",
  "security.manage_domains",
  "security.manage_sessions",
  "security.manage_keys",
  "workspace.export",
  "workspace.share_channels",
  "api_keys.manage",
  "scim.manage",
];

/** Who was not there for this many days stands out. */
export const UNSEEN_DAYS = 90;
/** How many members one request decides on. */
export const MAX_DECIDED_AT_ONCE = 200;
/** How many channels are named for one member; the rest is counted. */
export const CHANNELS_NAMED = 20;
/** How many of those who are in no item of a review are named; the rest is counted. */
export const SINCE_NAMED = 100;

const Counts = z
  .strictObject({
    members: z.int(),
    pending: z.int().describe("Still members, and nobody decided"),
    approved: z.int(),
    changed: z.int(),
    revoked: z.int(),
    left: z.int().describe("No longer members, by no decision of this review"),
  })
  .meta({ id: "AccessReviewCounts" });
export type AccessReviewCounts = z.infer<typeof Counts>;

const Since = z
  .strictObject({
    joined: z.strictObject({
      count: z.int(),
      names: z.array(z.string()).describe(`The first ${SINCE_NAMED} of them, as they joined`),
    }),
    invited: z
      .strictObject({
        count: z.int(),
        named: z.array(
          z.strictObject({ email: z.string().nullable().describe("Null without users.view_contact"), roleName: z.string() }),
        ),
      })
      .describe("Pending invitations, each of which gives a role to whoever accepts it"),
  })
  .meta({ id: "AccessReviewSince" });
export type AccessReviewSince = z.infer<typeof Since>;

const AccessReview = z
  .strictObject({
    reviewId: Id,
    name: z.string(),
    startedAt: Time,
    startedByName: z.string(),
    dueAt: Time,
    overdue: z.boolean(),
    endedAt: Time.nullable().describe("Null while it is open"),
    endedByName: z.string().nullable(),
    endNote: z.string().describe("Why it ended with members that nobody decided on; empty when there were none"),
    counts: Counts,
    since: Since.nullable().describe(
      "Who is not asked about: joined after the start, or invited. As it is now, of an ended review as it was then; null where it ended before this was kept",
    ),
  })
  .meta({ id: "AccessReview" });

export const AccessDecision = z.enum(["pending", "approved", "changed", "revoked", "left"]).meta({ id: "AccessDecision" });
export type AccessDecision = z.infer<typeof AccessDecision>;

/** In the report and on the page alike. */
export const DECISION_WORDS: Record<AccessDecision, string> = {
  pending: "Not decided",
  approved: "Approved",
  changed: "Role changed",
  revoked: "Revoked",
  left: "Left before a decision",
};

/** Why a decision cannot be made about this member by this reviewer. */
export const DecisionRefusal = z
  .enum(["ended", "left", "self", "owner", "cannot_change_role", "cannot_remove", "outranked"])
  .meta({ id: "DecisionRefusal" });
export type DecisionRefusal = z.infer<typeof DecisionRefusal>;

const Channels = z
  .strictObject({
    listens: z.int().describe("How many channels they may listen to"),
    talks: z.int().describe("How many channels they may talk on"),
    named: z
      .array(z.strictObject({ name: z.string(), why: z.enum(["open", "role", "person"]) }))
      .describe(`Channels they may talk on and why, restricted ones first, at most ${CHANNELS_NAMED}`),
  })
  .meta({ id: "AccessReviewChannels" });
export type AccessReviewChannels = z.infer<typeof Channels>;

const AccessReviewItem = z
  .strictObject({
    memberId: Id,
    position: z.int().describe("The place in the review, from 1; what stands out comes first"),
    name: z.string(),
    email: z.string().nullable().describe("Null without users.view_contact"),
    isSelf: z.boolean(),
    isOwner: z.boolean(),
    suspended: z.boolean(),
    joinedAt: Time,
    lastSeenAt: Time.nullable().describe("Null: never"),
    standsOut: z.array(z.enum(["powerful", "unseen", "suspended"])),
    role: z.strictObject({ roleId: Id, name: z.string(), permissions: z.array(PermissionName) }).describe("At the start"),
    now: z
      .strictObject({
        roleId: Id,
        roleName: z.string(),
        gained: z.array(PermissionName).describe("Since the start"),
        lost: z.array(PermissionName),
        channels: Channels,
        seen: z
          .string()
          .describe("Sent with a decision: stands for role, permissions and restricted channels as they are in this answer"),
      })
      .nullable()
      .describe("The access now, in an open review; null for who is no longer a member"),
    channels: Channels.describe("At the start"),
    decision: AccessDecision,
    note: z.string(),
    roleAfter: z.string().nullable().describe("The role that the decision left them with"),
    decided: z
      .strictObject({
        gained: z.array(PermissionName).describe("Since the start"),
        lost: z.array(PermissionName),
        channels: Channels,
        changedSince: z.boolean().describe("In an open review: their access is no longer the one that was decided on"),
      })
      .nullable()
      .describe(
        "The access that the decision left them with, when it was made. Null: not decided, revoked, or decided before this was kept",
      ),
    decidedByName: z.string().nullable(),
    decidedBySelf: z.boolean().describe("They confirmed their own access, because nobody else could"),
    decidedAt: Time.nullable(),
    can: z.strictObject({
      approve: DecisionRefusal.nullable().describe("Null: yes"),
      change: DecisionRefusal.nullable(),
      revoke: DecisionRefusal.nullable(),
    }),
  })
  .meta({ id: "AccessReviewItem" });

const ReviewParams = TenantParams.extend({ reviewId: Id });
const note = text(0, 500, "a note");

export const getAccessReview = endpoint({
  operationId: "getAccessReview",
  method: "GET",
  path: "/tenants/{slug}/access-reviews/{reviewId}",
  summary: "One access review, and how far it is.",
  access: "member",
  permission: "security.run_access_reviews",
  params: ReviewParams,
  success: { status: 200, description: "The review", schema: AccessReview },
});

export const listAccessReviewItems = endpoint({
  operationId: "listAccessReviewItems",
  method: "GET",
  path: "/tenants/{slug}/access-reviews/{reviewId}/members",
  summary: "Who was a member when the review started, with what they may do, and what was decided. What stands out comes first.",
  access: "member",
  permission: "security.run_access_reviews",
  params: ReviewParams,
  query: PageQuery.extend({
    state: z.enum(["all", "pending", "decided", "left"]).default("all"),
    search: z.string().max(100).default("").describe("Part of a name; with users.view_contact, or of an email address"),
  }),
  success: { status: 200, description: "A page of members", schema: page(AccessReviewItem) },
});

export const decideAccess = endpoint({
  operationId: "decideAccess",
  method: "POST",
  path: "/tenants/{slug}/access-reviews/{reviewId}/decisions",
  summary:
    "Decide on one or many members, all or none. approve: nothing changes. change: they get the role (needs users.change_role). revoke: their membership ends at once, live audio too (needs users.remove). A decision can be replaced until the review ends, but for a revocation. Nobody decides on themselves, but that somebody whom no one else can review may approve their own access. A decision is about what the reviewer saw: who may do something else by now is in the way of all.",
  access: "member",
  permission: "security.run_access_reviews",
  params: ReviewParams,
  body: z
    .strictObject({
      members: z
        .array(
          z.strictObject({
            memberId: Id,
            seen: z.string().max(64).describe("`now.seen` of the item that the reviewer looked at"),
          }),
        )
        .min(1)
        .max(MAX_DECIDED_AT_ONCE),
      decision: z.enum(["approve", "change", "revoke"]),
      roleId: Id.optional().describe("With change: the role they get"),
      note: note.default("").describe("Required with change and revoke"),
      replace: z.boolean().default(false).describe("Also where somebody decided already"),
    })
    .refine(({ decision, roleId }) => (decision === "change") === (roleId !== undefined), {
      path: ["roleId"],
      message: "Choose the role they get.",
    })
    .refine(({ decision, note: given }) => decision === "approve" || given !== "", {
      path: ["note"],
      message: "Say why: the note is in the report.",
    }),
  audits: ["access_review.decided", "member.role_changed", "member.removed", "ownership.withdrawn"],
  success: {
    status: 200,
    description: "How far the review is, and the members as they are now",
    schema: z.strictObject({ review: AccessReview, items: z.array(AccessReviewItem) }),
  },
  errors: [
    "access_review_ended",
    "access_decided",
    "access_changed",
    "not_yourself",
    "owner_protected",
    "outranked",
    "last_admin",
  ],
});

export const completeAccessReview = endpoint({
  operationId: "completeAccessReview",
  method: "POST",
  path: "/tenants/{slug}/access-reviews/{reviewId}/completion",
  summary:
    "End the review: its decisions stand for good. With members that nobody decided on only when `early` says so, with a note.",
  access: "member",
  permission: "security.run_access_reviews",
  params: ReviewParams,
  body: z
    .strictObject({ early: z.boolean().default(false), note: note.default("") })
    .refine(({ early, note: given }) => !early || given !== "", { path: ["note"], message: "Say why it ends early." }),
  audits: ["access_review.completed"],
  success: { status: 200, description: "Over", schema: AccessReview },
  errors: ["access_review_ended", "access_review_unfinished"],
});

export const downloadAccessReviewReport = endpoint({
  operationId: "downloadAccessReviewReport",
  method: "GET",
  path: "/tenants/{slug}/access-reviews/{reviewId}/report",
  summary:
    "The review as CSV (RFC 4180, UTF-8 with a byte order mark), one line per member; of an open review, what is decided so far.",
  access: "member",
  permission: "security.run_access_reviews",
  params: ReviewParams,
  audits: ["access_review.exported"],
  success: { status: 200, description: "The report", contentType: "text/csv" },
  errors: ["cross_site", "rate_limited"],
});

export const listAccessReviews = endpoint({
  operationId: "listAccessReviews",
  method: "GET",
  path: "/tenants/{slug}/access-reviews",
  summary: "The access reviews, newest first.",
  access: "member",
  permission: "security.run_access_reviews",
  params: TenantParams,
  query: PageQuery,
  success: { status: 200, description: "A page of reviews", schema: page(AccessReview) },
});

export const startAccessReview = endpoint({
  operationId: "startAccessReview",
  method: "POST",
  path: "/tenants/{slug}/access-reviews",
  summary: "Start a review of everybody who is a member now. One at a time.",
  access: "member",
  permission: "security.run_access_reviews",
  params: TenantParams,
  body: z.strictObject({ name: text(1, 80, "a name for the review"), dueAt: Time.describe("In the future, within a year") }),
  audits: ["access_review.started"],
  success: { status: 201, description: "Started", schema: AccessReview },
  errors: ["access_review_open"],
});
