/** A review and its members as the API shows them. */
import { createHash } from "node:crypto";
import {
  type AccessReviewChannels,
  type AccessReviewCounts,
  type AccessReviewSince,
  MAX_CHANNELS_NAMED,
  POWERFUL_PERMISSIONS,
} from "#contract/http/access-reviews.ts";
import { type Permission, PERMISSION_NAMES } from "#contract/permissions.ts";
import { type Member, rolePermissions } from "../access/member.ts";
import { hideAddresses } from "../platform/addresses.ts";
import type { ItemRow } from "./item-queries.ts";
import { decisionAbilities } from "./policy.ts";
import type { ReviewRow } from "./queries.ts";

const POWERFUL: ReadonlySet<Permission> = new Set(POWERFUL_PERMISSIONS);

export function presentSince({ joined, invited }: AccessReviewSince, contact: boolean): AccessReviewSince {
  const named = invited.named.map(({ email, roleName }) => ({ email: contact ? email : null, roleName }));
  return { joined, invited: { ...invited, named } };
}

/** @param contact whether the viewer may see contact details; if not, addresses in texts are hidden, too */
export function presentReview(row: ReviewRow, counts: AccessReviewCounts, since: AccessReviewSince | null, contact: boolean) {
  const visible = (text: string) => (contact ? text : hideAddresses(text));
  return {
    reviewId: row.reviewId,
    name: visible(row.name),
    startedAt: row.startedAt.toISOString(),
    startedByName: row.startedByName,
    dueAt: row.dueAt.toISOString(),
    overdue: row.overdue,
    endedAt: row.endedAt?.toISOString() ?? null,
    endedByName: row.endedByName,
    endNote: visible(row.endNote),
    counts,
    since: since && presentSince(since, contact),
  };
}
export type AccessReview = ReturnType<typeof presentReview>;

/** Sorts permissions by the contract's table and drops those that this version no longer knows. */
function inOrder(permissions: Iterable<string>): Permission[] {
  const held = new Set(permissions);
  return PERMISSION_NAMES.filter((permission) => held.has(permission));
}

/**
 * The channels that somebody may use, by the rules of channels/policy.ts: voice.join to listen; voice.transmit to talk, on open channels and on
 * restricted ones for which the role or the person was chosen.
 */
function channelsOf(channels: Channels, permissions: readonly Permission[]): AccessReviewChannels {
  const listens = permissions.includes("voice.join") ? channels.count : 0;
  if (!permissions.includes("voice.transmit")) return { listens, talks: 0, named: [] };
  const byRole = channels.ofRole;
  const byPerson = channels.own.filter((name) => !byRole.includes(name));
  const named = [
    ...byPerson.map((name) => ({ name, why: "person" as const })),
    ...byRole.map((name) => ({ name, why: "role" as const })),
    ...channels.open.map((name) => ({ name, why: "open" as const })),
  ];
  return { listens, talks: byPerson.length + byRole.length + channels.openCount, named: named.slice(0, MAX_CHANNELS_NAMED) };
}

interface Channels {
  count: number;
  openCount: number;
  /** Names of the first open channels. */
  open: string[];
  /** Restricted channels on which the person was chosen to talk. */
  own: string[];
  /** Restricted channels on which the person's role was chosen to talk. */
  ofRole: string[];
}

function channelsAtStart(row: ItemRow, review: ReviewRow): Channels {
  const { channelCount: count, openChannelCount: openCount, openChannels: open } = review;
  return { count, openCount, open, own: row.ownChannels, ofRole: row.roleChannels };
}

function channelsNow(row: ItemRow, review: ReviewRow): Channels {
  const { channelCountNow: count, openChannelCountNow: openCount, openChannelsNow: open } = review;
  return { count, openCount, open, own: row.nowOwnChannels, ofRole: row.nowRoleChannels };
}

/**
 * The access now, compared with the start; null for a former member.
 * `seen` changes with the role, its permissions, and the restricted channels that they were chosen for. Open channels do not count, because reviewers
 * do not decide on them.
 */
export function accessNow(row: ItemRow, review: ReviewRow) {
  if (row.nowRoleId === null || row.nowRoleName === null) return null;
  const atStart = inOrder(row.permissions);
  const before = new Set(atStart);
  const held = permissionsNow(row);
  const now = inOrder(held);
  const chosen = now.includes("voice.transmit") ? [row.nowOwnChannels, row.nowRoleChannels] : [];
  const access = JSON.stringify([row.nowRoleId, [...now].sort(), chosen]);
  return {
    roleId: row.nowRoleId,
    roleName: row.nowRoleName,
    gained: now.filter((permission) => !before.has(permission)),
    lost: atStart.filter((permission) => !held.has(permission)),
    channels: channelsOf(channelsNow(row, review), now),
    seen: createHash("sha256").update(access).digest("base64url"),
  };
}

/** The access stored with the decision, or null. */
function decidedOf(row: ItemRow, now: ReturnType<typeof accessNow>) {
  if (!row.gained || !row.lost || !row.decidedChannels) return null;
  const decided = { gained: inOrder(row.gained), lost: inOrder(row.lost), channels: row.decidedChannels };
  // Compares restricted channels only, as `seen` does.
  const keyOf = (roleName: string | null, { gained, lost, channels }: typeof decided) =>
    JSON.stringify([roleName, gained, lost, channels.named.flatMap(({ name, why }) => (why === "open" ? [] : [name, why]))]);
  return { ...decided, changedSince: now !== null && keyOf(now.roleName, now) !== keyOf(row.roleAfter, decided) };
}

/** @param contact whether the viewer may see contact details @param own whether the row is the viewer's own */
export function presentAccess(row: ItemRow, review: ReviewRow, contact: boolean, own = false) {
  const permissions = inOrder(row.permissions);
  const now = accessNow(row, review);
  const decided = decidedOf(row, now);
  const held = [...permissions, ...(now?.gained ?? []), ...(decided?.gained ?? [])];
  const powerful = held.some((permission) => POWERFUL.has(permission));
  return {
    memberId: row.memberId,
    position: row.position,
    name: row.name,
    email: contact || own ? row.email : null,
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
    channels: channelsOf(channelsAtStart(row, review), permissions),
    decision: row.decision,
    note: contact ? row.note : hideAddresses(row.note),
    roleAfter: row.roleAfter,
    decided,
    decidedByName: row.decidedByName,
    decidedBySelf: row.decidedByMemberId === row.memberId,
    decidedAt: row.decidedAt?.toISOString() ?? null,
  };
}

/** The permissions of the member's role now; empty for a former member. */
export function permissionsNow(row: ItemRow): ReadonlySet<Permission> {
  return rolePermissions({ builtIn: row.nowBuiltIn, permissions: row.nowPermissions });
}

export function presentItem(row: ItemRow, review: ReviewRow, viewer: Member, alone: boolean) {
  return {
    ...presentAccess(row, review, viewer.may("users.view_contact"), row.memberId === viewer.memberId),
    isSelf: row.memberId === viewer.memberId,
    can: decisionAbilities(viewer, { ...row, permissions: permissionsNow(row) }, { ended: review.endedAt !== null, alone }),
  };
}
