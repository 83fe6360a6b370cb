/** A review and its members as the API shows them. */
import { createHash } from "node:crypto";
import {
  type AccessReviewChannels,
  type AccessReviewCounts,
  type AccessReviewSince,
  CHANNELS_NAMED,
  POWERFUL_PERMISSIONS,
} from "#contract/http/access-reviews.ts";
import { type Permission, PERMISSION_NAMES } from "#contract/permissions.ts";
import { type Member, rolePermissions } from "../members/admit.ts";
import { hideAddresses } from "../platform/addresses.ts";
import { decisionAbilities } from "./policy.ts";
import type { ItemRow, ReviewRow } from "./queries.ts";

const POWERFUL: ReadonlySet<Permission> = new Set(POWERFUL_PERMISSIONS);

export function presentSince({ joined, invited }: AccessReviewSince, contact: boolean): AccessReviewSince {
  const named = invited.named.map(({ email, roleName }) => ({ email: contact ? email : null, roleName }));
  return { joined, invited: { ...invited, named } };
}

/** @param contact may see contact details: an address that was written into a text is one too */
export function presentReview(row: ReviewRow, counts: AccessReviewCounts, since: AccessReviewSince | null, contact: boolean) {
  const text = (written: string) => (contact ? written : hideAddresses(written));
  return {
    reviewId: row.reviewId,
    name: text(row.name),
    startedAt: row.startedAt.toISOString(),
    startedByName: row.startedByName,
    dueAt: row.dueAt.toISOString(),
    overdue: row.overdue,
    endedAt: row.endedAt?.toISOString() ?? null,
    endedByName: row.endedByName,
    endNote: text(row.endNote),
    counts,
    since: since && presentSince(since, contact),
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
function channelsOf(there: Channels, permissions: readonly Permission[]): AccessReviewChannels {
  const listens = permissions.includes("voice.join") ? there.count : 0;
  if (!permissions.includes("voice.transmit")) return { listens, talks: 0, named: [] };
  const byRole = there.ofRole;
  const byPerson = there.own.filter((name) => !byRole.includes(name));
  const named = [
    ...byPerson.map((name) => ({ name, why: "person" as const })),
    ...byRole.map((name) => ({ name, why: "role" as const })),
    ...there.open.map((name) => ({ name, why: "open" as const })),
  ];
  return { listens, talks: byPerson.length + byRole.length + there.openCount, named: named.slice(0, CHANNELS_NAMED) };
}

interface Channels {
  count: number;
  openCount: number;
  /** The first open ones by name. */
  open: string[];
  /** Restricted ones that the person, or their role, was chosen to talk on. */
  own: string[];
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
 * The access now, against that of the start; null for who is no longer a member.
 * `seen` differs as soon as the role, what it allows, or the restricted channels they were chosen for do. Not with open channels:
 * those are everybody's, and no reviewer decides on them.
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

/** The access that was decided on. */
function decidedOf(row: ItemRow, now: ReturnType<typeof accessNow>) {
  if (!row.gained || !row.lost || !row.decidedChannels) return null;
  const decided = { gained: inOrder(row.gained), lost: inOrder(row.lost), channels: row.decidedChannels };
  // Restricted channels only, as in `seen`.
  const held = (roleName: string | null, { gained, lost, channels }: typeof decided) =>
    JSON.stringify([roleName, gained, lost, channels.named.flatMap(({ name, why }) => (why === "open" ? [] : [name, why]))]);
  return { ...decided, changedSince: now !== null && held(now.roleName, now) !== held(row.roleAfter, decided) };
}

/** What this row says to somebody who may, or may not, see contact details; `own`: it is about themselves. */
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

/** What the role of now allows; nothing for who is no longer a member. */
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
