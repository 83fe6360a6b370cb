import { sql } from "kysely";
import { POWERFUL_PERMISSIONS, CHANNELS_NAMED, UNSEEN_DAYS, type AccessReviewCounts } from "#contract/http/access-reviews.ts";
import type { AccessDecision, AccessReviewChannels, AccessReviewSince } from "#contract/http/access-reviews.ts";
import { BUILT_IN_ROLES, builtInPermissions, type Permission } from "#contract/permissions.ts";
import type { Db } from "../platform/db/pools.ts";
import type { TimeCursor } from "../platform/page.ts";

const BUILT_IN = JSON.stringify(Object.fromEntries(BUILT_IN_ROLES.map((role) => [role, [...builtInPermissions(role)]])));

interface NewReview {
  tenantId: string;
  reviewId: string;
  name: string;
  startedByName: string;
  dueAt: Date;
}

/**
 * The review with everybody's access as it is now. One statement, and so one snapshot: nobody is in it with a role or channel that
 * they had a moment before or after somebody else.
 * @returns false when a review is open already
 */
export async function insertReview(db: Db, review: NewReview): Promise<boolean> {
  const { numAffectedRows } = await sql`
    with review as (
      insert into access_reviews (tenant_id, review_id, name, started_by_name, started_at, due_at, channel_count,
        open_channel_count, open_channels, member_count)
      select ${review.tenantId}::uuid, ${review.reviewId}::uuid, ${review.name}, ${review.startedByName}, now(), ${review.dueAt},
        (select count(*) from channels),
        (select count(*) from channels where transmission = 'open'),
        array(select name from channels where transmission = 'open' order by lower(name) limit ${CHANNELS_NAMED}),
        (select count(*) from members)
      on conflict (tenant_id) where ended_at is null do nothing
      returning tenant_id, review_id, started_at
    ), role_now as materialized (
      select role_id, name, coalesce(permissions, array(select jsonb_array_elements_text(${BUILT_IN}::jsonb -> built_in)))
        as permissions
      from roles
    ), frozen_roles as (
      insert into access_review_roles (tenant_id, review_id, role_id, name, permissions, channels)
      select tenant_id, review_id, role_id, name, permissions,
        array(select c.name from channel_talker_roles t join channels c using (tenant_id, channel_id)
          where t.tenant_id = review.tenant_id and t.role_id = role_now.role_id and c.transmission = 'restricted' order by lower(c.name))
      from role_now cross join review
    ), chosen as (
      select t.member_id, array_agg(c.name order by lower(c.name)) as channels
      from channel_talker_members t join channels c using (tenant_id, channel_id)
      where c.transmission = 'restricted' group by t.member_id
    )
    insert into access_review_items (tenant_id, review_id, member_id, position, member_name, email, role_id, is_owner, suspended,
      joined_at, last_seen_at, channels)
    select review.tenant_id, review.review_id, m.member_id,
      row_number() over (order by
        powerful.is desc,
        coalesce(m.last_seen_at, m.joined_at) < review.started_at - make_interval(days => ${UNSEEN_DAYS}) desc,
        m.status desc, lower(m.name), m.member_id),
      m.name, m.email, m.role_id, m.member_id = (select owner_member_id from tenants), m.status = 'suspended',
      m.joined_at, m.last_seen_at, coalesce(chosen.channels, '{}')
    from review cross join members m
    join (select role_id, permissions && ${[...POWERFUL_PERMISSIONS]}::text[] as is from role_now) powerful using (role_id)
    left join chosen using (member_id)`.execute(db);
  return numAffectedRows !== undefined && numAffectedRows > 0n;
}

function selectReviews(db: Db) {
  return db.selectFrom("access_reviews as review").select([
    "review.review_id as reviewId",
    "review.name",
    "review.started_at as startedAt",
    "review.started_by_name as startedByName",
    "review.due_at as dueAt",
    "review.ended_at as endedAt",
    "review.ended_by_name as endedByName",
    "review.end_note as endNote",
    "review.member_count as memberCount",
    "review.channel_count as channelCount",
    "review.open_channel_count as openChannelCount",
    "review.open_channels as openChannels",
    sql<AccessReviewCounts | null>`review.final_counts`.as("finalCounts"),
    sql<AccessReviewSince | null>`review.final_since`.as("finalSince"),
    // Of an open one: what there is to listen to now.
    sql<number>`case when review.ended_at is null then (select count(*)::int from channels) else 0 end`.as("channelCountNow"),
    sql<number>`case when review.ended_at is null
        then (select count(*)::int from channels where transmission = 'open') else 0 end`.as("openChannelCountNow"),
    sql<string[]>`case when review.ended_at is null then array(select name from channels where transmission = 'open'
        order by lower(name) limit ${CHANNELS_NAMED}) else '{}' end`.as("openChannelsNow"),
    sql<boolean>`review.ended_at is null and review.due_at < now()`.as("overdue"),
  ]);
}

export type ReviewRow = Awaited<ReturnType<typeof listReviews>>[number];

/** Newest first, from the cursor on; one more than `limit`. */
export function listReviews(db: Db, after: TimeCursor | null, limit: number) {
  return selectReviews(db)
    .$if(after !== null, (query) =>
      query.where(sql<boolean>`(review.started_at, review.review_id) < (${after?.at}, ${after?.id})`),
    )
    .orderBy("review.started_at", "desc")
    .orderBy("review.review_id", "desc")
    .limit(limit + 1)
    .execute();
}

export function findReview(db: Db, reviewId: string) {
  return selectReviews(db).where("review.review_id", "=", reviewId).executeTakeFirst();
}

