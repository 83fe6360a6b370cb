/** Which account sent a request, known before its session is looked up, because pacing.ts gives each account its own turns. */

/** How many sessions are remembered. The least recently used one is forgotten first. */
const REMEMBERED = 10_000;

/** One caller for all unknown sessions: otherwise each invented cookie would get turns of its own. */
const UNKNOWN = "";

export interface Callers {
  /** The account id of a remembered session, or one shared key for all others. */
  callerOf(tokenHash: Buffer | null): string;
  /** Call it when the session has been found. */
  remember(tokenHash: Buffer | null, accountId: string): void;
}

/** @param remembered how many sessions to remember; tests set it */
export function makeCallers(remembered = REMEMBERED): Callers {
  const accounts = new Map<string, string>();
  const keyOf = (tokenHash: Buffer) => tokenHash.toString("latin1");
  return {
    callerOf: (tokenHash) => (tokenHash === null ? UNKNOWN : (accounts.get(keyOf(tokenHash)) ?? UNKNOWN)),
    remember(tokenHash, accountId) {
      if (tokenHash === null) return;
      const key = keyOf(tokenHash);
      accounts.delete(key);
      accounts.set(key, accountId);
      if (accounts.size > remembered) accounts.delete(accounts.keys().next().value ?? "");
    },
  };
}
