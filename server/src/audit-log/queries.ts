import { type RawBuilder, sql } from "kysely";
import type { Db } from "../platform/db/pools.ts";
import { matches, type SearchWord } from "../platform/search-words.ts";
import type { ChainedEntry } from "../audit/chain.ts";

/** A field is null if that filter is not set. */
export interface EntryFilter {
  from: Date | null;
  /** Exclusive. */
  to: Date | null;
  actions: string[] | null;
  actorId: string | null;
  targetId: string | null;
}

export const EVERYTHING: EntryFilter = { from: null, to: null, actions: null, actorId: null, targetId: null };

/** A position in the list, which is sorted by time, and by sequence within the same moment: clocks may go back. */
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
  // As text, because that is what was hashed.
  sql<string>`audit_log.changes::text`.as("changes"),
  "audit_log.hash",
] as const;

export type EntryRow = ChainedEntry & { hash: Buffer };

function toEntry<Row extends { sequence: string }>(row: Row) {
  return { ...row, sequence: Number(row.sequence) };
}

/** The entries that match the filter, without regard to its actions. */
function withoutActions(db: Db, { from, to, actorId, targetId }: EntryFilter) {
  return db
    .selectFrom("audit_log")
    .$if(from !== null, (query) => query.where("occurred_at", ">=", from as Date))
    .$if(to !== null, (query) => query.where("occurred_at", "<", to as Date))
    .$if(actorId !== null, (query) => query.where("actor_member_id", "=", actorId))
    .$if(targetId !== null, (query) => query.where("target_id", "=", targetId));
}

/** Newest first, after the cursor; one entry more than `limit`. */
export async function listEntries(db: Db, filter: EntryFilter, before: EntryCursor | null, limit: number): Promise<EntryRow[]> {
  const page = () =>
    withoutActions(db, filter)
      .$if(before !== null, (query) =>
        query.where(sql<boolean>`(occurred_at, sequence) < (${before?.at}, ${String(before?.sequence)}::bigint)`),
      )
      .orderBy("occurred_at", "desc")
      .orderBy("sequence", "desc")
      .limit(limit + 1);
  if (filter.actions === null) return (await page().select(COLUMNS).execute()).map(toEntry);
  // Reads a page of each action from its index and takes the newest of all: no index has several actions sorted by time.
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

/** The first and the last entry between two moments, or null if there is none. */
export async function findSpan(db: Db, { from, to }: EntryFilter) {
  const span = await withoutActions(db, { ...EVERYTHING, from, to })
    .select(({ fn }) => [fn.min("sequence").as("first"), fn.max("sequence").as("last")])
    .executeTakeFirstOrThrow();
  return span.first === null ? null : { first: Number(span.first), last: Number(span.last) };
}

/** The entries after `after` up to `last` that match the filter, in the order of the chain. */
export async function listStretch(db: Db, filter: EntryFilter, after: number, last: number): Promise<EntryRow[]> {
  const rows = await withoutActions(db, filter)
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

/** Everybody who has acted, with the name in their newest entry. It steps through the index from member to member and does not read all entries. */
export async function listActors(db: Db, limit: number): Promise<Array<{ memberId: string; name: string; newestAt: Date }>> {
  const { rows } = await sql<{ memberId: string; name: string; newestAt: Date }>`
    with recursive actors (member_id) as (
      (select actor_member_id from audit_log where actor_member_id is not null order by actor_member_id limit 1)
      union all
      select (select actor_member_id from audit_log where actor_member_id > actors.member_id order by actor_member_id limit 1)
      from actors where actors.member_id is not null)
    select actors.member_id as "memberId", newest.actor_name as name, newest.occurred_at as "newestAt"
    from actors cross join lateral (
      select actor_name, occurred_at from audit_log where actor_member_id = actors.member_id order by occurred_at desc, sequence desc limit 1) newest
    limit ${limit}`.execute(db);
  return rows;
}

export interface TargetRow {
  type: string;
  id: string;
  name: string;
  newestAt: Date;
}

/** The name of each target in its newest entry. @param ids a query of one column, the target ids */
function newestOf(ids: RawBuilder<unknown>): RawBuilder<TargetRow> {
  return sql`select newest.target_type as type, ids.id, newest.target_name as name, newest.occurred_at as "newestAt"
    from (${ids}) ids (id) cross join lateral (
      select target_type, target_name, occurred_at from audit_log where target_id = ids.id
      order by occurred_at desc, sequence desc limit 1) newest`;
}

export async function findTarget(db: Db, id: string): Promise<TargetRow[]> {
  return (await newestOf(sql`select ${id}::uuid`).execute(db)).rows;
}

/** Index words to read for each requested target, because several words of one target may match. */
const WORDS_EACH = 4;

/** Targets whose name has, for each given word, a word that begins with it. At most `limit` + 1. */
export async function searchTargets(db: Db, words: SearchWord[], limit: number): Promise<TargetRow[]> {
  // Starts with the longest word, which is usually the rarest. The index is read only until there are enough matches.
  const [first, ...others] = [...words].sort((one, other) => (other.spellings[0]?.length ?? 0) - (one.spellings[0]?.length ?? 0));
  if (!first) return [];
  const fits = others.map(
    (word) => sql`exists (select from audit_target_words w where w.target_id = found.target_id and ${matches(word)})`,
  );
  const found = sql`select w.target_id from audit_target_words w where ${matches(first)} offset 0`;
  const enough = sql`select found.target_id from (${found}) found where ${sql.join([sql`true`, ...fits], sql` and `)}
    limit ${(limit + 1) * WORDS_EACH}`;
  return (await newestOf(sql`select distinct target_id from (${enough}) enough limit ${limit + 1}`).execute(db)).rows;
}

/** The searchable targets of the newest entries, each once, newest first. */
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

/** The chain's end according to the head and according to the entries, read together. Undefined without a head. */
export async function findEnd(db: Db): Promise<{ sequence: number; hash: Buffer; last: number } | undefined> {
  const row = await db
    .selectFrom("audit_heads")
    .select([
      "sequence",
      "hash",
      ({ selectFrom }) =>
        selectFrom("audit_log")
          .select(({ fn }) => fn.max("sequence").as("last"))
          .as("last"),
    ])
    .executeTakeFirst();
  return row && { sequence: Number(row.sequence), hash: row.hash, last: Number(row.last ?? 0) };
}
