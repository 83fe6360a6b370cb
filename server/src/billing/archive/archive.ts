/**
 * Keeps issued documents after their workspace is deleted, for as long as the issuer's law demands it. Documents are copied before the
 * deletion is decided, because the workspace's key still opens their PDFs then. They enter the archive before their rows are erased.
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

type ArchiveServices = Pick<Services, "billing" | "database" | "documents" | "keys" | "threads" | "log" | "config">;

/** Erases archived documents whose years are over. */
export const TIDY_ARCHIVE: JobKind<unknown> = { name: "tidyArchive", crew: "upkeep", schedule: "23 3 * * *" };

type Facts = Omit<ArchivedDocument, "form" | "content">;

/** The tenant's documents that must be kept, each with the amount due on it. */
async function findWanted(services: ArchiveServices, tx: TenantTx): Promise<(ToKeep & { facts: Facts })[]> {
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

function findRows({ database }: ArchiveServices, tenantId: string, invoiceId: string): Promise<IssuedDocument | null> {
  return database.withTenant(tenantId, (tx) => findIssued(database, tx, invoiceId));
}

/**
 * Copies the documents that must be kept, before the tenant's deletion is decided: the stored PDF byte for byte, or the rows if there is
 * no PDF.
 * @throws the file system's error
 */
export async function stageDocuments(services: ArchiveServices, tenantId: string): Promise<void> {
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

/** Draws the document, or returns its rows if drawing fails. @throws Refusal unavailable, while all threads are busy */
async function drawOrKeepRows(
  services: ArchiveServices,
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

/** Returns null for a damaged file. */
async function openStaged(
  { keys, log }: ArchiveServices,
  staged: DocumentFolder,
  name: ArchivedName,
): Promise<ArchivedDocument | null> {
  const sealed = await staged.read(name);
  try {
    return openArchived(keys, name, sealed);
  } catch (error) {
    log.error({ err: error, number: name.number }, "the copy of a document for the archive was damaged");
    return null;
  }
}

/**
 * Archives every document that must be kept, before its rows are erased. A run that was stopped can be repeated.
 * @param step called after each document
 * @returns what the archive now holds of the tenant
 * @throws the file system's error; Refusal unavailable
 */
export async function archiveDocuments(
  services: ArchiveServices,
  tenantId: string,
  step: () => void | Promise<void>,
): Promise<Kept | null> {
  const { database, keys, config, log } = services;
  const folder = archiveFolder(config);
  const staged = folder.staged(tenantId);
  const wanted = new Map((await database.withTenant(tenantId, (tx) => findWanted(services, tx))).map((one) => [one.number, one]));
  const copies = new Map((await staged.list()).map((name) => [name.number, name]));
  const there = new Map((await folder.list()).map((name) => [name.number, name]));
  // A restored older database may lack the rows of a copied document.
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
    const content = rows ? await drawOrKeepRows(services, name, rows) : copy;
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

/** A copy older than this belongs to no deletion in progress: one that still copies adds a document every few seconds. */
const COPYING_MS = 3_600_000;

type TidyServices = Pick<Services, "database" | "config" | "tombstones">;

/** Removes copies whose deletion was refused or has ended. @param before removes only copies whose last document is older */
async function removeLeftovers({ database, config, tombstones }: TidyServices, before = Infinity): Promise<void> {
  const folder = archiveFolder(config);
  const staged = await folder.listStaged();
  if (staged.length === 0) return;
  // List the copies before reading the decisions. A deletion that is decided in between has only young copies.
  const old: string[] = [];
  for (const tenantId of staged) if (((await folder.stagedAt(tenantId)) ?? Infinity) <= before) old.push(tenantId);
  const erasing = new Set(await database.asPlatformStatement("what is being erased, for the archive", listBeingErased));
  const deleted = new Set(await tombstones.list());
  for (const tenantId of old) {
    // A restored database may not know the erasure yet.
    const isUnfinished = deleted.has(tenantId) && !(await tombstones.find(tenantId))?.receipt;
    if (!erasing.has(tenantId) && !isUnfinished) await folder.removeStaged(tenantId);
  }
}

/** Call when the server starts, after interrupted deletions were decided. */
export async function tidyAfterCrash(services: TidyServices): Promise<void> {
  await archiveFolder(services.config).removeParts();
  await removeLeftovers(services);
}

/** The first run erases nothing, because no earlier day confirms the clock. */
export async function tidyArchive(services: TidyServices & Pick<Services, "billing" | "log">): Promise<void> {
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

/** Call once the erasure has recorded which documents are archived. */
export function forgetStaged({ config }: Pick<Services, "config">, tenantId: string): Promise<void> {
  return archiveFolder(config).removeStaged(tenantId);
}
