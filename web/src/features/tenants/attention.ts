import type { AttentionItem } from "../../api/types.ts";
import { paths } from "../../paths.ts";

interface Advice {
  says: string;
  why: string;
  /** Where it is mended. */
  to: string;
}

/** What an item of the server's list means to the person who can mend it. */
export function adviceOn({ kind, count }: AttentionItem, slug: string): Advice {
  switch (kind) {
    case "no_second_admin":
      return {
        says: "Only one admin",
        why: "Should they lose their access, nobody could let anyone in or change a setting. Make somebody else an admin too.",
        to: paths.people(slug),
      };
    case "access_review_overdue":
      return {
        says: "Access review overdue",
        why: "Its last day is over. Decide on whoever is left, and complete it.",
        to: paths.accessReviews(slug),
      };
    case "invitations_lapsed":
      return {
        says: count === 1 ? "1 invitation lapsed" : `${count} invitations lapsed`,
        why: "Whoever sent them can't invite to that role any more, so their links let nobody in. Send them again in your name, or withdraw them.",
        to: paths.people(slug),
      };
    case "invitations_expiring":
      return {
        says: count === 1 ? "1 invitation expires soon" : `${count} invitations expire soon`,
        why: "Their links stop working within two days. Ask again, or send them anew.",
        to: paths.people(slug),
      };
  }
}
