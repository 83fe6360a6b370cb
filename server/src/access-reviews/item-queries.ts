/** Queries over the members of a review and the decisions on them. */
import { sql } from "kysely";
import {
  type AccessDecision,
  type AccessReviewChannels,
  type AccessReviewCounts,
  type AccessReviewSince,
  UNSEEN_DAYS,
} from "#contract/http/access-reviews.ts";
import { BUILT_IN_ROLES, builtInPermissions, type Permission } from "#contract/permissions.ts";
import type { Db } from "../platform/db/pools.ts";
import { matches, type SearchWord } from "../platform/search-words.ts";

/** The member left without a decision. In an open review the current members tell. */
const HAS_LEFT = sql<boolean>`(item.decision = 'left' or (item.decision = 'pending' and review.ended_at is null and members.member_id is null))`;
const IS_PENDING = sql<boolean>`(item.decision = 'pending' and (review.ended_at is not null or members.member_id is not null))`;

/** The items with their review and, if it is open, with the members as they are now. */
function selectItems(db: Db, reviewId: string) {
  return db
    .selectFrom("access_review_items as item")
    .innerJoin("access_reviews as review", (join) =>
      join.onRef("review.tenant_id", "=", "item.tenant_id").onRef("review.review_id", "=", "item.review_id"),
    )
    .leftJoin("members", (join) =>
      join
        .onRef("members.tenant_id", "=", "item.tenant_id")
        .onRef("members.member_id", "=", "item.member_id")
        .on("review.ended_at", "is", null),
    )
    .where("item.review_id", "=", reviewId);
}

interface ItemFilter {
  reviewId: string;
  state?: "all" | "pending" | "decided" | "left";
  /** Each must begin a word of the name or the address. */
  words?: SearchWord[];
  memberIds?: string[];
  /** The position after which the page begins. */
  after?: number;
  limit: number;
}

export type ItemRow = Awaited<ReturnType<typeof listItems>>[number];

/** Searches by the members' index. Names that changed or left since the start are not in it and are split into words here, which is slow. */
const hasWord = (word: SearchWord) =>
  sql<boolean>`(item.member_id in (select w.member_id from member_words w where ${matches(word)})
    or (not exists (select from members m where m.member_id = item.member_id and m.name = item.member_name)
      and exists (select from member_search_words(item.member_name, item.email) w where ${matches(word)})))`;

/** At most `limit` items, in the review's order. */
export function listItems(db: Db, filter: ItemFilter) {
  const { state = "all", words = [], memberIds } = filter;
  return selectItems(db, filter.reviewId)
    .innerJoin("access_review_roles as frozen", (join) =>
      join
        .onRef("frozen.tenant_id", "=", "item.tenant_id")
        .onRef("frozen.review_id", "=", "item.review_id")
        .onRef("frozen.role_id", "=", "item.role_id"),
    )
    .leftJoin("roles", (join) =>
      join.onRef("roles.tenant_id", "=", "members.tenant_id").onRef("roles.role_id", "=", "members.role_id"),
    )
    .select([
      "item.member_id as memberId",
      "item.position",
      "item.member_name as name",
      "item.email",
      sql<boolean>`case when members.member_id is null then item.is_owner
        else members.member_id = (select owner_member_id from tenants) end`.as("isOwner"),
      sql<boolean>`coalesce(members.status = 'suspended', item.suspended)`.as("suspended"),
      "item.joined_at as joinedAt",
      sql<Date | null>`coalesce(members.last_seen_at, item.last_seen_at)`.as("lastSeenAt"),
      sql<boolean>`coalesce(members.last_seen_at, item.last_seen_at, item.joined_at) < review.started_at - make_interval(days => ${UNSEEN_DAYS})`.as(
        "unseen",
      ),
      "item.role_id as roleId",
      "item.note",
      "item.role_after as roleAfter",
      "item.decided_by_member_id as decidedByMemberId",
      "item.decided_by_name as decidedByName",
      "item.decided_at as decidedAt",
      "item.channels as ownChannels",
      "frozen.name as roleName",
      "frozen.permissions",
      "frozen.channels as roleChannels",
      "members.role_id as nowRoleId",
      "roles.name as nowRoleName",
      "roles.built_in as nowBuiltIn",
      "roles.permissions as nowPermissions",
      sql<string[]>`array(select c.name from channel_talker_members t join channels c using (tenant_id, channel_id)
        where t.member_id = members.member_id and c.transmission = 'restricted' order by lower(c.name))`.as("nowOwnChannels"),
      sql<string[]>`array(select c.name from channel_talker_roles t join channels c using (tenant_id, channel_id)
        where t.role_id = members.role_id and c.transmission = 'restricted' order by lower(c.name))`.as("nowRoleChannels"),
      "item.gained",
      "item.lost",
      sql<AccessReviewChannels | null>`item.decided_channels`.as("decidedChannels"),
      sql<AccessDecision>`case when ${HAS_LEFT} then 'left' else item.decision end`.as("decision"),
    ])
    .$if(memberIds !== undefined, (query) => query.where("item.member_id", "in", memberIds ?? []))
    .$if(filter.after !== undefined, (query) => query.where("item.position", ">", filter.after ?? 0))
    .$if(state === "pending", (query) => query.where(IS_PENDING))
    .$if(state === "decided", (query) => query.where("item.decision", "not in", ["pending", "left"]))
    .$if(state === "left", (query) => query.where(HAS_LEFT))
    .$if(words.length > 0, (query) => query.where(sql<boolean>`(${sql.join(words.map(hasWord), sql` and `)})`))
    .orderBy("item.position")
    .limit(filter.limit)
    .execute();
}

