/**
 * Keeps issued documents beyond the deletion of their workspace, where the law of the issuer wants it. They are copied before the deletion is
 * decided, while the workspace's key still opens their PDFs, and get into the archive before any row of them is erased.
 */
import { KeyDestroyedError } from "../../platform/keys.ts";
import { Refusal } from "../../platform/refusal.ts";
import type { TenantTx } from "../../platform/db/pools.ts";
import type { JobKind } from "../../platform/jobs.ts";
import type { Services } from "../../services.ts";
import { drawIssued, findIssued, findKept } from "../documents/documents.ts";
import type { IssuedDocument } from "../documents/issued.ts";
import { dueOf } from "../reckoning/account.ts";
import { receivableOf } from "../store.ts";
import * as storeQueries from "../store-queries.ts";
import { type ArchivedName, archiveFolder, type DocumentFolder, LAST_TIDIED } from "./folder.ts";
import { type Kept, keptOf, listToKeep, type ToKeep, trustedDay } from "./keeping.ts";
import { listBeingErased } from "./queries.ts";
import { documentOf, rowsOf } from "./rows.ts";
import { type ArchivedDocument, openArchived, sealArchived } from "./sealed.ts";

type Needed = Pick<Services, "billing" | "database" | "documents" | "keys" | "threads" | "log" | "config">;

/** Erases archived documents whose years are over. */
export const TIDY_ARCHIVE: JobKind<unknown> = { name: "tidyArchive", crew: "upkeep", schedule: "23 3 * * *" };

type Facts = Omit<ArchivedDocument, "form" | "content">;

/** What is to be kept of the tenant, with what is due on each. */
async function findWanted(services: Needed, tx: TenantTx): Promise<(ToKeep & { facts: Facts })[]> {
  const open = await storeQueries.listOpenInvoices(tx.db);
  const due = new Map(open.map((row) => [row.invoiceId, dueOf(receivableOf(row))]));
  return (await listToKeep(services, tx)).map((document) => {
    const { invoiceId, kind, issuedOn, currency: code, digits, gross } = document.row;
    const facts = {
      ...{ kind: kind as Facts["kind"], issuedOn, currency: { code, digits } },
      ...{ gross: BigInt(gross), due: due.get(invoiceId) ?? 0n },
    };
    return { ...document, facts };
  });
}

function findRows({ database }: Needed, tenantId: string, invoiceId: string): Promise<IssuedDocument | null> {
  return database.withTenant(tenantId, (tx) => findIssued(database, tx, invoiceId));
}

/**
 * Copies what must be kept, before the tenant's deletion is decided: PDFs that people have, byte for byte, and otherwise the rows.
 * @throws the file system's error
 */
export async function stageDocuments(services: Needed, tenantId: string): Promise<void> {
  const { database, keys, config } = services;
  const staged = archiveFolder(config).staged(tenantId);
  for (const { facts, row, ...name } of await database.withTenant(tenantId, (tx) => findWanted(services, tx))) {
    const place = { tenantId, invoiceId: row.invoiceId };
    try {
      const pdf = await findKept(services, place);
      const document = pdf ? null : await findRows(services, tenantId, row.invoiceId);
      if (pdf) await staged.write(name, sealArchived(keys, name, { ...facts, form: "pdf", content: pdf }));
      else if (document)
        await staged.write(name, sealArchived(keys, name, { ...facts, form: "rows", content: rowsOf(document) }));
    } catch (error) {
      if (error instanceof KeyDestroyedError) return; // deleted meanwhile, by somebody who copied them first
      throw error;
    }
  }
}

/** Draws it, or leaves it as rows if that can't be done. @throws Refusal unavailable, while all threads are busy */
async function drawn(
  services: Needed,
  name: ArchivedName,
  document: IssuedDocument,
): Promise<Pick<ArchivedDocument, "form" | "content">> {
  try {
    return { form: "pdf", content: await drawIssued(services, document, ["the archive of issued documents"]) };
  } catch (error) {
    if (error instanceof Refusal && error.code === "unavailable") throw error;
    services.log.error(
      { err: error, number: name.number },
      "a document could not be drawn for the archive, which keeps its rows",
    );
    return { form: "rows", content: rowsOf(document) };
  }
}

/** Null for a file that doesn't open. */
async function openStaged({ keys, log }: Needed, staged: DocumentFolder, name: ArchivedName): Promise<ArchivedDocument | null> {
  const sealed = await staged.read(name);
  try {
    return openArchived(keys, name, sealed);
  } catch (error) {
    log.error({ err: error, number: name.number }, "the copy of a document for the archive was damaged");
    return null;
  }
}

