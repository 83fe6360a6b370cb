/** Who sends a request, and what they have proved. */

/** How a session began: with the account's password, a link mailed to its address, a passkey, or a workspace's single sign-on. */
export type SignedInBy = "password" | "mailed_link" | "passkey" | "sso";

/**
 * What a person can prove in a session. The session's row has a time for each. A `verifiedPasskey` also checked its user, by PIN,
 * fingerprint or face.
 */
export type Proof = "password" | "totp" | "recoveryCode" | "passkey" | "verifiedPasskey";

/** A person's session. Another kind of caller, such as an API key, would be another kind of principal. */
export interface Principal {
  sessionId: string;
  accountId: string;
  email: string;
  name: string;
  signedInAt: Date;
  signedInBy: SignedInBy;
  /** The tenant whose provider began the session; null for any other session. */
  ssoTenantId: string | null;
  /** When the person signed in, or gave their newest proof since. */
  authenticatedAt: Date;
  /**
   * Whether `authenticatedAt` is less than five minutes ago. Single sign-on does not count, because it proves something only to its own
   * workspace (gate.ts).
   */
  recentlyAuthenticated: boolean;
  /** When this session proved the password; null if it never did. */
  passwordAt: Date | null;
  /** When this session proved a code of the authenticator app. */
  totpAt: Date | null;
  /** When this session used a recovery code. */
  recoveryCodeAt: Date | null;
  /** When this session used a passkey that did not check the person. */
  passkeyAt: Date | null;
  /** When this session used a passkey that checked the person. */
  verifiedPasskeyAt: Date | null;
}

/** What a session has proved, as conditions.ts reads it. */
export type Proved = Pick<
  Principal,
  "signedInBy" | "authenticatedAt" | "passwordAt" | "totpAt" | "recoveryCodeAt" | "passkeyAt" | "verifiedPasskeyAt"
>;

/**
 * Whether the session has proved the account itself. A session that has only a workspace's single sign-on is valid in that workspace only,
 * because its admins control what their provider says.
 */
export function hasProvedAccount(session: Pick<Proved, "signedInBy" | "passwordAt" | "verifiedPasskeyAt">): boolean {
  return session.signedInBy !== "sso" || session.passwordAt !== null || session.verifiedPasskeyAt !== null;
}

/**
 * Whether the session has proved a second factor. A passkey that checks the person counts as two factors. One that doesn't counts as one,
 * beside the password.
 */
export function hasProvedSecondFactor(session: Omit<Proved, "authenticatedAt" | "signedInBy">): boolean {
  const { passwordAt, totpAt, recoveryCodeAt, passkeyAt, verifiedPasskeyAt } = session;
  if (totpAt !== null || recoveryCodeAt !== null || verifiedPasskeyAt !== null) return true;
  return passkeyAt !== null && passwordAt !== null;
}

/** Whether the session has proved more than the password. Then the password may authenticate it again. */
export function hasProvedMoreThanPassword(session: Omit<Proved, "authenticatedAt" | "signedInBy">): boolean {
  return session.passkeyAt !== null || hasProvedSecondFactor(session);
}

/** Identifies a principal, to look it up again. */
export type PrincipalKey = Pick<Principal, "sessionId" | "accountId">;

/** Whom a tenant admits or refuses: the account, and what the session has proved. */
export type Claimant = PrincipalKey & Proved;