/** Several decide at the same time, and none while it is being ended. */
export function lockReview(db: Db, reviewId: string, to: "decide" | "end") {
  const query = selectReviews(db).where("review.review_id", "=", reviewId);
  return (to === "decide" ? query.forShare() : query.forNoKeyUpdate()).executeTakeFirst();
}

/** Not decided on, and while the review is open, no longer a member either. */
const HAS_LEFT = sql<boolean>`(item.decision = 'left' or (item.decision = 'pending' and review.ended_at is null and members.member_id is null))`;
const IS_PENDING = sql<boolean>`(item.decision = 'pending' and (review.ended_at is not null or members.member_id is not null))`;

/** The items with their review, and as long as it is open with the members as they are now. */
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

export interface ItemsWanted {
  reviewId: string;
  state?: "all" | "pending" | "decided" | "left";
  /** Part of the name, or with `searchEmail` of the address; in any case. */
  search?: string;
  searchEmail?: boolean;
  memberIds?: string[];
  /** From the next place on. */
  after?: number;
  limit: number;
}

export type ItemRow = Awaited<ReturnType<typeof listItems>>[number];

/** In the review's order; at most `limit`. */
export function listItems(db: Db, wanted: ItemsWanted) {
  const { state = "all", search = "", memberIds } = wanted;
  const needle = search.toLowerCase();
  return selectItems(db, wanted.reviewId)
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
    .$if(wanted.after !== undefined, (query) => query.where("item.position", ">", wanted.after ?? 0))
    .$if(state === "pending", (query) => query.where(IS_PENDING))
    .$if(state === "decided", (query) => query.where("item.decision", "not in", ["pending", "left"]))
    .$if(state === "left", (query) => query.where(HAS_LEFT))
    .$if(needle !== "", (query) =>
      query.where(
        wanted.searchEmail
          ? sql<boolean>`(strpos(lower(item.member_name), ${needle}) > 0 or strpos(lower(item.email), ${needle}) > 0)`
          : sql<boolean>`strpos(lower(item.member_name), ${needle}) > 0`,
      ),
    )
    .orderBy("item.position")
    .limit(wanted.limit)
    .execute();
}

export async function countItems(db: Db, reviewId: string): Promise<AccessReviewCounts> {
  const of = (decision: string) => sql<string>`count(*) filter (where item.decision = ${decision})`;
  const row = await selectItems(db, reviewId)
    .select([
      sql<string>`count(*)`.as("members"),
      sql<string>`count(*) filter (where ${IS_PENDING})`.as("pending"),
      of("approved").as("approved"),
      of("changed").as("changed"),
      of("revoked").as("revoked"),
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

/** In one order, so that two who decide on the same members wait for each other instead of both. @returns how many there are */
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

/** What a decision leaves a member with; null: nothing, they are none any more. */
export interface LeftWith {
  memberId: string;
  access: { roleName: string; gained: string[]; lost: string[]; channels: AccessReviewChannels } | null;
}

export async function decideItems(
  db: Db,
  reviewId: string,
  members: LeftWith[],
  decided: { decision: AccessDecision; note: string; byMemberId: string; byName: string },
): Promise<void> {
  const left = JSON.stringify(members.map(({ memberId, access }) => ({ member_id: memberId, ...access })));
  await sql`
    update access_review_items as item set
      decision = ${decided.decision}, note = ${decided.note},
      role_after = decided."roleName", gained = decided.gained, lost = decided.lost, decided_channels = decided.channels,
      decided_by_member_id = ${decided.byMemberId}, decided_by_name = ${decided.byName}, decided_at = now()
    from jsonb_to_recordset(${left}::jsonb) as decided
      (member_id uuid, "roleName" text, gained text[], lost text[], channels jsonb)
    where item.review_id = ${reviewId} and item.member_id = decided.member_id`.execute(db);
}

/** Members who joined after the review started: how many, and the names of the first. */
export async function findJoinedSince(db: Db, reviewId: string, limit: number): Promise<AccessReviewSince["joined"]> {
  const rows = await db
    .selectFrom("members")
    .select(["members.name", sql<string>`count(*) over ()`.as("count")])
    // Hashed, whatever the planner believes of a review that was made a moment ago; an anti join may compare each with each.
    .where("members.member_id", "not in", (from) =>
      from.selectFrom("access_review_items").select("member_id").where("review_id", "=", reviewId),
    )
    .orderBy("members.joined_at")
    .orderBy("members.member_id")
    .limit(limit)
    .execute();
  return { count: Number(rows[0]?.count ?? 0), names: rows.map(({ name }) => name) };
}

/** Whether anybody else, not suspended, may do this. */
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

/** Who is gone by no decision stays in the report as that. */
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

export async function endReview(
  db: Db,
  reviewId: string,
  ended: { byName: string; note: string; counts: AccessReviewCounts; since: AccessReviewSince },
): Promise<void> {
  await db
    .updateTable("access_reviews")
    .set({
      ended_at: sql<Date>`now()`,
      ended_by_name: ended.byName,
      end_note: ended.note,
      final_counts: sql<never>`${JSON.stringify(ended.counts)}::jsonb`,
      final_since: sql<never>`${JSON.stringify(ended.since)}::jsonb`,
    })
    .where("review_id", "=", reviewId)
    .execute();
}

export async function hasOverdueReview(db: Db): Promise<boolean> {
  const overdue = await db
    .selectFrom("access_reviews")
    .select("review_id")
    .where("ended_at", "is", null)
    .where("due_at", "<", sql<Date>`now()`)
    .executeTakeFirst();
  return overdue !== undefined;
}
