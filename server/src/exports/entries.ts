/** The files of an export, one by one, starting at any checkpoint. */
import { csvHead, csvLines } from "../platform/csv.ts";
import type { TenantTx } from "../platform/db/pools.ts";
import type { TenantTable } from "../platform/db/tenant-data.ts";
import { listDocuments, openDocument } from "../billing/documents/documents.ts";
import { KeyDestroyedError } from "../platform/keys.ts";
import { Refusal } from "../platform/refusal.ts";
import { openAudio } from "../recordings/recordings.ts";
import type { Services, TenantData } from "../services.ts";
import * as queries from "./queries.ts";
import { readme } from "./readme.ts";

/** Rows per file. */
const PAGE = 5_000;
/** How many rows a recording counts as in the progress. */
const RECORDING_WEIGHT = 10;
/** How many rows a document counts as: most are drawn for the export, which takes 0.1 s. */
const DOCUMENT_WEIGHT = 100;

const isShipped = ({ exportAs }: TenantTable) => exportAs !== null;

/** The sections of an archive, in order. A checkpoint is a place in one of them. */
function sectionsOf({ tables }: TenantData): string[] {
  return [
    "readme",
    "workspace",
    "logo",
    ...tables.filter(isShipped).map(({ table }) => table),
    "documents",
    "audit-log.jsonl",
    "audit-log.csv",
    "recordings.csv",
    "recordings",
    "summary",
  ];
}

export interface Checkpoint {
  section: string;
  /** All sections in order when the archive was begun, because another version may have other sections. */
  sections: string[];
  /** The key of the last exported row; null at the beginning of the section. */
  after: string[] | null;
  /** Number of files of the section so far. */
  page: number;
  /** Counts of recordings that are complete, have no file, or could not be read to the end. */
  recordings: { whole: number; missing: number; damaged: number };
}

export function beginning(tenantData: TenantData): Checkpoint {
  return {
    section: "readme",
    sections: sectionsOf(tenantData),
    after: null,
    page: 0,
    recordings: { whole: 0, missing: 0, damaged: 0 },
  };
}

export interface Entry {
  /** Null when there is nothing to write and only the checkpoint advances. */
  file: { name: string; size: number; body: AsyncIterable<Uint8Array> | Iterable<Uint8Array> } | null;
  /** How much the entry adds to the progress. */
  items: number;
  /** The checkpoint after this entry. Call it after reading the body. */
  next: () => Checkpoint;
}

export interface Exported {
  exportId: string;
  tenantId: string;
  requestedAt: Date;
}

const camelCase = (name: string) => name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
const asKey = (value: unknown) => (value instanceof Date ? value.toISOString() : String(value));

function textFile(name: string, text: string) {
  const body = Buffer.from(text);
  return { name, size: body.length, body: [body] };
}

function rowsFile(name: string, rows: Array<Record<string, unknown>>) {
  const lines = rows.map((row) =>
    JSON.stringify(Object.fromEntries(Object.entries(row).map(([column, value]) => [camelCase(column), value]))),
  );
  return textFile(name, `[\n${lines.join(",\n")}\n]\n`);
}

function asCell(value: unknown): string | number | null {
  if (value instanceof Date) return value.toISOString();
  if (typeof value === "string" || typeof value === "number" || value === null) return value;
  return JSON.stringify(value);
}

/** @param rows at least one, all with the same columns */
function csvFile(name: string, rows: Array<Record<string, unknown>>) {
  return textFile(name, csvHead(Object.keys(rows[0] ?? {})) + csvLines(rows.map((row) => Object.values(row).map(asCell))));
}

type Recording = Awaited<ReturnType<typeof queries.readRecordings>>[number];

function recordingName({ transmissionId, startedAt }: Recording): string {
  const [day = "", time = ""] = startedAt.toISOString().split("T");
  return `recordings/${day}/${time.slice(0, 8).replaceAll(":", "")}Z-${transmissionId}.ogg`;
}

