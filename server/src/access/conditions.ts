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
}

/** @returns null when the condition is met, otherwise the refusal that says what to do next */
type Condition = (membership: Membership, session: Proved) => Refusal | null;

/** In the order in which they are checked. */
export const CONDITIONS = {
  suspended: ({ status }) => (status === "active" ? null : new Refusal("suspended")),
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
