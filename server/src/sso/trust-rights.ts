/** Who may change what a connection trusts. Whoever controls the trust can sign in as any member who is joined to the connection. */
import { outOfReach, whatItAllows } from "#contract/permissions.ts";
import type { Ctx } from "../access/ctx.ts";
import { type Member, rolePermissions } from "../access/member.ts";
import type { TenantTx } from "../platform/db/pools.ts";
import { Refusal } from "../platform/refusal.ts";
import type { Connection } from "./queries.ts";
import * as queries from "./queries.ts";

type Decider = Pick<Member, "isOwner" | "may">;

/** @returns a sentence that tells a member why they may not change what the connection trusts; null if they may */
export async function refusalToChangeTrust(
  { db }: TenantTx,
  { isOwner, may }: Decider,
  connectionId: string,
): Promise<string | null> {
  for (const reached of await queries.listReached(db, connectionId)) {
    if (reached.isOwner && !isOwner)
      return "The owner is joined to this connection, so only the owner may change what it trusts.";
    const beyond = outOfReach(rolePermissions(reached), may, "role");
    if (beyond)
      return `People with the role ${reached.roleName} are joined to this connection. They may ${whatItAllows(beyond)}, and you may not.`;
  }
  return null;
}

interface Obstacle {
  code: "owner_protected" | "outranked";
  /** A sentence for the actor. */
  reason: string;
}

/**
 * Why this actor, who may configure single sign-on, can't separate the member from a connection; null if they can. Everybody can separate
 * themselves.
 */
export function obstacleToSeparating(actor: Member, target: queries.Reached): Obstacle | null {
  if (target.memberId === actor.memberId) return null;
  if (target.isOwner) return { code: "owner_protected", reason: "Only the owner can separate themselves from the connection." };
  const beyond = outOfReach(rolePermissions(target), actor.may, "role");
  if (!beyond) return null;
  return { code: "outranked", reason: `Their role, ${target.roleName}, lets them ${whatItAllows(beyond)}, and yours doesn't.` };
}

/** @throws Refusal outranked */
export async function assertMayChangeTrust(ctx: Ctx, connectionId: string): Promise<void> {
  const beyond = await refusalToChangeTrust(ctx, ctx.member, connectionId);
  if (beyond) throw new Refusal("outranked", { detail: beyond });
}

/** Whether the trustee, who last changed what the connection trusts, could still do so. Call it behind the roster lock. */
export async function trusteeStillMay(tx: TenantTx, { connectionId, trustedBy }: Connection): Promise<boolean> {
  const trustee = trustedBy === null ? undefined : await queries.findMember(tx.db, trustedBy);
  if (trustee?.status !== "active") return false;
  const permissions = rolePermissions(trustee);
  if (!permissions.has("security.manage_sso")) return false;
  const decider: Decider = { isOwner: trustee.isOwner, may: (permission) => permissions.has(permission) };
  return (await refusalToChangeTrust(tx, decider, connectionId)) === null;
}
