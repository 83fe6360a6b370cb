import { type RawBuilder, sql } from "kysely";
import type { TransmissionPolicy } from "#contract/http/channels.ts";
import type { Db } from "../platform/db/pools.ts";
import { statement } from "../platform/db/statement.ts";

interface ChannelColumns {
  name: string;
  description: string;
  recording: boolean;
  transmission: TransmissionPolicy;
}

interface Talkers {
  roles: RawBuilder<string[]>;
  members: RawBuilder<string[]>;
}

function select(db: Db, chosen: Talkers) {
  return db
    .selectFrom("channels")
    .select([
      "channels.channel_id as channelId",
      "channels.name",
      "channels.description",
      "channels.recording",
      sql<TransmissionPolicy>`channels.transmission`.as("transmission"),
      "channels.created_at as createdAt",
      chosen.roles.as("talkerRoleIds"),
      chosen.members.as("talkerMemberIds"),
    ]);
}

const ofOne: Talkers = {
  roles: sql`array(select role_id::text from channel_talker_roles as talker where talker.channel_id = channels.channel_id order by 1)`,
  members: sql`array(select member_id::text from channel_talker_members as talker where talker.channel_id = channels.channel_id order by 1)`,
};

/**
 * Those of all channels are read once, by channel, and each channel takes its own: to look them up channel by channel takes twice as long.
 * No join: a plan that is made for a small tenant is kept for a large one, and would compare each channel with each group of talkers.
 */
const ofMany: Talkers = {
  roles: sql`coalesce((select jsonb_object_agg(channel_id, ids) from
    (select channel_id, jsonb_agg(role_id order by role_id) as ids from channel_talker_roles group by channel_id) as talkers)
    -> channels.channel_id::text, '[]')`,
  members: sql`coalesce((select jsonb_object_agg(channel_id, ids) from
    (select channel_id, jsonb_agg(member_id order by member_id) as ids from channel_talker_members group by channel_id) as talkers)
    -> channels.channel_id::text, '[]')`,
};

export type ChannelRow = Awaited<ReturnType<typeof listChannels>>[number];

interface Named extends Record<string, string> {
  id: string;
  name: string;
}

/** Who was chosen to talk on the channel, with their names of now: for whoever reads of it when some of them are gone. */
export async function findTalkers(db: Db, channelId: string): Promise<{ talkerRoles: Named[]; talkerMembers: Named[] }> {
  const talkerRoles = await db
    .selectFrom("channel_talker_roles as talker")
    .innerJoin("roles", (join) =>
      join.onRef("roles.tenant_id", "=", "talker.tenant_id").onRef("roles.role_id", "=", "talker.role_id"),
    )
    .select(["roles.role_id as id", "roles.name"])
    .where("talker.channel_id", "=", channelId)
    .orderBy("id")
    .execute();
  const talkerMembers = await db
    .selectFrom("channel_talker_members as talker")
    .innerJoin("members", (join) =>
      join.onRef("members.tenant_id", "=", "talker.tenant_id").onRef("members.member_id", "=", "talker.member_id"),
    )
    .select(["members.member_id as id", "members.name"])
    .where("talker.channel_id", "=", channelId)
    .orderBy("id")
    .execute();
  return { talkerRoles, talkerMembers };
}

const list = statement("list channels", (db) => select(db, ofMany).orderBy(sql`lower(channels.name)`));

/** By name, without regard to case. */
export function listChannels(db: Db) {
  return list(db, {});
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

export function findChannel(db: Db, channelId: string) {
  return select(db, ofOne).where("channels.channel_id", "=", channelId).executeTakeFirst();
}

/** Two who change a channel at once do it one after the other. */
export function lockChannel(db: Db, channelId: string) {
  return db.selectFrom("channels").select("channel_id").where("channel_id", "=", channelId).forUpdate().executeTakeFirst();
}

/** Throws PostgreSQL's unique_violation for a name that is taken. */
export async function insertChannel(db: Db, tenantId: string, channelId: string, channel: ChannelColumns): Promise<void> {
  await db
    .insertInto("channels")
    .values({ tenant_id: tenantId, channel_id: channelId, ...channel })
    .execute();
}

/** False when there is no such channel. */
export async function updateChannel(db: Db, channelId: string, changes: Partial<ChannelColumns>): Promise<boolean> {
  const updated = await db
    .updateTable("channels")
    .set(changes)
    .where("channel_id", "=", channelId)
    .returning("channel_id")
    .executeTakeFirst();
  return updated !== undefined;
}

/** Replaces who may talk. Throws PostgreSQL's foreign_key_violation for a role or member that this tenant does not have. */
export async function replaceTalkers(
  db: Db,
  tenantId: string,
  channelId: string,
  talkers: { roleIds: string[]; memberIds: string[] },
): Promise<void> {
  const key = { tenant_id: tenantId, channel_id: channelId };
  await db.deleteFrom("channel_talker_roles").where("channel_id", "=", channelId).execute();
  await db.deleteFrom("channel_talker_members").where("channel_id", "=", channelId).execute();
  const roles = [...new Set(talkers.roleIds)].map((role_id) => ({ ...key, role_id }));
  const members = [...new Set(talkers.memberIds)].map((member_id) => ({ ...key, member_id }));
  if (roles.length > 0) await db.insertInto("channel_talker_roles").values(roles).execute();
  if (members.length > 0) await db.insertInto("channel_talker_members").values(members).execute();
}

/** With its talkers and transmissions. */
export async function deleteChannel(db: Db, channelId: string): Promise<void> {
  await db.deleteFrom("channels").where("channel_id", "=", channelId).execute();
}

/** Nobody changes a channel until the transaction ends. In one order, as everybody who locks several of them must. */
export async function lockChannels(db: Db): Promise<void> {
  await db.selectFrom("channels").select("channel_id").orderBy("channel_id").forUpdate().execute();
}

/** Where the one role was chosen to talk, the other is. */
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
