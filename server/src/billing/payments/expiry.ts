/** When a card expires, and when mails warn of it. Pure. */
import { DAY, type Instant } from "../reckoning/calendar.ts";

/** Days before the card expires. */
const WARN_AT = [30, 7];

/** Days until the card stops working, after the last day of its month. @param expires such as 2027-05 */
export function daysUntilExpiry(expires: string, now: Instant): number {
  const [year = 0, month = 0] = expires.split("-").map(Number);
  return Math.ceil((Date.UTC(year, month, 1) / 1_000 - now) / DAY);
}

/** The warning that is due now, as days before the end; null if none is. @param lastWarning the last warning that was sent */
export function dueWarning(days: number, lastWarning: number | null): number | null {
  const due = WARN_AT.findLast((day) => days <= day);
  return days <= 0 || due === undefined || (lastWarning !== null && lastWarning <= due) ? null : due;
}
