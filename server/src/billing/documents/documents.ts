/**
 * Invoices and credit notes as PDF. A thread draws each document when it is first needed. The PDF is then stored, sealed with the
 * tenant's key, so its bytes never change.
 */
import type { Database, TenantTx } from "../../platform/db/pools.ts";
import { KeyDestroyedError, openWithEither } from "../../platform/keys.ts";
import { orNotFound, Refusal } from "../../platform/refusal.ts";
import type { Services } from "../../services.ts";
import { catalogueOf } from "../catalogues.ts";
import { toInstant } from "../rows.ts";
import type { TaxCategory } from "../reckoning/tax.ts";
import type { DrawingInput, DrawingOutput } from "./drawing-task.ts";
import type { Buyer, IssuedDocument, IssuedLine, Seller } from "./issued.ts";
import * as queries from "./queries.ts";
import { openSealed, sealDocument } from "./sealed-document.ts";

const TASK = new URL("drawing-task.ts", import.meta.url);

async function planNamesOf(database: Database, version: number): Promise<ReadonlyMap<string, string>> {
  const { plans } = await catalogueOf(database, version);
  return new Map(plans.map(({ id, name }) => [id, name]));
}

/** Names of plans, by version of the catalogue. */
type Names = Map<number | null, ReadonlyMap<string, string>>;

function lineOf(row: queries.DocumentLineRow, names: Names): IssuedLine {
  const amount = BigInt(row.amount);
  return {
    kind: amount < 0n ? "credit" : "charge",
    plan: row.plan && (names.get(row.version)?.get(row.plan) ?? row.plan),
    item: row.item,
    quantity: BigInt(row.quantity),
    unitPrice: BigInt(row.unitPrice),
    from: toInstant(row.from),
    to: toInstant(row.to),
    amount: amount < 0n ? -amount : amount,
    tax: { category: row.category as TaxCategory, rate: row.rate, reason: row.reason },
    changes: row.changes,
  };
}

interface TaxRow {
  category: TaxCategory;
  rate: number;
  reason: string | null;
  base: number;
  tax: number;
}

/** Reads an issued document from its rows; null if it does not exist. */
export async function findIssued(database: Database, tx: TenantTx, invoiceId: string): Promise<IssuedDocument | null> {
  const row = await queries.findInvoice(tx.db, invoiceId);
  if (!row) return null;
  const lines = await queries.listLines(tx.db, invoiceId);
  const names: Names = new Map();
  for (const { version } of lines) {
    if (!names.has(version)) names.set(version, await planNamesOf(database, version ?? row.catalogue_version));
  }
  const taxes = row.taxes as unknown as TaxRow[];
  return {
    kind: row.kind as IssuedDocument["kind"],
    number: row.number,
    issuedOn: row.issued_on,
    dueOn: row.due_on,
    currency: { code: row.currency, digits: row.digits },
    totals: {
      net: BigInt(row.net),
      tax: BigInt(row.tax),
      gross: BigInt(row.gross),
      taxes: taxes.map(({ base, tax, ...rest }) => ({ ...rest, base: BigInt(base), tax: BigInt(tax) })),
    },
    settled: await queries.findSettled(tx.db, invoiceId),
    seller: row.seller as unknown as Seller,
    buyer: row.buyer as unknown as Buyer,
    lines: lines.map((line) => lineOf(line, names)),
    amends: row.amends.length === 0 ? [] : await queries.listDays(tx.db, row.amends),
    sample: row.sample,
  };
}

/** A page of the tenant's documents, the oldest first. */
export function listDocuments(tx: TenantTx, after: string | null, limit: number) {
  return queries.listInvoiceIds(tx.db, after, limit);
}

interface DocumentKey {
  tenantId: string;
  invoiceId: string;
}

type DocumentServices = Pick<Services, "database" | "documents" | "keys" | "threads" | "log" | "config">;

