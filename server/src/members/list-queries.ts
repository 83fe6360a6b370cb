/** The member list's SQL. Each order has its index, from any row on; see migrations/0007_members.sql. */
import { type RawBuilder, sql } from "kysely";
import type { Db } from "../platform/db/pools.ts";
import { matches, type SearchWord } from "../platform/search-words.ts";

export interface Filters {
  search: Search;
  memberIds: string[] | undefined;
  roleId: string | undefined;
  status: string | undefined;
}

/** How the words are looked up. Null: everybody matches. */
type Search = { rarest: SearchWord; others: SearchWord[] } | { frequent: SearchWord[] } | null;

export interface Window {
  descending: boolean;
  /** Exclusive. `key`: as the row's `key` has it. */
  after: { key: string; memberId: string } | null;
  /** One more than this is read. */
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
  /** Its place in the order, exactly. */
  key: string;
}

const MICROSECONDS = (at: RawBuilder<unknown>) => sql`(extract(epoch from ${at}) * 1000000)::bigint::text`;
const FROM_MICROSECONDS = (key: string) => sql`timestamptz 'epoch' + ${key}::bigint * interval '1 microsecond'`;
const LAST_SEEN = sql`case when m.last_seen_at is null then timestamptz 'epoch' else m.last_seen_at end`;

/** What each order compares, how a cursor writes it, and how it is read back. */
const ORDERS = {
  name: { column: sql`m.name_key`, key: sql`m.name_key`, read: (key: string) => sql`${key}` },
  joined: { column: sql`m.joined_at`, key: MICROSECONDS(sql`m.joined_at`), read: FROM_MICROSECONDS },
  lastSeen: { column: LAST_SEEN, key: MICROSECONDS(LAST_SEEN), read: FROM_MICROSECONDS },
};

const NOTHING = sql``;

/** Up to this many matches are fetched and then put in order: a few milliseconds. */
const FEW = 500;

/**
 * Whom a search finds has to be put in one of the list's orders. Left to itself, PostgreSQL reads that order and looks at each member
 * whether they match, which is a look at everybody when those who match come last (1.4 s of 100,000). So: few matches are fetched
 * first and then sorted; of many the ids are put in memory, and the order is read beside them from its index.
 */
export async function planSearch(db: Db, words: SearchWord[]): Promise<Search> {
  const counted = await Promise.all(
    words.map(async (word) => {
      const { rows } = await sql<{ count: number }>`select count(*)::int as count
        from (select from member_words w where ${matches(word)} limit ${FEW + 1}) few`.execute(db);
      return { word, count: rows[0]?.count ?? 0 };
    }),
  );
  counted.sort((one, other) => one.count - other.count);
  const [rarest, ...others] = counted;
  if (!rarest) return null;
  if (rarest.count <= FEW) return { rarest: rarest.word, others: others.map(({ word }) => word) };
  // Hashed, the ids of a million members are about 40 MB: in less than that PostgreSQL would compare them one by one.
  await sql`select set_config('work_mem', '64MB', true)`.execute(db);
  return { frequent: words };
}

/** The members to look at, as `m`. */
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
      // "is true" keeps it from becoming a join, which would be planned as described above.
      ...frequent.map((word) => sql`(m.member_id in (select w.member_id from member_words w where ${matches(word)})) is true`),
    ],
    sql` and `,
  );
}

/** @param page its rows' member_id and key, and what `order` names, as `page` */
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

export async function listMembers(db: Db, order: keyof typeof ORDERS, filters: Filters, { descending, after, limit }: Window) {
  const { column, key, read } = ORDERS[order];
  const way = descending ? sql`desc` : NOTHING;
  const beyond = descending ? sql`<` : sql`>`;
  const page = sql`select m.member_id, ${column} as sorted, ${key} as key from ${source(filters)}
    where ${conditions(filters)}
      ${after ? sql`and (${column}, m.member_id) ${beyond} (${read(after.key)}, ${after.memberId})` : NOTHING}
    order by ${column} ${way}, m.member_id ${way} limit ${limit + 1}`;
  return (await present(page, sql`page.sorted ${way}, page.member_id ${way}`).execute(db)).rows;
}

/** Role after role as given, in each by name. `after` is a place in the first one. */
export async function listMembersByRole(db: Db, roleIds: string[], filters: Filters, { descending, after, limit }: Window) {
  const way = descending ? sql`desc` : NOTHING;
  const byName = sql`m.name_key ${way}, m.member_id ${way}`;
  const beyond = after
    ? sql`(m.name_key, m.member_id) ${descending ? sql`<` : sql`>`} (${after.key}, ${after.memberId})`
    : sql`true`;
  const roles = sql`unnest(${roleIds}::uuid[]) with ordinality as one (role_id, place)`;
  const columns = sql`m.member_id, m.name_key as key, one.place`;
  const isFew = filters.search !== null && "rarest" in filters.search;
  const page = isFew
    ? sql`select ${columns} from ${source(filters)} join ${roles} on one.role_id = m.role_id
        where ${conditions(filters)} and (one.place > 1 or ${beyond}) order by one.place, ${byName} limit ${limit + 1}`
    : sql`select ${columns}
        from ${roles} cross join lateral (
          (select m.member_id, m.name_key from members m
            where one.place = 1 and m.role_id = one.role_id and ${conditions(filters)} and ${beyond} order by ${byName} limit ${limit + 1})
          union all
          (select m.member_id, m.name_key from members m
            where one.place > 1 and m.role_id = one.role_id and ${conditions(filters)} order by ${byName} limit ${limit + 1})) m
        order by one.place, ${byName} limit ${limit + 1}`;
  const placed = sql`page.place, page.key ${way}, page.member_id ${way}`;
  return (await present(page, placed).execute(db)).rows;
}