/**
 * Puts everything that must be kept into the archive, before its rows are erased. Stopped at any point, it goes on where it was.
 * @param step called after each document
 * @returns what the archive has of the tenant now
 * @throws the file system's error; Refusal unavailable
 */
export async function archiveDocuments(
  services: Needed,
  tenantId: string,
  step: () => void | Promise<void>,
): Promise<Kept | null> {
  const { database, keys, config, log } = services;
  const folder = archiveFolder(config);
  const staged = folder.staged(tenantId);
  const wanted = new Map((await database.withTenant(tenantId, (tx) => findWanted(services, tx))).map((one) => [one.number, one]));
  const copies = new Map((await staged.list()).map((name) => [name.number, name]));
  const there = new Map((await folder.list()).map((name) => [name.number, name]));
  // A copy without rows: an older database was restored before the archive had everything.
  const names = new Map<string, ArchivedName>([...wanted, ...copies]);
  const kept: ArchivedName[] = [];
  for (const { number, keptUntil } of names.values()) {
    const before = there.get(number);
    if (before) {
      kept.push(before);
      continue;
    }
    const name = { number, keptUntil };
    const copy = copies.has(number) ? await openStaged(services, staged, name) : null;
    const row = wanted.get(number);
    const rows =
      copy?.form === "rows"
        ? documentOf(copy.content)
        : copy || !row
          ? null
          : await findRows(services, tenantId, row.row.invoiceId);
    const facts = copy ?? row?.facts;
    const content = rows ? await drawn(services, name, rows) : copy;
    if (!facts || !content) {
      log.error({ number }, "a document that was to be kept is lost");
      continue;
    }
    await folder.write(name, sealArchived(keys, name, { ...facts, form: content.form, content: content.content }));
    kept.push(name);
    await step();
  }
  return keptOf(kept);
}

/** A deletion that copies documents adds one each few seconds, until it is decided. */
const COPYING_MS = 3_600_000;

type Tidied = Pick<Services, "database" | "config" | "tombstones">;

/** Removes copies that no deletion waits for: one that was refused, or has ended. @param before when the last copy was added */
async function removeLeftovers({ database, config, tombstones }: Tidied, before = Infinity): Promise<void> {
  const folder = archiveFolder(config);
  const staged = await folder.listStaged();
  if (staged.length === 0) return;
  // Read before what is decided: a deletion that is decided meanwhile has copies that are young.
  const old: string[] = [];
  for (const tenantId of staged) if (((await folder.stagedAt(tenantId)) ?? Infinity) <= before) old.push(tenantId);
  const erasing = new Set(await database.asPlatformStatement("what is being erased, for the archive", listBeingErased));
  const deleted = new Set(await tombstones.list());
  for (const tenantId of old) {
    // A restored database may not know the erasure (yet).
    const isUnfinished = deleted.has(tenantId) && !(await tombstones.find(tenantId))?.receipt;
    if (!erasing.has(tenantId) && !isUnfinished) await folder.removeStaged(tenantId);
  }
}

/** When the server starts, after deletions that a crash interrupted were decided. */
export async function tidyAfterCrash(services: Tidied): Promise<void> {
  await archiveFolder(services.config).removeParts();
  await removeLeftovers(services);
}

/** The job. Its first run erases nothing, because no earlier day confirms the clock. */
export async function tidyArchive(services: Tidied & Pick<Services, "billing" | "log">): Promise<void> {
  const { billing, config, log } = services;
  await removeLeftovers(services, Date.now() - COPYING_MS);
  await billing.readClock();
  const folder = archiveFolder(config);
  const { today, lastTidied, isTrusted } = await trustedDay(services);
  if (!isTrusted) {
    log.error(
      { lastTidied },
      `the clock is far ahead of the day on which the archive was last tidied, so nothing of it is erased. If the clock is right, remove archive/${LAST_TIDIED}`,
    );
    return;
  }
  const over = lastTidied === null ? [] : (await folder.list()).filter((name) => name.keptUntil < today);
  for (const name of over) await folder.remove(name);
  await folder.noteTidied(today);
  if (over.length > 0) log.info({ documents: over.length }, "erased archived documents whose years are over");
}

/** Call it once the erasure has noted what is archived. */
export function forgetStaged({ config }: Pick<Services, "config">, tenantId: string): Promise<void> {
  return archiveFolder(config).removeStaged(tenantId);
}
