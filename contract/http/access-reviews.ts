/** Access reviews: reviewers decide for each member whether their access is still right, and the decisions are kept as a report. */
import { z } from "zod";
import { bounded } from "../bounded.ts";
import type { Permission } from "../permissions.ts";
import { endpoint, Id, page, PageQuery, text, Time } from "./endpoint.ts";
import { PermissionName, TenantParams } from "./tenants.ts";

/** Permissions to change others' access, to take data out, or to destroy it. Members who hold one are reviewed first. */
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

/** A member who was last seen more than this many days ago stands out. */
export const UNSEEN_DAYS = 90;
/** Members that one request can decide on. */
export const MAX_DECIDED_AT_ONCE = 200;
/** At most this many channels are named for one member. The rest is counted. */
export const MAX_CHANNELS_NAMED = 20;
/** At most this many of the people who joined or were invited after the start are named. The rest is counted. */
export const MAX_SINCE_NAMED = 100;

const Counts = z
  .strictObject({
    members: z.int(),
    pending: z.int().describe("Still members, without a decision"),
    approved: z.int(),
    changed: z.int(),
    revoked: z.int(),
    left: z.int().describe("No longer members, though no decision of this review removed them"),
  })
  .meta({ id: "AccessReviewCounts" });
export type AccessReviewCounts = z.infer<typeof Counts>;

const Since = z
  .strictObject({
    joined: z.strictObject({
      count: z.int(),
      names: z.array(z.string()).max(MAX_SINCE_NAMED).describe(`The first ${MAX_SINCE_NAMED} to join`),
    }),
    invited: z
      .strictObject({
        count: z.int(),
        named: z
          .array(
            z.strictObject({ email: z.string().nullable().describe("Null without users.view_contact"), roleName: z.string() }),
          )
          .max(MAX_SINCE_NAMED),
      })
      .describe("Pending invitations and their roles"),
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
    endedAt: Time.nullable().describe("Null while the review is open"),
    endedByName: z.string().nullable(),
    endNote: z.string().describe("Why the review ended with undecided members; empty when there were none"),
    counts: Counts,
    since: Since.nullable().describe(
      "People whom the review leaves out, because they joined after its start or are only invited. For an ended review, as of its end. Null for a review that ended before this was recorded",
    ),
  })
  .meta({ id: "AccessReview" });

export const AccessDecision = z.enum(["pending", "approved", "changed", "revoked", "left"]).meta({ id: "AccessDecision" });
export type AccessDecision = z.infer<typeof AccessDecision>;

/** The words for a decision, in the report and on the page. */
export const DECISION_WORDS: Record<AccessDecision, string> = {
  pending: "Not decided",
  approved: "Approved",
  changed: "Role changed",
  revoked: "Revoked",
  left: "Left before a decision",
};

/** Why this reviewer cannot decide on this member. */
export const DecisionRefusal = z
  .enum(["ended", "left", "self", "owner", "cannot_change_role", "cannot_remove", "outranked"])
  .meta({ id: "DecisionRefusal" });
export type DecisionRefusal = z.infer<typeof DecisionRefusal>;

const Channels = z
  .strictObject({
    listens: z.int().describe("Number of channels that the member may listen to"),
    talks: z.int().describe("Number of channels that the member may talk on"),
    named: z
      .array(z.strictObject({ name: z.string(), why: z.enum(["open", "role", "person"]) }))
      .describe(`Channels that the member may talk on and why, restricted ones first, at most ${MAX_CHANNELS_NAMED}`),
  })
  .meta({ id: "AccessReviewChannels" });
export type AccessReviewChannels = z.infer<typeof Channels>;

const AccessReviewItem = z
  .strictObject({
    memberId: Id,
    position: z.int().describe("Position in the review, from 1. Members who stand out come first"),
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
          .describe("Identifies the role, permissions and restricted channels in this answer. Send it with the decision"),
      })
      .nullable()
      .describe("The access now, in an open review. Null when the person is no longer a member"),
    channels: Channels.describe("At the start"),
    decision: AccessDecision,
    note: z.string(),
    roleAfter: z.string().nullable().describe("The role that the decision left the member with"),
    decided: z
      .strictObject({
        gained: z.array(PermissionName).describe("Since the start"),
        lost: z.array(PermissionName),
        channels: Channels,
        changedSince: z.boolean().describe("In an open review: the member's access has changed since the decision"),
      })
      .nullable()
      .describe("The member's access right after the decision. Null: not decided, revoked, or decided before this was recorded"),
    decidedByName: z.string().nullable(),
    decidedBySelf: z.boolean().describe("The member approved their own access, because nobody else could"),
    decidedAt: Time.nullable(),
    can: z
      .strictObject({
        approve: DecisionRefusal.nullable(),
        change: DecisionRefusal.nullable(),
        revoke: DecisionRefusal.nullable(),
      })
      .describe("For each decision, why the caller cannot make it. Null: the caller can"),
  })
  .meta({ id: "AccessReviewItem" });

