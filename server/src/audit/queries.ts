import { type RawBuilder, sql } from "kysely";
import type { Db } from "../platform/db/pools.ts";
import { matches, type SearchWord } from "../platform/search-words.ts";
import type { ChainedEntry } from "./chain.ts";

/** Where the chain ends, locked until the transaction ends. Undefined when the tenant is gone. */
export async function lockHead(db: Db): Promise<{ sequence: number; hash: Buffer } | undefined> {
  const { rows } = await sql<{ sequence: string; hash: Buffer }>`select sequence, hash from lock_audit_head()`.execute(db);
  return rows[0] && { sequence: Number(rows[0].sequence), hash: rows[0].hash };
}

/** Entries that go on where the head stands; the database moves the head to the last of them, and refuses any others. */
export async function appendEntries(db: Db, tenantId: string, entries: Array<ChainedEntry & { hash: Buffer }>): Promise<void> {
  await db
    .insertInto("audit_log")
    .values(
      entries.map((entry) => ({
        tenant_id: tenantId,
        sequence: entry.sequence,
        occurred_at: entry.occurredAt,
        action: entry.action,
        actor_member_id: entry.actorMemberId,
        actor_name: entry.actorName,
        target_type: entry.targetType,
        target_id: entry.targetId,
        target_name: entry.targetName,
        ip_address: entry.ipAddress,
        user_agent: entry.userAgent,
        changes: entry.changes,
        hash: entry.hash,
      })),
    )
    .execute();
}

export async function hasRecentEntry(
  db: Db,
  like: { action: string; actorMemberId: string | null; targetId: string | null; minutes: number },
): Promise<boolean> {
  const found = await db
    .selectFrom("audit_log")
    .select("sequence")
    .where("target_id", "=", like.targetId)
    .where("actor_member_id", "=", like.actorMemberId)
    .where("action", "=", like.action)
    .where("occurred_at", ">", sql<Date>`now() - make_interval(mins => ${like.minutes})`)
    .limit(1)
    .executeTakeFirst();
  return found !== undefined;
}

/** Null: not narrowed. */
export interface EntryFilter {
  from: Date | null;
  /** Exclusive. */
  to: Date | null;
  actions: string[] | null;
  actorId: string | null;
  targetId: string | null;
}

export const EVERYTHING: EntryFilter = { from: null, to: null, actions: null, actorId: null, targetId: null };

/** A position in the list, which is sorted by time: clocks go back, so by sequence only within one moment. */
export interface EntryCursor {
  at: Date;
  sequence: number;
}

const COLUMNS = [
  "audit_log.sequence",
  "audit_log.occurred_at as occurredAt",
  "audit_log.action",
  "audit_log.actor_member_id as actorMemberId",
  "audit_log.actor_name as actorName",
  "audit_log.target_type as targetType",
  "audit_log.target_id as targetId",
  "audit_log.target_name as targetName",
  "audit_log.ip_address as ipAddress",
  "audit_log.user_agent as userAgent",
  // The text that was hashed, not what a parser makes of it.
  sql<string>`audit_log.changes::text`.as("changes"),
  "audit_log.hash",
] as const;

export type EntryRow = ChainedEntry & { hash: Buffer };

function toEntry<Row extends { sequence: string }>(row: Row) {
  return { ...row, sequence: Number(row.sequence) };
}

function narrowed(db: Db, { from, to, actorId, targetId }: EntryFilter) {
  return db
    .selectFrom("audit_log")
    .$if(from !== null, (query) => query.where("occurred_at", ">=", from as Date))
    .$if(to !== null, (query) => query.where("occurred_at", "<", to as Date))
    .$if(actorId !== null, (query) => query.where("actor_member_id", "=", actorId))
    .$if(targetId !== null, (query) => query.where("target_id", "=", targetId));
}

/** Newest first, from the cursor on; one more than `limit`. */
export async function listEntries(db: Db, filter: EntryFilter, before: EntryCursor | null, limit: number): Promise<EntryRow[]> {
  const page = () =>
    narrowed(db, filter)
      .$if(before !== null, (query) =>
        query.where(sql<boolean>`(occurred_at, sequence) < (${before?.at}, ${String(before?.sequence)}::bigint)`),
      )
      .orderBy("occurred_at", "desc")
      .orderBy("sequence", "desc")
      .limit(limit + 1);
  if (filter.actions === null) return (await page().select(COLUMNS).execute()).map(toEntry);
  // A page of each action by its own index, then the newest of all: no index gives several actions in the order of time.
  const wanted = sql<{ name: string }>`unnest(${filter.actions}::text[])`.as<"wanted">(sql`wanted(name)`);
  const rows = await db
    .selectFrom(wanted)
    .innerJoinLateral(page().whereRef("audit_log.action", "=", sql.ref("wanted.name")).select(COLUMNS).as("entry"), (join) =>
      join.onTrue(),
    )
    .selectAll("entry")
    .orderBy("entry.occurredAt", "desc")
    .orderBy("entry.sequence", "desc")
    .limit(limit + 1)
    .execute();
  return rows.map(toEntry);
}

