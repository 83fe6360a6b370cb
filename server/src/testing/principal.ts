import type { Principal } from "../access/principal.ts";
import type { Person } from "./people.ts";

/** The principal of a person who signed in with their password just now. */
export function principalOf(
  { accountId, email, name }: Pick<Person, "accountId" | "email" | "name">,
  sessionId: string,
): Principal {
  const now = new Date();
  return {
    sessionId,
    accountId,
    email,
    name,
    signedInAt: now,
    signedInBy: "password",
    authenticatedAt: now,
    ssoTenantId: null,
    recentlyAuthenticated: true,
    passwordAt: now,
    totpAt: null,
    recoveryCodeAt: null,
    passkeyAt: null,
    verifiedPasskeyAt: null,
  };
}
