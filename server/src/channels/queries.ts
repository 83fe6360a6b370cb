import { sql } from "kysely";
import type { TransmissionPolicy } from "#contract/http/channels.ts";
import type { Db } from "../platform/db/pools.ts";
import { statement } from "../platform/db/statement.ts";

export interface ChannelColumns {
  name: string;
  description: string;
  recording: boolean;
  transmission: TransmissionPolicy;
}

const settings = [
  "channels.channel_id as channelId",
  "channels.name",
  "channels.description",
  "channels.recording",
  sql<TransmissionPolicy>`channels.transmission`.as("transmission"),
  "channels.created_at as createdAt",
] as const;

export type ChannelRow = Awaited<ReturnType<typeof listChannels>>[number];

export interface Named extends Record<string, string> {
  id: string;
  name: string;
}

/** Selects channels with the talkers' names, because the audit log keeps names even after a role or member is deleted. */
function selectWithNames(db: Db) {
  return db.selectFrom("channels").select([
    ...settings,
    sql<Named[]>`coalesce((select jsonb_agg(jsonb_build_object('id', role_id, 'name', roles.name) order by role_id)
        from channel_talker_roles as talker join roles using (tenant_id, role_id)
        where talker.channel_id = channels.channel_id), '[]')`.as("talkerRoles"),
    sql<Named[]>`coalesce((select jsonb_agg(jsonb_build_object('id', member_id, 'name', members.name) order by member_id)
        from channel_talker_members as talker join members using (tenant_id, member_id)
        where talker.channel_id = channels.channel_id), '[]')`.as("talkerMembers"),
  ]);
}

/**
 * Aggregates the talkers of all channels once and picks each channel's from the result: a subquery per channel takes twice as long.
 * Do not use a join: a plan cached for a small tenant is kept for a large one and compares each channel with each group of talkers.
 */
const list = statement("list channels with talkers", (db) =>
  db
    .selectFrom("channels")
    .select([
      ...settings,
      sql<string[]>`coalesce((select jsonb_object_agg(channel_id, ids) from
        (select channel_id, jsonb_agg(role_id order by role_id) as ids from channel_talker_roles group by channel_id) as talkers)
        -> channels.channel_id::text, '[]')`.as("talkerRoleIds"),
      sql<string[]>`coalesce((select jsonb_object_agg(channel_id, ids) from
        (select channel_id, jsonb_agg(member_id order by member_id) as ids from channel_talker_members group by channel_id) as talkers)
        -> channels.channel_id::text, '[]')`.as("talkerMemberIds"),
    ])
    .orderBy(sql`lower(channels.name)`),
);

/** All channels with their talkers, sorted by name regardless of case. */
export function listChannels(db: Db) {
  return list(db, {});
}

interface PageOfChannels extends Record<string, unknown> {
  roleId: string;
  memberId: string;
  /** The last key of the previous page; "" for the first page. */
  after: string;
  limit: number;
}

export interface ChannelSummaryRow extends ChannelColumns {
  channelId: string;
  createdAt: Date;
  key: string;
  chosen: boolean;
}

/** One page sorted by name regardless of case. `chosen` says whether the member or their role is a talker; other talkers are not read. */
export const listChannelPage = statement<PageOfChannels, ChannelSummaryRow>("list channels", (db, value) =>
  db
    .selectFrom("channels")
    .select([
      ...settings,
      sql<string>`lower(channels.name)`.as("key"),
      // Uncorrelated subqueries run once under any plan. Correlated ones would take quadratic time.
      sql<boolean>`channels.channel_id in (select talker.channel_id from channel_talker_roles as talker where talker.role_id = ${value("roleId")}::uuid)
        or channels.channel_id in (select talker.channel_id from channel_talker_members as talker where talker.member_id = ${value("memberId")}::uuid)`.as(
        "chosen",
      ),
    ])
    .where(sql<boolean>`lower(channels.name) > ${value("after")}`)
    .orderBy(sql`lower(channels.name)`)
    .limit(sql<number>`${value("limit")}::int`),
);

/** Counts the talkers of all channels; a role or member counts once per channel. */
export async function countTalkers(db: Db): Promise<number> {
  const { rows } = await sql<{ count: string }>`
    select (select count(*) from channel_talker_roles) + (select count(*) from channel_talker_members) as count`.execute(db);
  return Number(rows[0]?.count);
}

