/** Limits how many requests each workspace and each person may have open: an open request takes memory and time of the one thread. */
import type { Quotas } from "../config.ts";
import { Refusal } from "../platform/refusal.ts";

interface Response {
  readonly destroyed: boolean;
  once(event: "close", leave: () => void): unknown;
}

export interface InFlight {
  /**
   * Refuses a burst before anything is looked up for it.
   * @param accountId who seems to ask; any other text has no requests open
   * @throws Refusal unavailable when the person is at the limit
   */
  assertRoomFor(accountId: string): void;
  /**
   * Counts the request until its response closes.
   * @throws Refusal unavailable when the workspace or the person is at the limit, or when the client has left
   */
  enter(caller: { accountId: string; tenantId: string | null }, response: Response): void;
}

const tooMany = (whose: string, max: number) =>
  `${whose} ${max.toLocaleString("en")} requests open at once, which is the limit. Nothing was changed; try again in a moment.`;

const keyOf = (accountId: string) => `person ${accountId}`;

export function makeInFlight(quotas: Pick<Quotas, "requests" | "requestsPerPerson">): InFlight {
  const counts = new Map<string, number>();
  // Made once: a burst is refused a thousand times a second.
  const ofPerson = tooMany("Your account has", quotas.requestsPerPerson);
  const ofWorkspace = tooMany("This workspace has", quotas.requests);

  function assertRoom(key: string, max: number, detail: string): void {
    if ((counts.get(key) ?? 0) >= max) throw new Refusal("unavailable", { detail, retryAfter: 1 });
  }

  function add(key: string, count: 1 | -1): void {
    const now = (counts.get(key) ?? 0) + count;
    if (now === 0) counts.delete(key);
    else counts.set(key, now);
  }

  const assertRoomFor = (accountId: string) => assertRoom(keyOf(accountId), quotas.requestsPerPerson, ofPerson);

  return {
    assertRoomFor,
    enter({ accountId, tenantId }, response) {
      // The client left while its session was looked up. "close" has already been emitted, so the request would be counted forever.
      if (response.destroyed) throw new Refusal("unavailable");
      assertRoomFor(accountId);
      if (tenantId !== null) assertRoom(tenantId, quotas.requests, ofWorkspace);
      const person = keyOf(accountId);
      const keys = tenantId === null ? [person] : [person, tenantId];
      for (const key of keys) add(key, 1);
      response.once("close", () => {
        for (const key of keys) add(key, -1);
      });
    },
  };
}