/** Yields the entries of the export from a checkpoint on. */
export async function* entriesFrom(services: Services, exported: Exported, from: Checkpoint): AsyncGenerator<Entry> {
  const { tenantId } = exported;
  const inTenant = <Result>(work: (tx: TenantTx) => Promise<Result>) => services.database.withTenant(tenantId, work);
  const { tables } = services.tenantData;
  const shapes = await inTenant((tx) => queries.readShapes(tx.db, tables));
  const recordings = { ...from.recordings };
  const { sections } = from;

  /** Yields one file per page of rows, until there are no more. */
  async function* pages<Row>(
    section: string,
    read: (after: string[] | null) => Promise<Row[]>,
    key: (row: Row) => string[],
    file: (page: string, rows: Row[]) => Entry["file"],
  ): AsyncGenerator<Entry> {
    const resumed = from.section === section ? from : null;
    let after = resumed?.after ?? null;
    for (let page = (resumed?.page ?? 0) + 1; ; page++) {
      const rows = await read(after);
      const lastRow = rows.at(-1);
      if (lastRow === undefined) return;
      after = key(lastRow);
      const place: Checkpoint = { section, sections, after, page, recordings: { ...recordings } };
      yield { file: file(String(page).padStart(4, "0"), rows), items: rows.length, next: () => place };
      if (rows.length < PAGE || after.length === 0) return;
    }
  }

  /** Drawn one after the other as the archive needs them, and kept as for a download. */
  async function* documents(): AsyncGenerator<Entry> {
    let after = from.section === "documents" ? (from.after?.[0] ?? null) : null;
    for (;;) {
      const page = await inTenant((tx) => listDocuments(tx, after, 200));
      if (page.length === 0) return;
      for (const { invoiceId, number } of page) {
        after = invoiceId;
        const place: Checkpoint = { section: "documents", sections, after: [after], page: 1, recordings: { ...recordings } };
        yield { file: await documentFile(services, { tenantId, invoiceId, number }), items: DOCUMENT_WEIGHT, next: () => place };
      }
    }
  }

  async function* audio(): AsyncGenerator<Entry> {
    let after = from.section === "recordings" ? (from.after?.[0] ?? null) : null;
    for (;;) {
      const page = await inTenant((tx) => queries.readRecordings(tx.db, exported.requestedAt, after, 200));
      if (page.length === 0) return;
      for (const recording of page) {
        after = recording.transmissionId;
        const next = (): Checkpoint => ({
          section: "recordings",
          sections,
          after: [recording.transmissionId],
          page: 0,
          recordings: { ...recordings },
        });
        const stream = await openAudio(services, tenantId, recording.transmissionId).catch(() => null);
        if (!stream || stream.size === 0) {
          await stream?.close();
          recordings.missing += 1;
          yield { file: null, items: RECORDING_WEIGHT, next };
          continue;
        }
        try {
          const body = padded(stream.size, stream.read(0, stream.size), (whole) => {
            recordings[whole ? "whole" : "damaged"] += 1;
          });
          yield { file: { name: recordingName(recording), size: stream.size, body }, items: RECORDING_WEIGHT, next };
        } finally {
          await stream.close();
        }
      }
    }
  }

  async function* logo(): AsyncGenerator<Entry> {
    const image = await inTenant((tx) => queries.findLogo(tx.db));
    const next = (): Checkpoint => ({ section: "logo", sections, after: [], page: 1, recordings: { ...recordings } });
    if (image) yield { file: { name: "logo.webp", size: image.length, body: [image] }, items: 0, next };
  }

  function section(name: string): AsyncIterable<Entry> | Iterable<Entry> {
    const once = (file: Entry["file"], items = 0): Entry[] => [
      { file, items, next: () => ({ section: name, sections, after: [], page: 1, recordings: { ...recordings } }) },
    ];
    // Already written before the stop.
    if (["readme", "summary"].includes(name) && from.section === name && from.after !== null) return [];
    switch (name) {
      case "readme":
        return once(textFile("README.txt", readme(exported.requestedAt)));
      case "logo":
        return from.section === name && from.after !== null ? [] : logo();
      case "documents":
        return documents();
      case "audit-log.jsonl":
        return pages(
          name,
          (after) => inTenant((tx) => queries.readAuditLog(tx.db, after?.[0] ?? null, PAGE)),
          (row) => [row.sequence],
          (page, rows) => textFile(`audit-log/${page}.jsonl`, rows.map((row) => `${JSON.stringify(row)}\n`).join("")),
        );
      case "audit-log.csv":
        return pages(
          name,
          (after) => inTenant((tx) => queries.readAuditLog(tx.db, after?.[0] ?? null, PAGE)),
          (row) => [row.sequence],
          (page, rows) => csvFile(`audit-log/${page}.csv`, rows),
        );
      case "recordings.csv":
        return pages(
          name,
          (after) => inTenant((tx) => queries.readRecordings(tx.db, exported.requestedAt, after?.[0] ?? null, PAGE)),
          (row) => [row.transmissionId],
          (page, rows) =>
            csvFile(
              `recordings/index-${page}.csv`,
              rows.map((row) => ({ file: recordingName(row), ...row })),
            ),
        );
      case "recordings":
        return audio();
      case "summary":
        return once(textFile("summary.json", summary(exported, recordings)));
      default: {
        const table = name === "workspace" ? "tenants" : name;
        const shape = shapes.find((candidate) => candidate.table === table);
        if (!shape) return [];
        return pages(
          name,
          (after) =>
            after?.length === 0
              ? Promise.resolve([])
              : inTenant((tx) => queries.readPage(tx.db, tenantId, shape, { after, limit: PAGE })),
          (row) => shape.key.map((column) => asKey(row[column])),
          (page, rows) =>
            name === "workspace"
              ? rowsFile(
                  "workspace.json",
                  rows.map((row) => ({ workspace_id: tenantId, ...row })),
                )
              : rowsFile(`data/${tables.find((candidate) => candidate.table === name)?.exportAs}/${page}.json`, rows),
        );
      }
    }
  }

  for (const name of sections.slice(sections.indexOf(from.section))) yield* section(name);
}

