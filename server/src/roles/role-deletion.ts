/** Deleting a role, with a replacement wherever it is in use. */
import { changesFrom } from "../audit/audit.ts";
import type { Ctx } from "../access/ctx.ts";
import { rolePermissions } from "../access/member.ts";
import { findRoleToGive } from "../access/role-giving.ts";
import { behindRosterLock } from "../access/roster.ts";
import { lockChannels, replaceTalkerRole } from "../channels/channels.ts";
import { replaceInvitedRole } from "../invitations/invitations.ts";
import { replaceHeldRole } from "../members/members.ts";
import { announceChanged } from "../platform/changes.ts";
import { orNotFound, Refusal } from "../platform/refusal.ts";
import { deleteRefusal, permissionsToReplace, type Uses } from "./policy.ts";
import * as queries from "./queries.ts";
import { refusalFor } from "./roles.ts";

const counted = (count: number, one: string, many: string) => (count === 0 ? [] : [`${count} ${count === 1 ? one : many}`]);

function usesInWords({ members, invitations, channels }: Uses): string {
  return [
    ...counted(members, "member has it", "members have it"),
    ...counted(invitations, "invitation gives it", "invitations give it"),
    ...counted(channels, "channel lets it talk", "channels let it talk"),
  ].join(", ");
}

/**
 * Deletes the role and puts `replacementRoleId` in its place wherever it was in use.
 * @throws Refusal not_found, role_built_in; role_in_use without a replacement; invalid_input for an invalid replacement; forbidden for the
 *   actor's own role, a role that holds more, and a replacement that the actor may not give
 */
export async function deleteRole(
  stale: Ctx,
  { roleId, replacementRoleId }: { roleId: string; replacementRoleId: string | null },
): Promise<void> {
  const ctx = await behindRosterLock(stale);
  ctx.member.require("roles.delete");
  orNotFound(await queries.findRole(ctx.db, roleId));
  // Lock order: channels before roles.
  await lockChannels(ctx);
  orNotFound(await queries.lockRole(ctx.db, roleId));
  // Read the role's uses after the lock, when nobody can start to use it.
  const role = orNotFound(await queries.findRole(ctx.db, roleId));
  const held = rolePermissions(role);
  const refusal = deleteRefusal(ctx.member, { ...role, permissions: held });
  if (refusal) throw refusalFor(refusal, role.name, held, ctx.member);

  const isUsed = role.members + role.invitations + role.channels > 0;
  if (replacementRoleId === roleId) {
    throw new Refusal("invalid_input", {
      fields: [{ path: "replacementRoleId", message: "Choose another role than the one to delete." }],
    });
  }
  const replacement =
    replacementRoleId === null ? null : await findRoleToGive(ctx, { roleId: replacementRoleId, field: "replacementRoleId" });
  if (isUsed && !replacement) {
    throw new Refusal("role_in_use", {
      detail: `${role.name} is in use: ${usesInWords(role)}. Choose the role that replaces it.`,
    });
  }
  for (const permission of permissionsToReplace(role)) ctx.member.require(permission);
  ctx.audit.record({
    action: "role.deleted",
    target: { type: "role", id: roleId, name: role.name },
    changes: {
      ...changesFrom({ name: role.name, description: role.description, permissions: [...held].sort() }),
      ...(isUsed && replacement ? { replacedBy: { to: replacement.name } } : {}),
    },
  });
  if (replacement && role.members > 0) await replaceHeldRole(ctx, role, replacement);
  if (replacement && role.channels > 0) await replaceTalkerRole(ctx, roleId, replacement.roleId);
  await replaceInvitedRole(ctx, role, replacement);
  await queries.deleteRole(ctx.db, roleId);
  await announceChanged(ctx, "roles");
}
