/** Deleting a role that may be in use. Apart from roles.ts, on which the features that use roles stand. */
import { changesFrom, record } from "../audit/audit.ts";
import { lockChannels, replaceTalkerRole } from "../channels/channels.ts";
import { replaceInvitedRole } from "../invitations/invitations.ts";
import { lockRoster, type Member, readmit, rolePermissions } from "../members/admit.ts";
import { replaceHeldRole } from "../members/members.ts";
import { announceChanged } from "../platform/changes.ts";
import type { TenantTx } from "../platform/db/pools.ts";
import { orNotFound, Refusal } from "../platform/refusal.ts";
import { deleteRefusal, permissionsToReplace, type Uses } from "./policy.ts";
import * as queries from "./queries.ts";
import { findRoleToGive, refuseToTouch } from "./roles.ts";

const counted = (count: number, one: string, many: string) => (count === 0 ? [] : [`${count} ${count === 1 ? one : many}`]);

function usesInWords({ members, invitations, channels }: Uses): string {
  return [
    ...counted(members, "member has it", "members have it"),
    ...counted(invitations, "invitation is to it", "invitations are to it"),
    ...counted(channels, "channel lets it talk", "channels let it talk"),
  ].join(", ");
}

/**
 * With `replacementRoleId` in its place wherever it was in use.
 * @throws Refusal not_found, role_built_in, role_in_use without a replacement, invalid_input for a replacement that is none, forbidden
 * for a role that is one's own or above oneself and for a replacement that one may not give
 */
export async function deleteRole(tx: TenantTx, asker: Member, roleId: string, replacementRoleId: string | null): Promise<void> {
  await lockRoster(tx);
  const deleter = await readmit(tx, asker);
  deleter.require("roles.delete");
  orNotFound(await queries.findRole(tx.db, roleId));
  await lockChannels(tx);
  orNotFound(await queries.lockRole(tx.db, roleId));
  // Read after the lock: whoever was putting it to use is done, and nobody begins to.
  const role = orNotFound(await queries.findRole(tx.db, roleId));
  const held = rolePermissions(role);
  const refusal = deleteRefusal(deleter, { ...role, permissions: held });
  if (refusal) throw refuseToTouch(refusal, role.name, held, deleter);

  const isUsed = role.members + role.invitations + role.channels > 0;
  if (replacementRoleId === roleId) {
    throw new Refusal("invalid_input", {
      fields: [{ path: "replacementRoleId", message: "Choose another role than the one to delete." }],
    });
  }
  const replacement =
    replacementRoleId === null ? null : await findRoleToGive(tx, deleter, replacementRoleId, "replacementRoleId");
  if (isUsed && !replacement) {
    throw new Refusal("role_in_use", {
      detail: `${role.name} is in use: ${usesInWords(role)}. Choose the role that replaces it.`,
    });
  }
  for (const permission of permissionsToReplace(role)) deleter.require(permission);
  record(tx, deleter.actor, {
    action: "role.deleted",
    target: { type: "role", id: roleId, name: role.name },
    changes: {
      ...changesFrom({ name: role.name, description: role.description, permissions: [...held].sort() }),
      ...(isUsed && replacement ? { replacedBy: { to: replacement.name } } : {}),
    },
  });
  if (replacement && role.members > 0) await replaceHeldRole(tx, deleter, role, replacement);
  if (replacement && role.channels > 0) await replaceTalkerRole(tx, deleter, roleId, replacement.roleId);
  await replaceInvitedRole(tx, deleter, role, replacement);
  await queries.deleteRole(tx.db, roleId);
  await announceChanged(tx, "roles");
}
