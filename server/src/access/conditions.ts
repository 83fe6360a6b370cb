/**
 * Conditions that a member must meet to enter a tenant: pure functions of the member, the tenant's policy and what the principal has
 * proved. Nothing else decides who may enter.
 */
import { Refusal } from "../platform/refusal.ts";
import { hasProvedAccount, hasProvedSecondFactor, type Proved } from "./principal.ts";

interface Membership {
  status: string;
  /** The policy of the tenant. */
  mfaPolicy: string;
  sessionIdleMinutes: number;
  sessionAbsoluteMinutes: number;
  /** When the session was last used in this tenant; null if it never was. */
  lastSeenHere: Date | null;
  /** When an admin ended the session in this tenant; null if none did. */
  endedHere: Date | null;
  /** The database's time. */
  asOf: Date;
  isOwner: boolean;
  /** Whether the tenant demands single sign-on of this member. */
  ssoDemanded: boolean;
  /** What the session has proved to this tenant through single sign-on; null if it never proved anything. */
  sso: { valid: boolean; secondFactor: boolean; provedAt: Date } | null;
}

/** @returns null when the condition is met, otherwise the refusal that says what to do next */
type Condition = (membership: Membership, session: Proved) => Refusal | null;

const MINUTE_MS = 60_000;
/** A person who came only through single sign-on has nothing else to confirm with, so they sign in there again. */
const expired = (why: string, session: Proved) =>
  hasProvedAccount(session)
    ? new Refusal("session_expired_here", { detail: `${why} Confirm that it's you to go on.` })
    : new Refusal("sso_required", { detail: `${why} Sign in through the workspace's single sign-on again.` });

/** In the order in which they are checked. */
export const CONDITIONS = {
  // A session that a provider began has proved nothing to other tenants. For such a session they do not exist.
  sso_elsewhere: ({ sso }, session) => (sso !== null || hasProvedAccount(session) ? null : new Refusal("not_found")),
  suspended: ({ status }) => (status === "active" ? null : new Refusal("suspended")),
  /** Signing in and authenticating again count as use, also for a session that has never entered the tenant. */
  session_expired_here: (membership, session) => {
    const { lastSeenHere, endedHere, asOf, sessionIdleMinutes, sessionAbsoluteMinutes, sso } = membership;
    const authenticatedAt = sso !== null && sso.provedAt > session.authenticatedAt ? sso.provedAt : session.authenticatedAt;
    if (endedHere !== null && authenticatedAt <= endedHere)
      return expired("An admin ended your session in this workspace.", session);
    const sinceAuthenticated = asOf.getTime() - authenticatedAt.getTime();
    const sinceUsed = Math.min(sinceAuthenticated, lastSeenHere ? asOf.getTime() - lastSeenHere.getTime() : Infinity);
    if (sinceUsed > sessionIdleMinutes * MINUTE_MS) return expired("You haven't used this workspace for a while.", session);
    if (sinceAuthenticated > sessionAbsoluteMinutes * MINUTE_MS) return expired("You signed in a while ago.", session);
    return null;
  },
  sso_required: ({ ssoDemanded, isOwner, sso }, session) => {
    if (sso?.valid) return null;
    if (!hasProvedAccount(session)) return new Refusal("sso_required");
    const isOwnerWithBoth = isOwner && session.passwordAt !== null && hasProvedSecondFactor(session);
    return !ssoDemanded || isOwnerWithBoth ? null : new Refusal("sso_required");
  },
  mfa_required: ({ mfaPolicy, sso }, session) =>
    mfaPolicy !== "enforced" || hasProvedSecondFactor(session) || (sso?.valid && sso.secondFactor)
      ? null
      : new Refusal("mfa_required"),
} as const satisfies Record<string, Condition>;

/**
 * When time alone will end the admission of a session that is in use: at the workspace's session limit, or when a proof ends that the
 * workspace demands. A newer proof moves this time.
 */
export function endOf(membership: Membership & { sso: { until: Date } | null }, session: Proved): Date {
  const { sso, sessionAbsoluteMinutes } = membership;
  const authenticatedAt = Math.max(session.authenticatedAt.getTime(), sso?.provedAt.getTime() ?? 0);
  const limit = new Date(authenticatedAt + sessionAbsoluteMinutes * MINUTE_MS);
  if (!sso?.valid || sso.until >= limit) return limit;
  return refusalFor({ ...membership, sso: { ...sso, valid: false } }, session) === null ? limit : sso.until;
}

/** The refusal of the first condition that is not met, or null. */
export function refusalFor(membership: Membership, session: Proved): Refusal | null {
  for (const condition of Object.values(CONDITIONS)) {
    const refusal = condition(membership, session);
    if (refusal !== null) return refusal;
  }
  return null;
}
