/** The member list's SQL. Each order has an index, in which a page can begin at any row; see migrations/0007_members.sql. */
import { type RawBuilder, sql } from "kysely";
import type { Db } from "../platform/db/pools.ts";
import { matches, type SearchWord } from "../platform/search-words.ts";
import type { Collation } from "./name-order.ts";

export interface Filters {
  search: Search;
  memberIds: string[] | undefined;
  roleId: string | undefined;
  status: string | undefined;
}

/** How to look up the words; see planSearch. Null: everybody matches. */
type Search = { rarest: SearchWord; others: SearchWord[] } | { frequent: SearchWord[] } | null;

export type Sort = { by: "name"; collation: Collation } | { by: "joined" | "lastSeen" };

export interface Window {
  descending: boolean;
  /** The last row of the previous page, by its `key`. */
  after: { key: string; memberId: string } | null;
  /** One row more than this is read, to see whether another page follows. */
  limit: number;
}

interface MemberRow {
  memberId: string;
  name: string;
  email: string;
  status: "active" | "suspended";
  joinedAt: Date;
  lastSeenAt: Date | null;
  roleId: string;
  roleName: string;
  builtIn: string | null;
  permissions: string[] | null;
  isOwner: boolean;
  /** The exact value of the sorted column, as text for a cursor. */
  key: string;
}

const toMicroseconds = (at: RawBuilder<unknown>) => sql`(extract(epoch from ${at}) * 1000000)::bigint::text`;
const fromMicroseconds = (key: string) => sql`timestamptz 'epoch' + ${key}::bigint * interval '1 microsecond'`;
const LAST_SEEN = sql`case when m.last_seen_at is null then timestamptz 'epoch' else m.last_seen_at end`;

interface Order {
  /** The value to sort by. */
  column: RawBuilder<unknown>;
  /** The sorted value as text, for a cursor. */
  key: RawBuilder<unknown>;
  /** Converts a cursor's text back to the value. */
  read: (key: string) => RawBuilder<unknown>;
}

const ORDERS = {
  joined: { column: sql`m.joined_at`, key: toMicroseconds(sql`m.joined_at`), read: fromMicroseconds },
  lastSeen: { column: LAST_SEEN, key: toMicroseconds(LAST_SEEN), read: fromMicroseconds },
} satisfies Record<string, Order>;

/** ICU collations have no index, because an upgrade of the system's ICU would corrupt it. So each page sorts all matching members. */
function orderByName(collation: Collation): Order {
  const read = (key: string) => sql`${key}`;
  return collation === ""
    ? { column: sql`m.name_key`, key: sql`m.name_key`, read }
    : { column: sql`m.name collate ${sql.id("pg_catalog", collation)}`, key: sql`m.name`, read };
}

const NOTHING = sql``;

/** Up to this many matches are fetched and then sorted, which takes a few milliseconds. */
const MAX_SORTED = 500;

/**
 * Decides how to find and sort a search's matches. By default PostgreSQL reads the order's index and checks each member for a match, which
 * reads everybody when the matches come last (1.4 s for 100,000 members). So few matches are fetched first and then sorted. Of many matches the
 * ids are hashed in memory, and the order's index is checked against them.
 */
export async function planSearch(db: Db, words: SearchWord[]): Promise<Search> {
  const counted = await Promise.all(
    words.map(async (word) => {
      const { rows } = await sql<{ count: number }>`select count(*)::int as count
        from (select from member_words w where ${matches(word)} limit ${MAX_SORTED + 1}) few`.execute(db);
      return { word, count: rows[0]?.count ?? 0 };
    }),
  );
  counted.sort((one, other) => one.count - other.count);
  const [rarest, ...others] = counted;
  if (!rarest) return null;
  if (rarest.count <= MAX_SORTED) return { rarest: rarest.word, others: others.map(({ word }) => word) };
  // The hashed ids of a million members take about 40 MB. With less work_mem PostgreSQL would compare them one by one.
  await sql`select set_config('work_mem', '64MB', true)`.execute(db);
  return { frequent: words };
}

/** The rows to search, as `m`: the matches of the rarest word if they are few, else all members. */
function source({ search }: Filters): RawBuilder<unknown> {
  if (!search || "frequent" in search) return sql`members m`;
  return sql`(select distinct w.member_id from member_words w where ${matches(search.rarest)} offset 0) found
    join members m on m.member_id = found.member_id`;
}

