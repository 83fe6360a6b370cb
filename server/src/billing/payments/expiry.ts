/** When a card expires, and when that is told. Pure. */
import { DAY, type Instant } from "../reckoning/calendar.ts";

/** Days before the end. */
const TOLD_AT = [30, 7];

/** Days until the card works no more. It works on the last day of its month. @param expires such as 2027-05 */
export function daysUntilExpiry(expires: string, now: Instant): number {
  const [year = 0, month = 0] = expires.split("-").map(Number);
  return Math.ceil((Date.UTC(year, month, 1) / 1_000 - now) / DAY);
}

/** For how many days before the end a mail is due now; null if none is. @param told the last one that was sent */
export function expiryToTell(days: number, told: number | null): number | null {
  const due = TOLD_AT.findLast((day) => days <= day);
  return days <= 0 || due === undefined || (told !== null && told <= due) ? null : due;
}
