/** Carries out a decided deletion: repeats the database's part until it succeeds, and destroys the key. */
import { mailedPaths } from "#contract/paths.ts";
import { setTimeout as pause } from "node:timers/promises";
import { endingOf, forgetPayments } from "../billing/billing.ts";
import { announce } from "../platform/changes.ts";
import type { Db, PlatformTx } from "../platform/db/pools.ts";
import { pageLink } from "../platform/mail/link.ts";
import { queueMail } from "../platform/mail/mail.ts";
import { mailWords } from "../platform/mail/words.ts";
import type { Deletion } from "../platform/tombstones.ts";
import type { Deleter, Services } from "../services.ts";
import { destroyKey, enqueueErasure } from "./erasure.ts";
import * as queries from "./queries.ts";

/**
 * Whether the tombstone of this deletion exists. It may exist even after writing it failed.
 * @throws the disk's error when the file cannot be read; then the answer is unknown
 */
export async function isDecided(services: Services, { tenantId, tokenHash }: Deletion): Promise<boolean> {
  const tombstone = await services.tombstones.find(tenantId);
  return tombstone !== null && tombstone.tokenHash === tokenHash?.toString("hex");
}

/**
 * The transaction's part of a deletion: makes the tenant unfindable, announces that, queues the erasure and the owner's mail.
 * @returns null, without doing anything, when the database already has this deletion
 */
export async function tellDatabase(
  services: Services,
  { db, enterTenant }: PlatformTx,
  deletion: Deletion,
): Promise<queries.NewErasure | null> {
  const { tenantId, linkTo } = deletion;
  await enterTenant(tenantId);
  const erasure = await queries.beginErasure(db, deletion);
  if (!erasure) return null;
  await forgetPayments(db, erasure.customers ?? []);
  const billing = deletion.replay ? null : await noteEndedBilling(services, db, tenantId);
  await enqueueErasure(db, tenantId);
  await announce(db, { kind: "tenantDeleted", tenantId });
  if (linkTo) {
    // No tenant id and no name: mails of the tenant are erased, and this one must stay.
    await queueMail(db, services.keys, {
      to: linkTo.email,
      subject: mailWords`You deleted a workspace on whoot`,
      text: mailWords`The workspace you deleted is gone for everyone, and the key to its recordings is destroyed. This link shows how far the erasure is and, at the end, the signed receipt. Don't share it: it works without signing in.`,
      link: pageLink(services, mailedPaths.deletion(linkTo.token)),
      tenantId: null,
    });
  }
  return { ...erasure, billing };
}

/** Stores debts, lost credit and unrecorded payments for the receipt. A failure here must not prevent the deletion. */
async function noteEndedBilling(services: Services, db: Db, tenantId: string): Promise<queries.EndedBilling | null> {
  try {
    // In a transaction of its own, because an error would end this one.
    const ending = await services.database.withTenant(tenantId, (tx) => endingOf(services, tx), { line: "deletion" });
    if (!ending) return null;
    const ended: queries.EndedBilling = {
      currency: ending.currency.code,
      digits: ending.currency.digits,
      openInvoices: ending.open.length,
      due: ending.open.reduce((sum, { due }) => sum + due, 0),
      creditLost: ending.creditLost,
      daysLost: ending.daysLost,
      ...(ending.unrecorded.length > 0 && { unrecorded: ending.unrecorded.map(({ received }) => received) }),
    };
    await queries.noteEndedBilling(db, tenantId, ended);
    for (const { payment, number: document } of ending.unrecorded) {
      services.log.error(
        { tenantId, payment, document },
        "a workspace is deleted whose payment is in no ledger: look at it at the provider",
      );
    }
    return ended;
  } catch (error) {
    services.log.error(
      { err: error, tenantId },
      "what a deleted tenant owed and lost could not be read; its receipt won't say it",
    );
    return null;
  }
}

/** Call after the commit: destroys the key. On failure, the erasure job and the next start try again. */
export async function tryToDestroyKey(services: Services, tenantId: string): Promise<void> {
  try {
    const erasure = await services.database.asPlatformStatement("what was just deleted", (db) =>
      queries.findErasure(db, tenantId),
    );
    if (erasure) await destroyKey(services, erasure);
  } catch (error) {
    services.log.error({ err: error, tenantId }, "destroying a deleted tenant's key failed; the erasure tries again");
  }
}

const AGAIN_MS = 1_000;

/** Starts the deleter. `close` stops its retries; the next start continues them. */
export function startDeleter(services: Services): Deleter & { close(): Promise<void> } {
  const closing = new AbortController();
  const retries = new Map<string, Promise<void>>();

  async function tell(deletion: Deletion): Promise<boolean> {
    try {
      if (!(await isDecided(services, deletion))) return true;
      await services.database.asPlatform("delete a tenant whose deletion is decided", (tx) =>
        tellDatabase(services, tx, deletion),
      );
    } catch (error) {
      services.log.error({ err: error, tenantId: deletion.tenantId }, "committing a decided deletion failed again; trying again");
      return false;
    }
    await tryToDestroyKey(services, deletion.tenantId);
    return true;
  }

  async function keepTrying(deletion: Deletion): Promise<void> {
    do await pause(AGAIN_MS, undefined, { signal: closing.signal });
    while (!(await tell(deletion)));
  }

  return {
    async carryOut(deletion) {
      const { tenantId } = deletion;
      if ((await tell(deletion)) || closing.signal.aborted) return;
      const retry = keepTrying(deletion)
        .catch(() => {}) // aborted by close
        .finally(() => retries.delete(tenantId));
      retries.set(tenantId, retry);
    },
    async close() {
      closing.abort();
      await Promise.all(retries.values());
    },
  };
}
