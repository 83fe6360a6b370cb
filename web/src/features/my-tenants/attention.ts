import type { AttentionItem } from "../../api/types.ts";
import { paths } from "../../paths.ts";

interface Advice {
  says: string;
  why: string;
  /** The page where it can be fixed. */
  to: string;
}

/** Words and a link for an item that needs attention. */
export function adviceOn({ kind, count }: AttentionItem, slug: string): Advice {
  switch (kind) {
    case "invoice_overdue":
      return {
        says: "Invoice overdue",
        why: "Nobody can begin to talk once it is overdue for too long. Pay it, and whoever runs the server records that.",
        to: paths.settingsBilling(slug),
      };
    case "plan_missing":
      return {
        says: "No plan",
        why: "Without a plan nobody can begin to talk. Choose one.",
        to: paths.settingsBilling(slug),
      };
    case "no_second_admin":
      return {
        says: "Only one admin",
        why: "If they lose access, nobody can invite people or change settings. Make someone else an admin too.",
        to: paths.people(slug),
      };
    case "access_review_overdue":
      return {
        says: "Access review overdue",
        why: "Its due date has passed. Decide on the people left, then complete it.",
        to: paths.accessReviews(slug),
      };
    case "invitations_lapsed":
      return {
        says: count === 1 ? "1 invitation lapsed" : `${count} invitations lapsed`,
        why: "The people who sent them can't give that role any more, so the links don't work. Send them again in your name, or withdraw them.",
        to: paths.people(slug),
      };
    case "invitations_expiring":
      return {
        says: count === 1 ? "1 invitation expires soon" : `${count} invitations expire soon`,
        why: "Their links stop working within two days. Send them again.",
        to: paths.people(slug),
      };
  }
}
