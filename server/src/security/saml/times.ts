import { SamlRefusal } from "./refusal.ts";

/** By how much the clocks of the two sides may differ, in either direction. */
export const SKEW_SECONDS = 60;
const SKEW_MS = SKEW_SECONDS * 1_000;
/** Only UTC is allowed (SAML core §1.3.3). */
const DATE_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]00:00)$/;

/** @throws SamlRefusal time */
export function readTime(value: string): Date {
  const time = new Date(DATE_TIME.test(value) ? value : Number.NaN);
  if (Number.isNaN(time.getTime())) throw new SamlRefusal("time", { received: value });
  return time;
}

/** Checks an inclusive start (NotBefore). @throws SamlRefusal not_yet_valid, with the seconds until then */
export function checkStarted(start: Date, now: Date): void {
  const early = start.getTime() - now.getTime();
  if (early > SKEW_MS) {
    throw new SamlRefusal("not_yet_valid", {
      expected: now.toISOString(),
      received: start.toISOString(),
      seconds: Math.round(early / 1_000),
    });
  }
}

/** Checks an exclusive end (NotOnOrAfter). @throws SamlRefusal with the seconds since then */
export function checkNotEnded(end: Date, now: Date, reason: "expired" | "session_ended" = "expired"): void {
  const late = now.getTime() - end.getTime();
  if (late >= SKEW_MS) {
    throw new SamlRefusal(reason, {
      expected: now.toISOString(),
      received: end.toISOString(),
      seconds: Math.round(late / 1_000),
    });
  }
}

export function withSkew(end: Date): Date {
  return new Date(end.getTime() + SKEW_MS);
}
