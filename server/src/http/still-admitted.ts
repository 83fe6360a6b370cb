/** Gate 1 again, for what goes on long after its request was admitted: a download takes hours, and rights end in a moment. */
import { setTimeout as pause } from "node:timers/promises";
import { findHeldSessions, type SignedIn } from "../accounts/sessions.ts";
import { findAdmitted, type Member } from "../members/admit.ts";
import type { Database, TenantTx } from "../platform/db/pools.ts";
import { orNotFound, Refusal } from "../platform/refusal.ts";

/** For how long a download waits where nobody can be asked: proxies and browsers give up on a silent one after a minute. */
const PATIENCE_MS = 45_000;
const AGAIN_MS = 500;

/**
 * In a transaction of its own, as the member whom that session is by now. While the database is away or the tenant's line is full, it is
 * asked again: nothing is given meanwhile, and a busy moment doesn't break a download of hours.
 * @param work only reads: it may be done again
 * @throws Refusal not_signed_in when the session is over, not_found when the membership is, or the tenant; unavailable after 45 s
 */
export async function stillAdmitted<Result>(
  database: Database,
  tenantId: string,
  account: SignedIn,
  work: (tx: TenantTx, member: Member) => Promise<Result>,
): Promise<Result> {
  for (const deadline = performance.now() + PATIENCE_MS; ; await pause(AGAIN_MS, undefined, { ref: false })) {
    try {
      return await askOnce(database, tenantId, account, work);
    } catch (error) {
      const isBusy = error instanceof Refusal && error.code === "unavailable";
      if (!isBusy || performance.now() > deadline) throw error;
    }
  }
}

async function askOnce<Result>(
  database: Database,
  tenantId: string,
  account: SignedIn,
  work: (tx: TenantTx, member: Member) => Promise<Result>,
): Promise<Result> {
  const held = await findHeldSessions(database, tenantId, [account]);
  if (!held.has(account.sessionId)) throw new Refusal("not_signed_in");
  return database.withTenant(tenantId, async (tx) =>
    work(tx, orNotFound((await findAdmitted(tx, [account.accountId])).get(account.accountId))),
  );
}

/** It is asked again after so many bytes, and when the reader has let so many milliseconds pass. */
const ASK_AFTER_BYTES = 1024 * 1024;
const ASK_AFTER_MS = 1_000;

/** The bytes, for as long as `stillMay` does not throw; what it throws breaks them off. */
export async function* whileAllowed(bytes: AsyncIterable<Buffer>, stillMay: () => Promise<void>): AsyncGenerator<Buffer> {
  let given = 0;
  let asked = performance.now();
  for await (const piece of bytes) {
    if (given >= ASK_AFTER_BYTES || performance.now() - asked >= ASK_AFTER_MS) {
      await stillMay();
      given = 0;
      asked = performance.now();
    }
    given += piece.length;
    yield piece;
  }
}
