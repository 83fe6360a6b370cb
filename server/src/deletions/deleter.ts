/** Carries out a deletion that is decided: tells the database, until it knows, and destroys the key. */
import { setTimeout as pause } from "node:timers/promises";
import { announce } from "../platform/changes.ts";
import type { PlatformTx } from "../platform/db/pools.ts";
import { queueMail } from "../platform/mail/mail.ts";
import type { Services } from "../services.ts";
import { destroyKey, enqueueErasure } from "./erasure.ts";
import * as queries from "./queries.ts";

export interface Deletion {
  tenantId: string;
  /** SHA-256 of the token that it is followed by. */
  tokenHash: Buffer | null;
  /** A backup brought it back, and it is deleted again. */
  replay: boolean;
  /** To whom the link goes that the deletion is followed by. */
  linkTo: { email: string; token: string } | null;
}

/**
 * As a start would find it, also after a tombstone that could not be written to the end.
 * @throws what the disk says when it can't be read: then it may be either.
 */
export async function isDecided(services: Services, { tenantId, tokenHash }: Deletion): Promise<boolean> {
  const tombstone = await services.tombstones.find(tenantId);
  return tombstone !== null && tombstone.tokenHash === tokenHash?.toString("hex");
}

/**
 * All that the deletion's transaction does: nothing leads to the tenant any more, everybody is told, and what is left of it is asked
 * to be erased.
 * @returns null when the database knew already, or is being told right now by another: then nothing is done.
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
  await enqueueErasure(db, tenantId);
  await announce(db, { kind: "tenantDeleted", tenantId });
  if (linkTo) {
    // About no tenant any more, and without its name: this mail is to outlive it.
    await queueMail(db, services.keys, {
      to: linkTo.email,
      subject: "You deleted a workspace on whoot",
      text:
        "The workspace that you deleted is gone for everyone, and the key of its recordings is destroyed. " +
        "This link shows how far the erasure of the rest is and, at the end, the signed receipt. It needs no sign-in: keep it to yourself.",
      link: `${services.publicUrl()}/deletion#${linkTo.token}`,
      tenantId: null,
    });
  }
  return erasure;
}

/** After the commit: the key goes. What fails here is tried again by the job, and by the next start. */
export async function tryToDestroyKey(services: Services, tenantId: string): Promise<void> {
  try {
    const erasure = await services.database.readAsPlatform("what was just deleted", (db) => queries.findErasure(db, tenantId));
    if (erasure) await destroyKey(services, erasure);
  } catch (error) {
    services.log.error({ err: error, tenantId }, "a deleted tenant keeps its key for now; the erasure destroys it");
  }
}

export interface Deleter {
  /**
   * Tells the database now and, should that fail, again and again; nothing once the disk says that it was never decided. What it could
   * not be told by the end of the process, a start tells it.
   */
  carryOut(deletion: Deletion): Promise<void>;
  close(): Promise<void>;
}

const AGAIN_MS = 1_000;

export function startDeleter(services: Services): Deleter {
  const closing = new AbortController();
  const trying = new Map<string, Promise<void>>();

  async function tell(deletion: Deletion): Promise<boolean> {
    try {
      if (!(await isDecided(services, deletion))) return true;
      await services.database.asPlatform("delete a tenant whose deletion is decided", (tx) =>
        tellDatabase(services, tx, deletion),
      );
    } catch (error) {
      services.log.error({ err: error, tenantId: deletion.tenantId }, "the database still couldn't be told of a deletion");
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
      const tried = keepTrying(deletion)
        .catch(() => {}) // the server stops
        .finally(() => trying.delete(tenantId));
      trying.set(tenantId, tried);
    },
    async close() {
      closing.abort();
      await Promise.all(trying.values());
    },
  };
}