/** The stored PDF; null if it was never drawn, or the disk damaged it. @throws the file system's error; KeyDestroyedError */
export async function findKept(
  { documents, keys, log }: DocumentServices,
  { tenantId, invoiceId }: DocumentKey,
): Promise<Buffer | null> {
  if (documents.stateOf(tenantId, invoiceId) !== "finished") return null;
  const openingKeys = keys.openingKeys(tenantId);
  const blob = await documents.read(tenantId, invoiceId);
  if (!blob) return null;
  try {
    const sealed = await blob.read(0, blob.size);
    return await openWithEither(openingKeys, (key) => openSealed(key, invoiceId, sealed));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).syscall !== undefined) throw error;
    log.error({ tenantId, invoiceId }, "no key opens the PDF of a document: it was damaged, and is drawn again");
    return null;
  } finally {
    await blob.close();
  }
}

/** Stores the PDF. On a full disk it is not stored, and the next request draws it again. @throws KeyDestroyedError */
async function keep(
  { documents, keys, log }: DocumentServices,
  { tenantId, invoiceId }: DocumentKey,
  pdf: Buffer,
): Promise<void> {
  const held = keys.hold(tenantId);
  // Seal before the next await, because a deletion fills the key with zeros.
  const sealed = sealDocument(held.key, invoiceId, pdf);
  try {
    // Remove a file that a crash interrupted or the disk damaged.
    await documents.remove(tenantId, invoiceId);
    const writer = await documents.write(tenantId, invoiceId);
    try {
      await writer.append(sealed);
      await writer.finish();
    } catch (error) {
      await writer.abandon().catch(() => {}); // fails if already closed
      await documents.remove(tenantId, invoiceId);
      throw error;
    }
  } catch (error) {
    log.error({ err: error, tenantId, invoiceId }, "the PDF of a document could not be kept");
  } finally {
    held.release();
  }
  // The tenant's files may have been erased before this one was written.
  if (!keys.has(tenantId)) {
    await documents.removeTenant(tenantId);
    throw new KeyDestroyedError(tenantId);
  }
}

/** @throws Refusal unavailable, when no thread is free in time */
export async function drawIssued(
  { threads, config, log }: Pick<Services, "threads" | "config" | "log">,
  document: IssuedDocument,
  holders: readonly string[],
): Promise<Buffer> {
  const input: DrawingInput = { document, dataFolder: config.dataFolder };
  const { pdf, replaced } = await threads.run<DrawingInput, DrawingOutput>(TASK, input, holders).catch(refuseLong);
  if (replaced.length > 0) {
    const characters = replaced.slice(0, 10);
    log.warn(
      { number: document.number, characters },
      "a document shows codes for characters that no font has; see docs/billing.md",
    );
  }
  return Buffer.from(pdf.buffer, pdf.byteOffset, pdf.byteLength);
}

async function draw(services: DocumentServices, place: DocumentKey, holders: readonly string[]): Promise<Buffer> {
  const { database } = services;
  const { tenantId, invoiceId } = place;
  const document = orNotFound(await database.withTenant(tenantId, (tx) => findIssued(database, tx, invoiceId)));
  const bytes = await drawIssued(services, document, holders);
  await keep(services, place, bytes);
  return bytes;
}

/** Replaces the thread's refusal, whose text is about files that people send. */
function refuseLong(error: unknown): never {
  if (!(error instanceof Refusal) || error.code === "unavailable") throw error;
  throw new Error("drawing a document took too long", { cause: error });
}

/** Documents that are being drawn, so that two simultaneous requests share one drawing. */
const drawing = new Map<string, Promise<Buffer>>();

/**
 * Returns the document as PDF. Call outside of transactions, because drawing may wait for a thread.
 * @param holders whom the thread counts for
 * @throws Refusal not_found, unavailable; KeyDestroyedError
 */
export async function openDocument(services: DocumentServices, place: DocumentKey, holders: readonly string[]): Promise<Buffer> {
  const kept = await findKept(services, place);
  if (kept) return kept;
  const name = `${place.tenantId}/${place.invoiceId}`;
  const running = drawing.get(name) ?? draw(services, place, holders).finally(() => drawing.delete(name));
  drawing.set(name, running);
  return running;
}
