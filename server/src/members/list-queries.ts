/** The member list's SQL. Each order has its index, from any row on; see migrations/0007_members.sql. */
import { type RawBuilder, sql } from "kysely";
import type { Db } from "../platform/db/pools.ts";

/** A word that the search looks for, at the beginning of a member's words. */
export interface SearchWord {
  word: string;
  fields: Array<"name" | "email">;
}

export interface Filters {
  words: SearchWord[];
  roleId: string | undefined;
  status: string | undefined;
}

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
const LAST_SEEN = sql`coalesce(m.last_seen_at, timestamptz 'epoch')`;

/** What each order compares, how a cursor writes it, and how it is read back. */
const ORDERS = {
  name: { column: sql`m.name_key`, key: sql`m.name_key`, read: (key: string) => sql`${key}` },
  joined: { column: sql`m.joined_at`, key: MICROSECONDS(sql`m.joined_at`), read: FROM_MICROSECONDS },
  lastSeen: { column: LAST_SEEN, key: MICROSECONDS(LAST_SEEN), read: FROM_MICROSECONDS },
};

const NOTHING = sql``;

/** The last character there is: no word that begins with `word` comes after it. */
const END = sql`chr(1114111)`;

function conditions({ words, roleId, status }: Filters): RawBuilder<unknown> {
  return sql.join(
    [
      sql`true`,
      ...(roleId ? [sql`m.role_id = ${roleId}`] : []),
      ...(status ? [sql`m.status = ${status}`] : []),
      ...words.map(
        ({ word, fields }) => sql`exists (select from member_words w where w.member_id = m.member_id and w.field = any (${fields})
          and w.word >= search_key(${word}) and w.word < search_key(${word}) || ${END})`,
      ),
    ],
    sql` and `,
  );
}

function present(page: RawBuilder<unknown>, order: RawBuilder<unknown>): RawBuilder<MemberRow> {
  return sql`select m.member_id as "memberId", m.name, m.email, m.status, m.joined_at as "joinedAt", m.last_seen_at as "lastSeenAt",
      r.role_id as "roleId", r.name as "roleName", r.built_in as "builtIn", r.permissions,
      t.owner_member_id = m.member_id as "isOwner", m.key
    from (${page}) m
      join roles r on r.tenant_id = m.tenant_id and r.role_id = m.role_id
      join tenants t on t.tenant_id = m.tenant_id
    order by ${order}`;
}

export async function listMembers(db: Db, order: keyof typeof ORDERS, filters: Filters, { descending, after, limit }: Window) {
  const { column, key, read } = ORDERS[order];
  const way = descending ? sql`desc` : NOTHING;
  const beyond = descending ? sql`<` : sql`>`;
  const page = sql`select m.*, ${column} as sorted, ${key} as key from members m
    where ${conditions(filters)}
      ${after ? sql`and (${column}, m.member_id) ${beyond} (${read(after.key)}, ${after.memberId})` : NOTHING}
    order by ${column} ${way}, m.member_id ${way} limit ${limit + 1}`;
  return (await present(page, sql`m.sorted ${way}, m.member_id ${way}`).execute(db)).rows;
}

/** Role after role as given, in each by name. `after` is a place in the first one. */
export async function listMembersByRole(db: Db, roleIds: string[], filters: Filters, { descending, after, limit }: Window) {
  const way = descending ? sql`desc` : NOTHING;
  const byName = sql`m.name_key ${way}, m.member_id ${way}`;
  const members = (from: typeof after) => sql`select m.* from members m where m.role_id = one.role_id and ${conditions(filters)}
    ${from ? sql`and (m.name_key, m.member_id) ${descending ? sql`<` : sql`>`} (${from.key}, ${from.memberId})` : NOTHING}
    order by ${byName} limit ${limit + 1}`;
  const first = after ? roleIds[0] : undefined;
  const rest = first ? roleIds.slice(1) : roleIds;
  const roles = (ids: string[], offset: number) =>
    sql`(select role_id, place + ${offset}::int as place from unnest(${ids}::uuid[]) with ordinality as of (role_id, place))`;
  const page = sql`
    ${first ? sql`select m.*, one.place from ${roles([first], 0)} one cross join lateral (${members(after)}) m union all` : NOTHING}
    select m.*, one.place from ${roles(rest, 1)} one cross join lateral (${members(null)}) m`;
  const cut = sql`select m.*, m.name_key as key from (${page}) m order by m.place, ${byName} limit ${limit + 1}`;
  return (await present(cut, sql`m.place, ${byName}`).execute(db)).rows;
}
