/** A review and its members as the API shows them. */
import { type AccessReviewCounts, CHANNELS_NAMED, POWERFUL_PERMISSIONS } from "#contract/http/access-reviews.ts";
import { type Permission, PERMISSION_NAMES } from "#contract/permissions.ts";
import { type Member, rolePermissions } from "../members/admit.ts";
import { decisionAbilities } from "./policy.ts";
import type { ItemRow, ReviewRow } from "./queries.ts";

const POWERFUL: ReadonlySet<Permission> = new Set(POWERFUL_PERMISSIONS);

export function presentReview(row: ReviewRow, counts: AccessReviewCounts) {
  return {
    reviewId: row.reviewId,
    name: row.name,
    startedAt: row.startedAt.toISOString(),
    startedByName: row.startedByName,
    dueAt: row.dueAt.toISOString(),
    overdue: row.overdue,
    endedAt: row.endedAt?.toISOString() ?? null,
    endedByName: row.endedByName,
    endNote: row.endNote,
    counts,
  };
}
export type AccessReview = ReturnType<typeof presentReview>;

/** In the order of the contract's table, without those that this version does not know any more. */
function inOrder(permissions: Iterable<string>): Permission[] {
  const held = new Set(permissions);
  return PERMISSION_NAMES.filter((permission) => held.has(permission));
}

/**
 * Which channels, by the rules of channels/policy.ts: voice.join to listen; voice.transmit to talk, on every open channel and on
 * the restricted ones that the role or the person was chosen for.
 */
function channelsOf(row: ItemRow, review: ReviewRow, permissions: readonly Permission[]) {
  const listens = permissions.includes("voice.join") ? review.channelCount : 0;
  if (!permissions.includes("voice.transmit")) return { listens, talks: 0, named: [] };
  const byRole = row.roleChannels;
  const byPerson = row.ownChannels.filter((name) => !byRole.includes(name));
  const named = [
    ...byPerson.map((name) => ({ name, why: "person" as const })),
    ...byRole.map((name) => ({ name, why: "role" as const })),
    ...review.openChannels.map((name) => ({ name, why: "open" as const })),
  ];
  return { listens, talks: byPerson.length + byRole.length + review.openChannelCount, named: named.slice(0, CHANNELS_NAMED) };
}

/** What the role allows now and did not at the start, and the other way round. */
function nowOf(row: ItemRow, atStart: readonly Permission[]) {
  if (row.nowRoleId === null || row.nowRoleName === null) return null;
  const now = permissionsNow(row);
  return {
    roleId: row.nowRoleId,
    roleName: row.nowRoleName,
    gained: inOrder(now).filter((permission) => !atStart.includes(permission)),
    lost: atStart.filter((permission) => !now.has(permission)),
  };
}

/** What this row says to somebody who may, or may not, see contact details. */
export function presentAccess(row: ItemRow, review: ReviewRow, contact: boolean) {
  const permissions = inOrder(row.permissions);
  const now = nowOf(row, permissions);
  const powerful = [...permissions, ...(now?.gained ?? [])].some((permission) => POWERFUL.has(permission));
  return {
    memberId: row.memberId,
    position: row.position,
    name: row.name,
    email: contact ? row.email : null,
    isOwner: row.isOwner,
    suspended: row.suspended,
    joinedAt: row.joinedAt.toISOString(),
    lastSeenAt: row.lastSeenAt?.toISOString() ?? null,
    standsOut: [
      ...(powerful ? (["powerful"] as const) : []),
      ...(row.unseen ? (["unseen"] as const) : []),
      ...(row.suspended ? (["suspended"] as const) : []),
    ],
    role: { roleId: row.roleId, name: row.roleName, permissions },
    now,
    channels: channelsOf(row, review, permissions),
    decision: row.decision,
    note: row.note,
    roleAfter: row.roleAfter,
    decidedByName: row.decidedByName,
    decidedBySelf: row.decidedByMemberId === row.memberId,
    decidedAt: row.decidedAt?.toISOString() ?? null,
  };
}

/** What the role of now allows; nothing for who is no longer a member. */
export function permissionsNow(row: ItemRow): ReadonlySet<Permission> {
  return rolePermissions({ builtIn: row.nowBuiltIn, permissions: row.nowPermissions });
}

export function presentItem(row: ItemRow, review: ReviewRow, viewer: Member, alone: boolean) {
  return {
    ...presentAccess(row, review, viewer.may("users.view_contact") || row.memberId === viewer.memberId),
    isSelf: row.memberId === viewer.memberId,
    can: decisionAbilities(viewer, { ...row, permissions: permissionsNow(row) }, { ended: review.endedAt !== null, alone }),
  };
}
