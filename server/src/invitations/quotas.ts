/**
 * Limits over all tenants, which no tenant's rows can count. Counted in this process, because with rows above tenants one tenant's transaction
 * would make another's wait. A restart resets these counts, but not the limits per tenant, which are counted in rows.
 */
import { LRUCache } from "lru-cache";
import { makeWindowQuota, type WindowQuota } from "../platform/window-quota.ts";

const DAY_MS = 24 * 3_600_000;
/** Invitation mails of a person in 24 hours, over all their workspaces. */
const MAILS_PER_PERSON = 4_000;
/** Mailboxes with a count. The least recently used one is evicted. */
const MAX_MAILBOXES = 100_000;
/** Invitation mails from one tenant to one address in 24 hours. */
export const MAILS_PER_ADDRESS = 10;
/** Invitation mails from all tenants to one address in 24 hours. */
const MAILS_PER_MAILBOX = 20;

export interface Quotas {
  /** Invitation mails of a person, by account id. */
  personal: WindowQuota;
  /** Invitation mails to one address, from all tenants and people. */
  mailboxes: {
    /** Counts a mail before it is sent, so that concurrent mails are all counted. False when the limit is reached. */
    take(email: string): boolean;
  };
}

export function makeQuotas(now: () => number = () => performance.now()): Quotas {
  // Not `max`, which reserves memory for all mailboxes.
  const bounds = { maxSize: MAX_MAILBOXES, sizeCalculation: () => 1 };
  const mailed = new LRUCache<string, number>({ ...bounds, ttl: DAY_MS, noUpdateTTL: true, perf: { now } });
  return {
    personal: makeWindowQuota(MAILS_PER_PERSON, DAY_MS),
    mailboxes: {
      take(email) {
        const count = mailed.get(email) ?? 0;
        if (count >= MAILS_PER_MAILBOX) return false;
        mailed.set(email, count + 1);
        return true;
      },
    },
  };
}
