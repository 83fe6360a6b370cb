/**
 * Conditions that a member must meet to enter a tenant: pure functions of the member, the tenant's policy and what the principal has
 * proved. Nothing else decides who may enter.
 */
import { Refusal } from "../platform/refusal.ts";
import { hasProvedSecondFactor, type Proved } from "./principal.ts";

interface Membership {
  status: string;
  /** The tenant's. */
  mfaPolicy: string;
  sessionIdleMinutes: number;
  sessionAbsoluteMinutes: number;
  /** When the session was last used in this tenant; null if it never was. */
  lastSeenHere: Date | null;
  /** When an admin ended the session in this tenant; null if none did. */
  endedHere: Date | null;
  /** The database's time. */
  asOf: Date;
}

/** @returns null when the condition is met, otherwise the refusal that says what to do next */
type Condition = (membership: Membership, session: Proved) => Refusal | null;

const MINUTE_MS = 60_000;
const expired = (why: string) => new Refusal("session_expired_here", { detail: `${why} Confirm that it's you to go on.` });

/** In the order in which they are checked. */
export const CONDITIONS = {
  suspended: ({ status }) => (status === "active" ? null : new Refusal("suspended")),
  /** Signing in, or authenticating again, counts as a use. A session that never entered was last used then. */
  session_expired_here: (membership, { authenticatedAt }) => {
    const { lastSeenHere, endedHere, asOf, sessionIdleMinutes, sessionAbsoluteMinutes } = membership;
    if (endedHere !== null && authenticatedAt <= endedHere) return expired("An admin ended your session in this workspace.");
    const sinceAuthenticated = asOf.getTime() - authenticatedAt.getTime();
    const sinceUsed = Math.min(sinceAuthenticated, lastSeenHere ? asOf.getTime() - lastSeenHere.getTime() : Infinity);
    if (sinceUsed > sessionIdleMinutes * MINUTE_MS) return expired("You haven't used this workspace for a while.");
    if (sinceAuthenticated > sessionAbsoluteMinutes * MINUTE_MS) return expired("You signed in a while ago.");
    return null;
  },
  mfa_required: ({ mfaPolicy }, session) =>
    mfaPolicy !== "enforced" || hasProvedSecondFactor(session) ? null : new Refusal("mfa_required"),
} as const satisfies Record<string, Condition>;

/** The refusal of the first condition that is not met, or null. */
export function refusalFor(membership: Membership, session: Proved): Refusal | null {
  for (const condition of Object.values(CONDITIONS)) {
    const refusal = condition(membership, session);
    if (refusal !== null) return refusal;
  }
  return null;
}