/** The first and the last entry between two moments; null when there is none. */
export async function findSpan(db: Db, { from, to }: EntryFilter) {
  const span = await narrowed(db, { ...EVERYTHING, from, to })
    .select(({ fn }) => [fn.min("sequence").as("first"), fn.max("sequence").as("last")])
    .executeTakeFirstOrThrow();
  return span.first === null ? null : { first: Number(span.first), last: Number(span.last) };
}

/** Of the entries after `after` up to `last` those that fit, in the chain's order. */
export async function listStretch(db: Db, filter: EntryFilter, after: number, last: number): Promise<EntryRow[]> {
  const rows = await narrowed(db, filter)
    .where("sequence", ">", String(after))
    .where("sequence", "<=", String(last))
    .$if(filter.actions !== null, (query) => query.where("action", "=", sql<string>`any(${filter.actions}::text[])`))
    .select(COLUMNS)
    .orderBy("sequence")
    .execute();
  return rows.map(toEntry);
}

export async function listHashes(db: Db, after: number, last: number): Promise<Array<{ sequence: number; hash: Buffer }>> {
  const rows = await db
    .selectFrom("audit_log")
    .select(["sequence", "hash"])
    .where("sequence", ">", String(after))
    .where("sequence", "<=", String(last))
    .orderBy("sequence")
    .execute();
  return rows.map(toEntry);
}

/** Everybody who acted, with the name of their newest entry; walks the index from member to member, whatever the entries of each. */
export async function listActors(db: Db, limit: number): Promise<Array<{ memberId: string; name: string }>> {
  const { rows } = await sql<{ memberId: string; name: string }>`
    with recursive actors (member_id) as (
      (select actor_member_id from audit_log where actor_member_id is not null order by actor_member_id limit 1)
      union all
      select (select actor_member_id from audit_log where actor_member_id > actors.member_id order by actor_member_id limit 1)
      from actors where actors.member_id is not null)
    select actors.member_id as "memberId", newest.actor_name as name
    from actors cross join lateral (
      select actor_name from audit_log where actor_member_id = actors.member_id order by occurred_at desc, sequence desc limit 1) newest
    limit ${limit}`.execute(db);
  return rows;
}

export interface TargetRow {
  type: string;
  id: string;
  name: string;
  newestAt: Date;
}

/** Each of these targets as its newest entry has it. */
function newestOf(ids: RawBuilder<unknown>): RawBuilder<TargetRow> {
  return sql`select newest.target_type as type, ids.id, newest.target_name as name, newest.occurred_at as "newestAt"
    from (${ids}) ids (id) cross join lateral (
      select target_type, target_name, occurred_at from audit_log where target_id = ids.id
      order by occurred_at desc, sequence desc limit 1) newest`;
}

export async function findTarget(db: Db, id: string): Promise<TargetRow[]> {
  return (await newestOf(sql`select ${id}::uuid`).execute(db)).rows;
}

/** Words of the index that are looked at for each target that is asked for: one may be found by several of its own. */
const WORDS_EACH = 4;

/** Targets in one of whose names each of the words begins a word; one more than `limit`, if there are. */
export async function searchTargets(db: Db, words: SearchWord[], limit: number): Promise<TargetRow[]> {
  // The longest is the rarest, mostly; the index is read in its order only until there are enough.
  const [first, ...others] = [...words].sort((one, other) => other.word.length - one.word.length);
  if (!first) return [];
  const fits = others.map(
    (word) => sql`exists (select from audit_target_words w where w.target_id = found.target_id and ${matches(word)})`,
  );
  const found = sql`select w.target_id from audit_target_words w where ${matches(first)} offset 0`;
  const enough = sql`select found.target_id from (${found}) found where ${sql.join([sql`true`, ...fits], sql` and `)}
    limit ${(limit + 1) * WORDS_EACH}`;
  return (await newestOf(sql`select distinct target_id from (${enough}) enough limit ${limit + 1}`).execute(db)).rows;
}

/** Those of the newest entries that a search finds, each once, the newest first. */
export async function listRecentTargets(db: Db, entries: number, limit: number): Promise<TargetRow[]> {
  const { rows } = await sql<TargetRow>`
    select type, id, name, "newestAt" from (
      select distinct on (target_id) target_type as type, target_id as id, target_name as name, occurred_at as "newestAt", sequence
      from (select * from audit_log order by occurred_at desc, sequence desc limit ${entries}) recent
      where target_id is not null and has_search_words(target_type)
      order by target_id, occurred_at desc, sequence desc) each
    order by "newestAt" desc, sequence desc limit ${limit}`.execute(db);
  return rows;
}

/** The chain's end, as the head has it and as the entries have it, at one moment. Undefined without a head. */
export async function findEnd(db: Db): Promise<{ sequence: number; hash: Buffer; last: number } | undefined> {
  const row = await db
    .selectFrom("audit_heads")
    .select([
      "sequence",
      "hash",
      ({ selectFrom }) =>
        selectFrom("audit_log")
          .select(({ fn }) => fn.max("sequence").as("of"))
          .as("last"),
    ])
    .executeTakeFirst();
  return row && { sequence: Number(row.sequence), hash: row.hash, last: Number(row.last ?? 0) };
}