/** A document that can't be drawn does not stop the export: its figures are in the rows. @throws Refusal unavailable; KeyDestroyedError */
async function documentFile(services: Services, { number, ...place }: { tenantId: string; invoiceId: string; number: string }) {
  try {
    const pdf = await openDocument(services, place, [place.tenantId]);
    return { name: `invoices/${number}.pdf`, size: pdf.length, body: [pdf] };
  } catch (error) {
    if (error instanceof Refusal || error instanceof KeyDestroyedError) throw error;
    services.log.error({ err: error, ...place }, "a document could not be drawn for an export");
    return textFile(
      `invoices/${number}.txt`,
      "This document could not be drawn. data/invoices and data/billing-lines have its figures.\n",
    );
  }
}

function summary(exported: Exported, recordings: Checkpoint["recordings"]): string {
  return `${JSON.stringify({ workspaceId: exported.tenantId, begun: exported.requestedAt, finished: new Date(), recordings }, null, 2)}\n`;
}

/** Yields exactly `size` bytes, padded with zeros if the source fails, so that a damaged recording does not stop the export. */
async function* padded(size: number, source: AsyncIterable<Buffer>, done: (whole: boolean) => void): AsyncGenerator<Uint8Array> {
  let left = size;
  let whole = true;
  try {
    for await (const bytes of source) {
      left -= bytes.length;
      yield bytes;
    }
  } catch {
    whole = false;
  }
  for (; left > 0; left -= Math.min(left, 65_536)) yield Buffer.alloc(Math.min(left, 65_536));
  done(whole);
}

/** Counts all items of the export, for the progress. */
export async function countItems(services: Services, tenantId: string): Promise<number> {
  return services.database.withTenant(tenantId, async (tx) => {
    let total = 1; // workspace.json
    for (const { table } of services.tenantData.tables.filter(isShipped))
      total += await queries.countItems(tx.db, tenantId, table);
    total += DOCUMENT_WEIGHT * (await queries.countItems(tx.db, tenantId, "invoices"));
    total += 2 * (await queries.countItems(tx.db, tenantId, "audit_log"));
    total += (1 + RECORDING_WEIGHT) * (await queries.countItems(tx.db, tenantId, "transmissions"));
    return total;
  });
}
