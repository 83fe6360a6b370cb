/** What somebody may do, in words. */
import { type DecisionRefusal, POWERFUL_PERMISSIONS, UNSEEN_DAYS } from "#contract/http/access-reviews.ts";
import { type Permission, PERMISSION_CATEGORIES, PERMISSIONS, whatItAllows } from "#contract/permissions.ts";
import type { AccessReview, AccessReviewItem } from "../../api/types.ts";
import { fromNow } from "../../ui/time.ts";

const list = new Intl.ListFormat("en", { type: "conjunction" });
const count = new Intl.NumberFormat("en");

export interface Category {
  name: string;
  allowed: string[];
  of: number;
}

/** By category, those that allow nothing left out. */
export function byCategory(permissions: readonly Permission[]): Category[] {
  const held = new Set(permissions);
  return PERMISSION_CATEGORIES.flatMap(({ name, entries }) => {
    const allowed = entries.filter((entry) => held.has(entry.name)).map(({ allows }) => allows);
    return allowed.length === 0 ? [] : [{ name, allowed, of: entries.length }];
  });
}

/** "everything", "nothing", "12 of 65 permissions" */
export function howMuch(permissions: readonly Permission[]): string {
  if (permissions.length === PERMISSIONS.length) return "everything";
  if (permissions.length === 0) return "nothing";
  return `${permissions.length} of ${PERMISSIONS.length} permissions`;
}

/** The powerful ones of these, in words, the first few of them; null when there is none, and when everything else says it all. */
export function powerWords(permissions: readonly Permission[]): string | null {
  if (permissions.length === PERMISSIONS.length) return null;
  const held = POWERFUL_PERMISSIONS.filter((permission) => permissions.includes(permission)).map(whatItAllows);
  if (held.length === 0) return null;
  const shown = held.slice(0, 3);
  return list.format(held.length > shown.length ? [...shown, `${held.length - shown.length} more`] : shown);
}

export const allowedWords = (permissions: readonly Permission[]) => list.format(permissions.map(whatItAllows));

const WHY = { open: "", role: " (chosen by role)", person: " (chosen by name)" } as const;

/** "Listens on all 5 channels, talks on Dispatch and Leadership (chosen by role)." */
export function channelWords({ listens, talks, named }: AccessReviewItem["channels"]): string {
  if (listens === 0 && talks === 0) return "Hears and talks on no channel.";
  const all = listens === 1 ? "the one channel" : listens === 2 ? "both channels" : `all ${count.format(listens)} channels`;
  const listening = `Listens on ${listens === 0 ? "no channel" : all}`;
  if (talks === 0) return `${listening}, talks on none.`;
  const shown = named.slice(0, 6).map(({ name, why }) => `${name}${WHY[why]}`);
  const rest = talks - shown.length;
  return `${listening}, talks on ${list.format(rest > 0 ? [...shown, `${count.format(rest)} more`] : shown)}.`;
}

export const seenWords = (lastSeenAt: string | null) => (lastSeenAt === null ? "Never seen" : `Seen ${fromNow(lastSeenAt)}`);

export const STANDS_OUT_WORDS = {
  powerful: "Powerful role",
  unseen: `Not seen for ${UNSEEN_DAYS} days`,
  suspended: "Suspended",
} as const;

/** Why this can't be chosen; null when it can. */
export function whyNot(refusal: DecisionRefusal | null, name: string): string | null {
  switch (refusal) {
    case null:
      return null;
    case "ended":
      return "The review is over.";
    case "left":
      return `${name} is no longer a member.`;
    case "self":
      return "Nobody decides on their own access. Ask another reviewer.";
    case "owner":
      return "The owner's access can only be approved.";
    case "cannot_change_role":
      return "Your role doesn't let you change a member's role.";
    case "cannot_remove":
      return "Your role doesn't let you remove a member.";
    case "outranked":
      return `${name}'s role allows what yours doesn't.`;
  }
}

/** How many need no decision any more. */
export const settled = ({ members, pending }: AccessReview["counts"]) => members - pending;

/** "20 approved, 5 changed, 1 revoked, 2 left" */
export function countWords({ approved, changed, revoked, left }: AccessReview["counts"]): string {
  const parts = [
    [approved, "approved"],
    [changed, "changed"],
    [revoked, "revoked"],
    [left, "left"],
  ] as const;
  return parts.flatMap(([of, what]) => (of > 0 ? [`${count.format(of)} ${what}`] : [])).join(", ");
}

/** "12 of 40 decided" */
export const progressWords = (counts: AccessReview["counts"]) =>
  `${count.format(settled(counts))} of ${count.format(counts.members)} decided`;
