/** The member list: searched, filtered, sorted, page by page. */
import { z } from "zod";
import type { listMembers as spec } from "#contract/http/members.ts";
import { BUILT_IN_ROLES, type BuiltInRole } from "#contract/permissions.ts";
import type { TenantTx } from "../platform/db/pools.ts";
import { parseKeyedCursor, toKeyedPage } from "../platform/page.ts";
import { searchWords } from "../platform/search-words.ts";
import { listRoleNames } from "../roles/roles.ts";
import { type Member, rolePermissions } from "./admit.ts";
import * as queries from "./list-queries.ts";
import { whyNot } from "./policy.ts";

const Text = z.string().regex(/^[^\0]*$/);
const Microseconds = z.string().regex(/^\d{1,16}$/);
const KEY = { name: Text, joined: Microseconds, lastSeen: Microseconds };

export async function listMembers(tx: TenantTx, viewer: Member, input: z.output<typeof spec.query>) {
  const maySeeAddresses = viewer.may("users.view_contact");
  const words = searchWords(input.search ?? "", maySeeAddresses);
  // Nothing that could be part of a name was typed: nobody has it.
  if (input.search?.trim() && words.length === 0) return { items: [], nextCursor: null };
  const filters = {
    search: await queries.planSearch(tx.db, words),
    memberIds: input.memberId === undefined ? undefined : [input.memberId].flat(),
    roleId: input.roleId,
    status: input.status,
  };
  const { items, nextCursor } = await (input.sort === "role"
    ? pageByRole(tx, filters, input)
    : pageBy(tx, input.sort, filters, input));
  return {
    items: items.map(({ key: _, builtIn, permissions, ...row }) => {
      const target = { ...row, permissions: rolePermissions({ builtIn, permissions }) };
      const isSelf = row.memberId === viewer.memberId;
      const why = {
        changeRole: whyNot(viewer, target, "changeRole"),
        suspend: whyNot(viewer, target, row.status === "active" ? "suspend" : "reactivate"),
        remove: whyNot(viewer, target, "remove"),
      };
      return {
        ...row,
        email: isSelf || maySeeAddresses ? row.email : null,
        isSelf,
        joinedAt: row.joinedAt.toISOString(),
        lastSeenAt: row.lastSeenAt?.toISOString() ?? null,
        can: { changeRole: why.changeRole === null, suspend: why.suspend === null, remove: why.remove === null },
        why,
      };
    }),
    nextCursor,
  };
}

type Input = Pick<z.output<typeof spec.query>, "order" | "cursor" | "limit">;

async function pageBy(tx: TenantTx, sort: keyof typeof KEY, filters: queries.Filters, { order, cursor, limit }: Input) {
  const shape = z.tuple([z.literal(sort), z.literal(order), KEY[sort], z.uuid()]);
  const [, , key, memberId] = parseKeyedCursor(cursor, shape) ?? [];
  const after = key !== undefined && memberId ? { key, memberId } : null;
  const rows = await queries.listMembers(tx.db, sort, filters, { descending: order === "desc", after, limit });
  return toKeyedPage(rows, limit, (row) => [sort, order, row.key, row.memberId]);
}

/** Few roles, many members: the roles are put in order here, and each one's members are read from where the page begins. */
async function pageByRole(tx: TenantTx, filters: queries.Filters, { order, cursor, limit }: Input) {
  const shape = z.tuple([z.literal("role"), z.literal(order), Text, Text, z.uuid()]);
  const [, , from, key, memberId] = parseKeyedCursor(cursor, shape) ?? [];
  const ranks = new Map((await listRoleNames(tx)).map((role) => [role.roleId, rank(role)]));
  const inOrder = [...ranks].sort(([, one], [, other]) => (one < other ? -1 : 1));
  if (order === "desc") inOrder.reverse();
  // A role may be gone since the page before: its place is what counts, not itself.
  const left = inOrder.filter(([, at]) => from === undefined || at === from || at < from === (order === "desc"));
  const after = key !== undefined && memberId && left[0]?.[1] === from ? { key, memberId } : null;
  const roleIds = left.map(([roleId]) => roleId).filter((roleId) => filters.roleId === undefined || roleId === filters.roleId);
  const rows = await queries.listMembersByRole(tx.db, roleIds, filters, { descending: order === "desc", after, limit });
  return toKeyedPage(rows, limit, (row) => ["role", order, ranks.get(row.roleId) ?? "", row.key, row.memberId]);
}

/** The built-in ones first, then by name. No two are the same. */
function rank({ roleId, name, builtIn }: { roleId: string; name: string; builtIn: BuiltInRole | null }): string {
  const place = builtIn ? BUILT_IN_ROLES.indexOf(builtIn) : BUILT_IN_ROLES.length;
  return `${place} ${name.toLowerCase()} ${roleId}`;
}
