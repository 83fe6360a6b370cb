/** Who sends a request, and what they have proved. */

/** How a session began: with the account's password, or with a link mailed to its address. */
export type SignedInBy = "password" | "mailed_link";

/** What a person can prove in a session. Each has its time in the session's row. */
export type Proof = "password" | "totp" | "recoveryCode";

/** A person's session. Another kind of caller, such as an API key, would be another kind of principal. */
export interface Principal {
  sessionId: string;
  accountId: string;
  email: string;
  name: string;
  signedInAt: Date;
  signedInBy: SignedInBy;
  /** When the person signed in, or gave their newest proof since. */
  authenticatedAt: Date;
  /** Whether that is less than five minutes ago. */
  recentlyAuthenticated: boolean;
  /** When this session proved the password; null if it never did. */
  passwordAt: Date | null;
  /** When this session proved a code of the authenticator app. */
  totpAt: Date | null;
  /** When this session used a recovery code. */
  recoveryCodeAt: Date | null;
}

/** What a session has proved, as conditions.ts reads it. */
export type Proved = Pick<Principal, "authenticatedAt" | "totpAt" | "recoveryCodeAt">;

/** Whether the session has proved a second factor. */
export function hasProvedSecondFactor({ totpAt, recoveryCodeAt }: Pick<Proved, "totpAt" | "recoveryCodeAt">): boolean {
  return totpAt !== null || recoveryCodeAt !== null;
}

/** Identifies a principal, to look it up again. */
export type PrincipalKey = Pick<Principal, "sessionId" | "accountId">;

/** What a tenant decides about: who it is, and what their session has proved. */
export type Claimant = PrincipalKey & Proved;
