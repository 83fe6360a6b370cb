import { v7 as uuidv7 } from "uuid";
import { announce } from "../platform/changes.ts";
import type { TenantTx } from "../platform/db/pools.ts";
import { parseTimeCursor, toPage } from "../platform/page.ts";
import type { Member } from "./admit.ts";
import * as queries from "./queries.ts";

/** A page of members in the order they joined. Addresses only for those who may see contact details. */
export async function listMembers(tx: TenantTx, viewer: Member, input: { cursor?: string | undefined; limit: number }) {
  const rows = await queries.listMembers(tx.db, parseTimeCursor(input.cursor), input.limit);
  const { items, nextCursor } = toPage(rows, input.limit, (row) => ({ at: row.joinedAt, id: row.memberId }));
  return {
    items: items.map((row) => {
      const isSelf = row.memberId === viewer.memberId;
      return {
        ...row,
        email: isSelf || viewer.may("users.view_contact") ? row.email : null,
        status: row.status as "active" | "suspended",
        isSelf,
        joinedAt: row.joinedAt.toISOString(),
      };
    }),
    nextCursor,
  };
}

export async function isMemberEmail(tx: TenantTx, email: string): Promise<boolean> {
  return (await queries.findMemberByEmail(tx.db, email)) !== undefined;
}

/** Adds the account as a member. False when it is one already. */
export async function addMember(
  tx: TenantTx,
  account: { accountId: string; name: string; email: string },
  roleId: string,
): Promise<boolean> {
  const added = await queries.insertMember(tx.db, {
    tenantId: tx.tenantId,
    memberId: uuidv7(),
    accountId: account.accountId,
    roleId,
    name: account.name,
    email: account.email,
  });
  if (added) await announce(tx.db, { kind: "changed", tenantId: tx.tenantId, what: "members" });
  return added;
}