export async function countItems(db: Db, reviewId: string): Promise<AccessReviewCounts> {
  const countOf = (decision: string) => sql<string>`count(*) filter (where item.decision = ${decision})`;
  const row = await selectItems(db, reviewId)
    .select([
      sql<string>`count(*)`.as("members"),
      sql<string>`count(*) filter (where ${IS_PENDING})`.as("pending"),
      countOf("approved").as("approved"),
      countOf("changed").as("changed"),
      countOf("revoked").as("revoked"),
      sql<string>`count(*) filter (where ${HAS_LEFT})`.as("left"),
    ])
    .executeTakeFirstOrThrow();
  const { members, pending, approved, changed, revoked, left } = row;
  return {
    members: Number(members),
    pending: Number(pending),
    approved: Number(approved),
    changed: Number(changed),
    revoked: Number(revoked),
    left: Number(left),
  };
}

/** Locks the items in a fixed order, so that two decisions on the same members cannot deadlock. @returns the number of locked items */
export async function lockItems(db: Db, reviewId: string, memberIds: string[]): Promise<number> {
  const locked = await db
    .selectFrom("access_review_items")
    .select("member_id")
    .where("review_id", "=", reviewId)
    .where("member_id", "in", memberIds)
    .orderBy("member_id")
    .forNoKeyUpdate()
    .execute();
  return locked.length;
}

/** A member's access after a decision; null when they are no longer a member. */
export interface DecidedAccess {
  memberId: string;
  access: { roleName: string; gained: string[]; lost: string[]; channels: AccessReviewChannels } | null;
}

export async function decideItems(
  db: Db,
  reviewId: string,
  members: DecidedAccess[],
  decided: { decision: AccessDecision; note: string; byMemberId: string; byName: string },
): Promise<void> {
  const rows = JSON.stringify(members.map(({ memberId, access }) => ({ member_id: memberId, ...access })));
  await sql`
    update access_review_items as item set
      decision = ${decided.decision}, note = ${decided.note},
      role_after = decided."roleName", gained = decided.gained, lost = decided.lost, decided_channels = decided.channels,
      decided_by_member_id = ${decided.byMemberId}, decided_by_name = ${decided.byName}, decided_at = now()
    from jsonb_to_recordset(${rows}::jsonb) as decided
      (member_id uuid, "roleName" text, gained text[], lost text[], channels jsonb)
    where item.review_id = ${reviewId} and item.member_id = decided.member_id`.execute(db);
}

/** Members who joined after the review started: their number, and the names of the first. */
export async function findJoinedSince(db: Db, reviewId: string, limit: number): Promise<AccessReviewSince["joined"]> {
  const rows = await db
    .selectFrom("members")
    .select(["members.name", sql<string>`count(*) over ()`.as("count")])
    // Not "not exists": for a review that was just inserted the planner has no statistics, and an anti join may compare every pair. "not in" hashes.
    .where("members.member_id", "not in", ({ selectFrom }) =>
      selectFrom("access_review_items").select("member_id").where("review_id", "=", reviewId),
    )
    .orderBy("members.joined_at")
    .orderBy("members.member_id")
    .limit(limit)
    .execute();
  return { count: Number(rows[0]?.count ?? 0), names: rows.map(({ name }) => name) };
}

/** Whether another active member has the permission. */
export async function hasOtherHolder(db: Db, permission: Permission, memberId: string): Promise<boolean> {
  const builtIn = BUILT_IN_ROLES.filter((role) => builtInPermissions(role).has(permission));
  const other = await db
    .selectFrom("members")
    .innerJoin("roles", (join) =>
      join.onRef("roles.tenant_id", "=", "members.tenant_id").onRef("roles.role_id", "=", "members.role_id"),
    )
    .select("members.member_id")
    .where(sql<boolean>`(roles.built_in = any(${builtIn}) or ${permission} = any(roles.permissions))`)
    .where("members.status", "=", "active")
    .where("members.member_id", "!=", memberId)
    .limit(1)
    .executeTakeFirst();
  return other !== undefined;
}

/** Marks members who left without a decision, so that the report keeps them as such. */
export async function markLeft(db: Db, reviewId: string): Promise<void> {
  await db
    .updateTable("access_review_items as item")
    .set({ decision: "left" })
    .where("review_id", "=", reviewId)
    .where("decision", "=", "pending")
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom("members")
            .select("members.member_id")
            .whereRef("members.tenant_id", "=", "item.tenant_id")
            .whereRef("members.member_id", "=", "item.member_id"),
        ),
      ),
    )
    .execute();
}
