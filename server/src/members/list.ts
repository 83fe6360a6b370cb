/** The member list: searched, filtered, sorted, page by page. */
import { z } from "zod";
import type { countMembers as countSpec, listMembers as spec } from "#contract/http/members.ts";
import { BUILT_IN_ROLES, type BuiltInRole } from "#contract/permissions.ts";
import type { TenantTx } from "../platform/db/pools.ts";
import type { Ctx } from "../access/ctx.ts";
import { rolePermissions } from "../access/member.ts";
import { parseKeyedCursor, toKeyedPage } from "../platform/page.ts";
import { searchWords } from "../platform/search-words.ts";
import { listRoleNames } from "../access/role-giving.ts";
import * as queries from "./list-queries.ts";
import { type Collation, collationFor, compareNames, knownCollations } from "./name-order.ts";
import { whyNot } from "./policy.ts";

const Text = z.string().regex(/^[^\0]*$/);
const Microseconds = z.string().regex(/^\d{1,16}$/);
const Place = z.string().regex(/^\d$/);

type Filter = z.output<typeof countSpec.query> & { memberId?: string | string[] | undefined };

/** @returns null when nobody can match */
async function readFilter(ctx: Ctx, input: Filter): Promise<queries.Filters | null> {
  const words = searchWords(input.search ?? "", ctx.member.may("users.view_contact"));
  // A search of punctuation only matches nobody.
  if (input.search?.trim() && words.length === 0) return null;
  const requested = input.memberId === undefined ? undefined : [input.memberId].flat();
  const connected = ctx.services.voice.connectedMembers(ctx.tenantId);
  return {
    search: await queries.planSearch(ctx.db, words),
    memberIds:
      input.presence === undefined ? requested : (requested ?? [...connected]).filter((memberId) => connected.has(memberId)),
    roleId: input.roleId,
    status: input.status,
  };
}

export async function countMembersFound(ctx: Ctx, input: Filter) {
  const filters = await readFilter(ctx, input);
  return { total: filters === null ? 0 : await queries.countMembers(ctx.db, filters) };
}

interface Reader {
  /** Language tags of the request, the preferred one first. */
  languages: readonly string[];
}

export async function listMembers(ctx: Ctx, { languages, ...input }: z.output<typeof spec.query> & Reader) {
  const maySeeAddresses = ctx.member.may("users.view_contact");
  const filters = await readFilter(ctx, input);
  if (filters === null) return { items: [], nextCursor: null };
  const connected = ctx.services.voice.connectedMembers(ctx.tenantId);
  const { items, nextCursor } = await page(ctx, filters, { ...input, languages });
  return {
    items: items.map(({ key: _, builtIn, permissions, ...row }) => {
      const target = { ...row, permissions: rolePermissions({ builtIn, permissions }) };
      const isSelf = row.memberId === ctx.member.memberId;
      const why = {
        changeRole: whyNot(ctx.member, target, "changeRole"),
        suspend: whyNot(ctx.member, target, row.status === "active" ? "suspend" : "reactivate"),
        remove: whyNot(ctx.member, target, "remove"),
        disableMfa: whyNot(ctx.member, target, "disableMfa"),
      };
      return {
        ...row,
        email: isSelf || maySeeAddresses ? row.email : null,
        isSelf,
        joinedAt: row.joinedAt.toISOString(),
        lastSeenAt: row.lastSeenAt?.toISOString() ?? null,
        isConnected: connected.has(row.memberId),
        can: {
          changeRole: why.changeRole === null,
          suspend: why.suspend === null,
          remove: why.remove === null,
          disableMfa: why.disableMfa === null,
        },
        why,
      };
    }),
    nextCursor,
  };
}

type Input = Pick<z.output<typeof spec.query>, "order" | "cursor" | "limit">;

async function page(
  ctx: Ctx,
  filters: queries.Filters,
  { sort, languages, ...input }: Input & Reader & Pick<z.output<typeof spec.query>, "sort">,
) {
  if (sort === "joined" || sort === "lastSeen") return pageByTime(ctx, sort, filters, input);
  const collations = await knownCollations(ctx.services.database, ctx.db);
  const names: Names = { collations, preferred: collationFor(languages, collations) };
  return (sort === "role" ? pageByRole : pageByName)(ctx, names, filters, input);
}

