/** Limits how many requests each workspace and each person may have open: an open request takes memory and time of the one thread. */
import type { Quotas } from "../config.ts";
import { Refusal } from "../platform/refusal.ts";

interface Response {
  readonly destroyed: boolean;
  once(event: "close", leave: () => void): unknown;
}

export interface InFlight {
  /**
   * Counts the request until its response closes.
   * @throws Refusal unavailable when the workspace or the person is at the limit, or when the client has left
   */
  enter(caller: { accountId: string; tenantId: string | null }, response: Response): void;
}

export function makeInFlight(quotas: Pick<Quotas, "requests" | "requestsPerPerson">): InFlight {
  const counts = new Map<string, number>();

  function assertRoom(key: string, max: number, whose: string): void {
    if ((counts.get(key) ?? 0) < max) return;
    const detail = `${whose} ${max.toLocaleString("en")} requests open at once, which is the limit. Nothing was changed; try again in a moment.`;
    throw new Refusal("unavailable", { detail, retryAfter: 1 });
  }

  function add(key: string, count: 1 | -1): void {
    const now = (counts.get(key) ?? 0) + count;
    if (now === 0) counts.delete(key);
    else counts.set(key, now);
  }

  return {
    enter({ accountId, tenantId }, response) {
      // The client left while its session was looked up. "close" has already been emitted, so the request would be counted forever.
      if (response.destroyed) throw new Refusal("unavailable");
      const person = `person ${accountId}`;
      assertRoom(person, quotas.requestsPerPerson, "Your account has");
      if (tenantId !== null) assertRoom(tenantId, quotas.requests, "This workspace has");
      const keys = tenantId === null ? [person] : [person, tenantId];
      for (const key of keys) add(key, 1);
      response.once("close", () => {
        for (const key of keys) add(key, -1);
      });
    },
  };
}