export async function countChannels(db: Db): Promise<number> {
  const { count } = await db
    .selectFrom("channels")
    .select(({ fn }) => fn.countAll<string>().as("count"))
    .executeTakeFirstOrThrow();
  return Number(count);
}

export function listChannelNames(db: Db, channelIds: string[]) {
  return db.selectFrom("channels").select(["channel_id as channelId", "name"]).where("channel_id", "in", channelIds).execute();
}

export type NamedChannelRow = NonNullable<Awaited<ReturnType<typeof findChannel>>>;

export function findChannel(db: Db, channelId: string) {
  return selectWithNames(db).where("channels.channel_id", "=", channelId).executeTakeFirst();
}

export function findChannels(db: Db, channelIds: string[]) {
  return selectWithNames(db)
    .where("channels.channel_id", "=", sql<string>`any(${channelIds}::uuid[])`)
    .orderBy(sql`lower(channels.name)`)
    .execute();
}

export async function listChannelsOfRole(db: Db, roleId: string): Promise<string[]> {
  const rows = await db.selectFrom("channel_talker_roles").select("channel_id as id").where("role_id", "=", roleId).execute();
  return rows.map(({ id }) => id);
}

/** Locks the channel's row, so that changes to one channel run one after the other. */
export function lockChannel(db: Db, channelId: string) {
  return db.selectFrom("channels").select("channel_id").where("channel_id", "=", channelId).forUpdate().executeTakeFirst();
}

/** @throws PostgreSQL's unique_violation for a name that is taken */
export async function insertChannel(db: Db, tenantId: string, channelId: string, channel: ChannelColumns): Promise<void> {
  await db
    .insertInto("channels")
    .values({ tenant_id: tenantId, channel_id: channelId, ...channel })
    .execute();
}

/** @throws PostgreSQL's unique_violation for a name that is taken */
export async function updateChannel(db: Db, channelId: string, changes: Partial<ChannelColumns>): Promise<void> {
  await db.updateTable("channels").set(changes).where("channel_id", "=", channelId).execute();
}

/**
 * Replaces the talkers in one statement. Its parts do not see each other's changes, so no part may insert a row that another deletes.
 * @throws PostgreSQL's foreign_key_violation for a role or member of another tenant
 */
export async function replaceTalkers(
  db: Db,
  channelId: string,
  { roleIds, memberIds }: { roleIds: string[]; memberIds: string[] },
): Promise<void> {
  await sql`
    with removed_roles as (
      delete from channel_talker_roles where channel_id = ${channelId} and role_id <> all(${roleIds}::uuid[])
    ), removed_members as (
      delete from channel_talker_members where channel_id = ${channelId} and member_id <> all(${memberIds}::uuid[])
    ), added_roles as (
      insert into channel_talker_roles (tenant_id, channel_id, role_id)
      select current_tenant_id(), ${channelId}::uuid, role_id from unnest(${roleIds}::uuid[]) role_id on conflict do nothing
    )
    insert into channel_talker_members (tenant_id, channel_id, member_id)
    select current_tenant_id(), ${channelId}::uuid, member_id from unnest(${memberIds}::uuid[]) member_id on conflict do nothing`.execute(
    db,
  );
}

/** Deletes the channel with its talkers and transmissions. */
export async function deleteChannel(db: Db, channelId: string): Promise<void> {
  await db.deleteFrom("channels").where("channel_id", "=", channelId).execute();
}

/** Locks all channels until the transaction ends, ordered by id. Every query that locks several channels must use this order. */
export async function lockChannels(db: Db): Promise<void> {
  await db.selectFrom("channels").select("channel_id").orderBy("channel_id").forUpdate().execute();
}

/** Replaces one role by the other as talker of every channel. */
export async function replaceTalkerRole(db: Db, fromRoleId: string, toRoleId: string): Promise<void> {
  await db
    .insertInto("channel_talker_roles")
    .columns(["tenant_id", "channel_id", "role_id"])
    .expression((from) =>
      from
        .selectFrom("channel_talker_roles")
        .select(["tenant_id", "channel_id", sql<string>`${toRoleId}::uuid`.as("role_id")])
        .where("role_id", "=", fromRoleId),
    )
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  await db.deleteFrom("channel_talker_roles").where("role_id", "=", fromRoleId).execute();
}