function conditions({ search, memberIds, roleId, status }: Filters): RawBuilder<unknown> {
  const others = search && "others" in search ? search.others : [];
  const frequent = search && "frequent" in search ? search.frequent : [];
  return sql.join(
    [
      sql`true`,
      ...(memberIds ? [sql`m.member_id = any (${memberIds}::uuid[])`] : []),
      ...(roleId ? [sql`m.role_id = ${roleId}`] : []),
      ...(status ? [sql`m.status = ${status}`] : []),
      ...others.map((word) => sql`exists (select from member_words w where w.member_id = m.member_id and ${matches(word)})`),
      // "is true" stops PostgreSQL from turning it into a join, which it would plan as described at planSearch.
      ...frequent.map((word) => sql`(m.member_id in (select w.member_id from member_words w where ${matches(word)})) is true`),
    ],
    sql` and `,
  );
}

export async function countMembers(db: Db, filters: Filters): Promise<number> {
  const { rows } = await sql<{ total: number }>`select count(*)::int as total from ${source(filters)}
    where ${conditions(filters)}`.execute(db);
  return rows[0]?.total ?? 0;
}

/** @param page a query for the page's member_id, key, and the columns that `order` uses. It gets the alias `page`. */
function present(page: RawBuilder<unknown>, order: RawBuilder<unknown>): RawBuilder<MemberRow> {
  return sql`select m.member_id as "memberId", m.name, m.email, m.status, m.joined_at as "joinedAt", m.last_seen_at as "lastSeenAt",
      r.role_id as "roleId", r.name as "roleName", r.built_in as "builtIn", r.permissions,
      t.owner_member_id = m.member_id as "isOwner", page.key
    from (${page}) page
      join members m on m.member_id = page.member_id
      join roles r on r.tenant_id = m.tenant_id and r.role_id = m.role_id
      join tenants t on t.tenant_id = m.tenant_id
    order by ${order}`;
}

export async function listMembers(db: Db, sort: Sort, filters: Filters, { descending, after, limit }: Window) {
  const { column, key, read } = sort.by === "name" ? orderByName(sort.collation) : ORDERS[sort.by];
  const way = descending ? sql`desc` : NOTHING;
  const beyond = descending ? sql`<` : sql`>`;
  const page = sql`select m.member_id, ${column} as sorted, ${key} as key from ${source(filters)}
    where ${conditions(filters)}
      ${after ? sql`and (${column}, m.member_id) ${beyond} (${read(after.key)}, ${after.memberId})` : NOTHING}
    order by ${column} ${way}, m.member_id ${way} limit ${limit + 1}`;
  return (await present(page, sql`page.sorted ${way}, page.member_id ${way}`).execute(db)).rows;
}

/** Members of the roles in the given order, by name within a role. `after` is a position in the first role. */
export async function listMembersByRole(
  db: Db,
  { roleIds, collation }: { roleIds: string[]; collation: Collation },
  filters: Filters,
  { descending, after, limit }: Window,
) {
  const way = descending ? sql`desc` : NOTHING;
  const { column, key, read } = orderByName(collation);
  const byName = sql`${column} ${way}, m.member_id ${way}`;
  const beyond = after
    ? sql`(${column}, m.member_id) ${descending ? sql`<` : sql`>`} (${read(after.key)}, ${after.memberId})`
    : sql`true`;
  const roles = sql`unnest(${roleIds}::uuid[]) with ordinality as one (role_id, place)`;
  const columns = sql`m.member_id, ${column} as sorted, ${key} as key, one.place`;
  const hasFewMatches = filters.search !== null && "rarest" in filters.search;
  const page = hasFewMatches
    ? sql`select ${columns} from ${source(filters)} join ${roles} on one.role_id = m.role_id
        where ${conditions(filters)} and (one.place > 1 or ${beyond}) order by one.place, ${byName} limit ${limit + 1}`
    : sql`select ${columns}
        from ${roles} cross join lateral (
          (select m.member_id, m.name, m.name_key from members m
            where one.place = 1 and m.role_id = one.role_id and ${conditions(filters)} and ${beyond} order by ${byName} limit ${limit + 1})
          union all
          (select m.member_id, m.name, m.name_key from members m
            where one.place > 1 and m.role_id = one.role_id and ${conditions(filters)} order by ${byName} limit ${limit + 1})) m
        order by one.place, ${byName} limit ${limit + 1}`;
  const placed = sql`page.place, page.sorted ${way}, page.member_id ${way}`;
  return (await present(page, placed).execute(db)).rows;
}
