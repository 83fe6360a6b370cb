/** How the state of a domain follows from what checks find. */
import type { DomainState } from "#contract/http/domains.ts";

const DAY_MS = 86_400_000;
/** A domain lapses when its name servers have said for this long that the record is missing. */
export const GRACE_DAYS = 7;
const REMINDER_DAY = 3;
/** The most that counts as absence between two checks, because the server may have been off. */
const MAX_STEP_MS = 2 * DAY_MS;

export interface Standing {
  state: DomainState;
  failingSince: Date | null;
  absentSeconds: number;
  lastAbsentAt: Date | null;
  toldDay: number | null;
}

export type DomainEvent = "verified" | "recovered" | "failing" | "reminder" | "lapsed";

const NOT_FAILING = { failingSince: null, absentSeconds: 0, lastAbsentAt: null, toldDay: null };

/** The record was found, and no other workspace holds the domain. */
export function whenFound({ state }: Pick<Standing, "state">): Standing & { event: DomainEvent | null } {
  const event = state === "verified" ? null : state === "failing" ? "recovered" : "verified";
  return { ...NOT_FAILING, state: "verified", event };
}

/** All name servers of the domain say that the record is not there. */
export function whenAbsent(before: Standing, now: Date): Standing & { event: DomainEvent | null } {
  if (before.state === "verified") {
    return { state: "failing", failingSince: now, absentSeconds: 0, lastAbsentAt: now, toldDay: 0, event: "failing" };
  }
  if (before.state !== "failing") return { ...before, event: null };
  const step = before.lastAbsentAt ? Math.min(now.getTime() - before.lastAbsentAt.getTime(), MAX_STEP_MS) : 0;
  const absentSeconds = before.absentSeconds + Math.max(0, Math.round(step / 1_000));
  const days = (absentSeconds * 1_000) / DAY_MS;
  const counted = { ...before, absentSeconds, lastAbsentAt: now };
  if (days >= GRACE_DAYS) return { ...NOT_FAILING, state: "lapsed", event: "lapsed" };
  if (days >= REMINDER_DAY && (before.toldDay ?? 0) < REMINDER_DAY)
    return { ...counted, toldDay: REMINDER_DAY, event: "reminder" };
  return { ...counted, event: null };
}

/** No name server could tell. The time until the next answer does not count as absence. */
export function whenUnknown(before: Standing): Standing & { event: null } {
  return { ...before, lastAbsentAt: null, event: null };
}
