/** Words for what a member may do. */
import { type DecisionRefusal, POWERFUL_PERMISSIONS, UNSEEN_DAYS } from "#contract/http/access-reviews.ts";
import { type Permission, PERMISSION_CATEGORIES, PERMISSIONS, whatItAllows } from "#contract/permissions.ts";
import type { AccessReview, AccessReviewItem } from "../../api/types.ts";
import { counted, number, people } from "../../ui/counted.ts";
import { fromNow } from "../../ui/time.ts";

const list = new Intl.ListFormat("en", { type: "conjunction" });

export interface Category {
  name: string;
  allowed: string[];
  total: number;
}

/** What the permissions allow, by category, without empty categories. */
export function byCategory(permissions: readonly Permission[]): Category[] {
  const held = new Set(permissions);
  return PERMISSION_CATEGORIES.flatMap(({ name, entries }) => {
    const allowed = entries.filter((entry) => held.has(entry.name)).map(({ allows }) => allows);
    return allowed.length === 0 ? [] : [{ name, allowed, total: entries.length }];
  });
}

/** "everything", "nothing", "12 of 65 permissions" */
export function howMuch(permissions: readonly Permission[]): string {
  if (permissions.length === PERMISSIONS.length) return "everything";
  if (permissions.length === 0) return "nothing";
  return `${permissions.length} of ${PERMISSIONS.length} permissions`;
}

/** The first few powerful permissions in words; null when there is none, or when the role allows everything anyway. */
export function powerWords(permissions: readonly Permission[]): string | null {
  if (permissions.length === PERMISSIONS.length) return null;
  const all = new Set(permissions);
  const held = POWERFUL_PERMISSIONS.filter((permission) => all.has(permission)).map(whatItAllows);
  if (held.length === 0) return null;
  const shown = held.slice(0, 3);
  return list.format(held.length > shown.length ? [...shown, `${held.length - shown.length} more`] : shown);
}

const allowedWords = (permissions: readonly Permission[]) => list.format(permissions.map(whatItAllows));

const WHY = { open: "", role: " (chosen by role)", person: " (chosen by name)" } as const;

/** "Listens on all 5 channels, talks on Dispatch and Leadership (chosen by role)." */
export function channelWords({ listens, talks, named }: AccessReviewItem["channels"]): string {
  if (listens === 0 && talks === 0) return "Can't listen or talk on any channel.";
  const all = listens === 1 ? "the one channel" : listens === 2 ? "both channels" : `all ${number(listens)} channels`;
  const listening = `Listens on ${listens === 0 ? "no channel" : all}`;
  if (talks === 0) return `${listening}, talks on none.`;
  const shown = named.slice(0, 6).map(({ name, why }) => `${name}${WHY[why]}`);
  const rest = talks - shown.length;
  return `${listening}, talks on ${list.format(rest > 0 ? [...shown, `${number(rest)} more`] : shown)}.`;
}

export const seenWords = (lastSeenAt: string | null) => (lastSeenAt === null ? "Never seen" : `Seen ${fromNow(lastSeenAt)}`);

export const STANDS_OUT_WORDS = {
  powerful: "Powerful role",
  unseen: `Not seen for ${UNSEEN_DAYS} days`,
  suspended: "Suspended",
} as const;

/** Says why this decision is not possible; null when it is. */
export function whyNot(refusal: DecisionRefusal | null, name: string): string | null {
  switch (refusal) {
    case null:
      return null;
    case "ended":
      return "The review is over.";
    case "left":
      return `${name} is no longer a member.`;
    case "self":
      return "You can't decide on your own access. Ask another reviewer.";
    case "owner":
      return "The owner's access can only be approved.";
    case "cannot_change_role":
      return "Your role doesn't let you change a member's role.";
    case "cannot_remove":
      return "Your role doesn't let you remove a member.";
    case "outranked":
      return `${name}'s role allows more than yours.`;
  }
}

interface Access {
  roleName: string;
  gained: Permission[];
  lost: Permission[];
  channels: AccessReviewItem["channels"];
}

/** The access that the decision was about; null without a decision, or when it was not stored. */
export const accessDecided = ({ decided, roleAfter }: AccessReviewItem): Access | null =>
  decided && roleAfter !== null ? { ...decided, roleName: roleAfter } : null;

/** The permissions of that access. */
export function permissionsOf({ role }: AccessReviewItem, { gained, lost }: Access): Permission[] {
  return [...role.permissions.filter((permission) => !lost.includes(permission)), ...gained];
}

/** "Greeter in place of Member. May also remove a member." What differs from the start; null when nothing does. */
export function changeWords({ role, channels }: AccessReviewItem, access: Access): string | null {
  const words = (permissions: Permission[]) =>
    permissions.length > 5 ? `do ${permissions.length} more things` : allowedWords(permissions);
  const parts = [
    ...(access.roleName === role.name ? [] : [`${access.roleName} in place of ${role.name}.`]),
    ...(access.gained.length > 0 ? [`May also ${words(access.gained)}.`] : []),
    ...(access.lost.length > 0
      ? [`May no longer ${access.lost.length > 5 ? `do ${access.lost.length} things` : allowedWords(access.lost)}.`]
      : []),
    ...(channelWords(access.channels) === channelWords(channels) ? [] : [channelWords(access.channels)]),
  ];
  return parts.length === 0 ? null : parts.join(" ");
}

/** People who are not in a review: their number and their names. */
export interface LeftOut {
  /** "2 invitations are pending" */
  summary: string;
  names: string[];
}

/** "1 person joined since the start and isn't in this review"; null when nobody joined, or it was not stored. */
export function joinedSince({ since }: AccessReview): LeftOut | null {
  if (!since || since.joined.count === 0) return null;
  const { count: joined, names } = since.joined;
  const are = joined === 1 ? "isn't" : "aren't";
  return { summary: `${people(joined)} joined since the start and ${are} in this review`, names: withMore(names, joined) };
}

/** "2 invitations are pending", "cy@example.com (Member)", "dee@example.com (Viewer)" */
export function invitedSince({ since }: AccessReview): LeftOut | null {
  if (!since || since.invited.count === 0) return null;
  const { count: invited, named } = since.invited;
  const names = named.map(({ email, roleName }) => (email === null ? `one as ${roleName}` : `${email} (${roleName})`));
  return { summary: `${counted(invited, "invitation is", "invitations are")} pending`, names: withMore(names, invited) };
}

const withMore = (names: string[], total: number) =>
  total > names.length ? [...names, `${number(total - names.length)} more`] : names;

/** For the printed report, where the names can't be opened. */
export const leftOutWords = ({ summary, names }: LeftOut) => `${summary}: ${list.format(names)}.`;

/** How many members need no decision any more. */
export const settled = ({ members, pending }: AccessReview["counts"]) => members - pending;

/** "20 approved, 5 changed, 1 revoked, 2 left" */
export function countWords({ approved, changed, revoked, left }: AccessReview["counts"]): string {
  const parts = [
    [approved, "approved"],
    [changed, "changed"],
    [revoked, "revoked"],
    [left, "left"],
  ] as const;
  return parts.flatMap(([count, word]) => (count > 0 ? [`${number(count)} ${word}`] : [])).join(", ");
}

/** "12 of 40 decided" */
export const progressWords = (counts: AccessReview["counts"]) =>
  `${number(settled(counts))} of ${number(counts.members)} decided`;
