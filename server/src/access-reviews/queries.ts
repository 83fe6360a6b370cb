/** Queries over access reviews; those over their members are in item-queries.ts. */
import { sql } from "kysely";
import {
  type AccessReviewCounts,
  type AccessReviewSince,
  MAX_CHANNELS_NAMED,
  POWERFUL_PERMISSIONS,
  UNSEEN_DAYS,
} from "#contract/http/access-reviews.ts";
import { BUILT_IN_ROLES, builtInPermissions } from "#contract/permissions.ts";
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
 * Inserts the review with everybody's access as it is now, in one statement and so from one snapshot.
 * @returns false when a review is already open
 */
export async function insertReview(db: Db, review: NewReview): Promise<boolean> {
  const { numAffectedRows } = await sql`
    with review as (
      insert into access_reviews (tenant_id, review_id, name, started_by_name, started_at, due_at, channel_count,
        open_channel_count, open_channels, member_count)
      select ${review.tenantId}::uuid, ${review.reviewId}::uuid, ${review.name}, ${review.startedByName}, now(), ${review.dueAt},
        (select count(*) from channels),
        (select count(*) from channels where transmission = 'open'),
        array(select name from channels where transmission = 'open' order by lower(name) limit ${MAX_CHANNELS_NAMED}),
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
        m.status desc, m.name_key, m.member_id),
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
    // The channels as they are now, for an open review only.
    sql<number>`case when review.ended_at is null then (select count(*)::int from channels) else 0 end`.as("channelCountNow"),
    sql<number>`case when review.ended_at is null
        then (select count(*)::int from channels where transmission = 'open') else 0 end`.as("openChannelCountNow"),
    sql<string[]>`case when review.ended_at is null then array(select name from channels where transmission = 'open'
        order by lower(name) limit ${MAX_CHANNELS_NAMED}) else '{}' end`.as("openChannelsNow"),
    sql<boolean>`review.ended_at is null and review.due_at < now()`.as("overdue"),
  ]);
}

export type ReviewRow = Awaited<ReturnType<typeof listReviews>>[number];

/** Newest first, after the cursor. Reads one more than `limit`, to see whether another page follows. */
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

/** Locks the review so that several reviewers can decide at the same time, but nobody while it is being ended. */
export function lockReview(db: Db, reviewId: string, to: "decide" | "end") {
  const query = selectReviews(db).where("review.review_id", "=", reviewId);
  return (to === "decide" ? query.forShare() : query.forNoKeyUpdate()).executeTakeFirst();
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

/** Access reviews that were started in the last 24 hours, the open one included. */
export async function countStartedLately(db: Db): Promise<number> {
  const { count } = await db
    .selectFrom("access_reviews")
    .select(({ fn }) => fn.countAll<string>().as("count"))
    .where("started_at", ">", sql<Date>`now() - interval '24 hours'`)
    .executeTakeFirstOrThrow();
  return Number(count);
}