interface Names {
  /** The collations that a cursor may name. */
  collations: ReadonlySet<Collation>;
  /** The collation of the first page. Later pages use the one in their cursor, whatever the request's language. */
  preferred: Collation;
}

const knownCollation = ({ collations }: Names) => z.string().refine((name) => collations.has(name));

async function pageByTime(tx: TenantTx, by: "joined" | "lastSeen", filters: queries.Filters, { order, cursor, limit }: Input) {
  const shape = z.tuple([z.literal(by), z.literal(order), Microseconds, z.uuid()]);
  const [, , key, memberId] = parseKeyedCursor(cursor, shape) ?? [];
  const after = key !== undefined && memberId ? { key, memberId } : null;
  const rows = await queries.listMembers(tx.db, { by }, filters, { descending: order === "desc", after, limit });
  return toKeyedPage(rows, limit, (row) => [by, order, row.key, row.memberId]);
}

async function pageByName(tx: TenantTx, names: Names, filters: queries.Filters, { order, cursor, limit }: Input) {
  const shape = z.tuple([z.literal("name"), z.literal(order), knownCollation(names), Text, z.uuid()]);
  const [, , collation = names.preferred, key, memberId] = parseKeyedCursor(cursor, shape) ?? [];
  const after = key !== undefined && memberId ? { key, memberId } : null;
  const window = { descending: order === "desc", after, limit };
  const rows = await queries.listMembers(tx.db, { by: "name", collation }, filters, window);
  return toKeyedPage(rows, limit, (row) => ["name", order, collation, row.key, row.memberId]);
}

/** Roles are few and members many, so the roles are sorted here, and the members are read role by role from the page's start. */
async function pageByRole(tx: TenantTx, names: Names, filters: queries.Filters, { order, cursor, limit }: Input) {
  const shape = z.tuple([z.literal("role"), z.literal(order), knownCollation(names), Place, Text, z.uuid(), Text, z.uuid()]);
  const [, , collation = names.preferred, place, roleName, roleId, key, memberId] = parseKeyedCursor(cursor, shape) ?? [];
  const from = place === undefined ? null : { place: Number(place), name: roleName ?? "", roleId: roleId ?? "" };
  const compare = compareRoles(collation, order);
  const ranks = (await listRoleNames(tx)).map(rank).sort(compare);
  // The previous page's role may have been deleted, so go on from its rank.
  const remaining = ranks.filter((role) => from === null || compare(role, from) >= 0);
  const isSameRole = from !== null && remaining[0] !== undefined && compare(remaining[0], from) === 0;
  const after = isSameRole && key !== undefined && memberId ? { key, memberId } : null;
  const roleIds = remaining.map((role) => role.roleId).filter((id) => filters.roleId === undefined || id === filters.roleId);
  const window = { descending: order === "desc", after, limit };
  const rows = await queries.listMembersByRole(tx.db, { roleIds, collation }, filters, window);
  const byId = new Map(ranks.map((role) => [role.roleId, role]));
  return toKeyedPage(rows, limit, (row) => {
    const role = byId.get(row.roleId);
    return ["role", order, collation, String(role?.place), role?.name ?? "", row.roleId, row.key, row.memberId];
  });
}

interface Rank {
  place: number;
  name: string;
  roleId: string;
}

/** Built-in roles come first, in their fixed order, then custom roles by name. */
function rank({ roleId, name, builtIn }: { roleId: string; name: string; builtIn: BuiltInRole | null }): Rank {
  return { place: builtIn ? BUILT_IN_ROLES.indexOf(builtIn) : BUILT_IN_ROLES.length, name, roleId };
}

function compareRoles(collation: Collation, order: "asc" | "desc") {
  const byName = compareNames(collation);
  const way = order === "desc" ? -1 : 1;
  return (one: Rank, other: Rank) =>
    way *
    (one.place - other.place ||
      byName(one.name, other.name) ||
      Number(one.roleId > other.roleId) - Number(one.roleId < other.roleId));
}