const ReviewParams = TenantParams.extend({ reviewId: Id });
const note = text(0, 500, "a note");

export const getAccessReview = endpoint({
  operationId: "getAccessReview",
  method: "GET",
  path: "/tenants/{slug}/access-reviews/{reviewId}",
  summary: "One access review with its progress.",
  access: "member",
  permission: "security.run_access_reviews",
  params: ReviewParams,
  success: { status: 200, description: "The review", schema: AccessReview },
});

export const listAccessReviewItems = endpoint({
  operationId: "listAccessReviewItems",
  method: "GET",
  path: "/tenants/{slug}/access-reviews/{reviewId}/members",
  summary:
    "A page of the members at the start of the review, with their permissions and the decisions. Members who stand out come first.",
  access: "member",
  permission: "security.run_access_reviews",
  params: ReviewParams,
  query: PageQuery.extend({
    state: z.enum(["all", "pending", "decided", "left"]).default("all"),
    search: bounded(100)
      .default("")
      .describe(
        "Every word of the search must begin a word of the name. With users.view_contact, email addresses are searched, too",
      ),
  }),
  success: { status: 200, description: "A page of members", schema: page(AccessReviewItem) },
});

export const decideAccess = endpoint({
  operationId: "decideAccess",
  method: "POST",
  path: "/tenants/{slug}/access-reviews/{reviewId}/decisions",
  summary:
    "Decide on one or many members: all of them or none. approve: nothing changes. change: they get the role (needs users.change_role). revoke: their membership and live audio end at once (needs users.remove). A decision other than a revocation can be replaced until the review ends. Nobody decides on themselves, except that a member whom nobody else can review may approve their own access. If any member's access has changed since the reviewer saw it, nothing is decided (access_changed).",
  access: "member",
  permission: "security.run_access_reviews",
  params: ReviewParams,
  body: z
    .strictObject({
      members: z
        .array(
          z.strictObject({
            memberId: Id,
            seen: bounded(64).describe("`now.seen` of the item that the reviewer saw"),
          }),
        )
        .min(1)
        .max(MAX_DECIDED_AT_ONCE),
      decision: z.enum(["approve", "change", "revoke"]),
      roleId: Id.optional().describe("With change: the role they get"),
      note: note.default("").describe("Required with change and revoke"),
      replace: z.boolean().default(false).describe("Replace decisions that were already made"),
    })
    .refine(({ decision, roleId }) => (decision === "change") === (roleId !== undefined), {
      path: ["roleId"],
      message: "Choose the role they get.",
    })
    .refine(({ decision, note: noteText }) => decision === "approve" || noteText !== "", {
      path: ["note"],
      message: "Say why: the note is in the report.",
    }),
  audits: ["access_review.decided", "member.role_changed", "member.removed", "ownership.withdrawn"],
  success: {
    status: 200,
    description: "The review's progress, and the members as they are now",
    schema: z.strictObject({ review: AccessReview, items: z.array(AccessReviewItem).max(MAX_DECIDED_AT_ONCE) }),
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
  summary: "End the review. Its decisions are final. With undecided members, set `early` and write a note.",
  access: "member",
  permission: "security.run_access_reviews",
  params: ReviewParams,
  body: z
    .strictObject({ early: z.boolean().default(false), note: note.default("") })
    .refine(({ early, note: noteText }) => !early || noteText !== "", { path: ["note"], message: "Say why it ends early." }),
  audits: ["access_review.completed"],
  success: { status: 200, description: "The ended review", schema: AccessReview },
  errors: ["access_review_ended", "access_review_unfinished"],
});

export const downloadAccessReviewReport = endpoint({
  operationId: "downloadAccessReviewReport",
  method: "GET",
  path: "/tenants/{slug}/access-reviews/{reviewId}/report",
  summary:
    "The review as CSV (RFC 4180, UTF-8 with a byte order mark), one line per member. An open review shows the decisions so far.",
  access: "member",
  permission: "security.run_access_reviews",
  params: ReviewParams,
  audits: ["access_review.exported"],
  success: { status: 200, description: "The report", contentType: "text/csv" },
  errors: ["rate_limited"],
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
  summary: "Start a review of everybody who is a member now. Only one review can be open.",
  access: "member",
  permission: "security.run_access_reviews",
  params: TenantParams,
  body: z.strictObject({ name: text(1, 80, "a name for the review"), dueAt: Time.describe("In the future, within a year") }),
  audits: ["access_review.started"],
  success: { status: 201, description: "Started", schema: AccessReview },
  errors: ["access_review_open", "quota_reached"],
});
