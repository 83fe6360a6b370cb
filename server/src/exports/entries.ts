/** What is in an export, file by file, from any of them on. */
import { csvHead, csvLines } from "../platform/csv.ts";
import type { TenantTx } from "../platform/db/pools.ts";
import { TENANT_TABLES } from "../platform/db/tenant-data.ts";
import { openAudio } from "../recordings/recordings.ts";
import type { Services } from "../services.ts";
import * as queries from "./queries.ts";
import { EXPORT_FILES, readme } from "./readme.ts";

/** Rows of one file. */
const PAGE = 5_000;
/** A recording is more work than a row: what the progress counts it for. */
const RECORDING_WEIGHT = 10;

/** The sections in their order: the archive goes on from a place in one of them. */
const TABLES = TENANT_TABLES.map(({ table }) => table).filter(
  // The audit log has a section of its own; its head is its last entry; the tenant's row is workspace.json; its logo an image; member_words and audit_target_words follow from members and the log; exports are not exported.
  (table) =>
    !["audit_log", "audit_heads", "tenants", "tenant_logos", "member_words", "audit_target_words", "exports"].includes(table),
);
const SECTIONS = [
  "readme",
  "workspace",
  "logo",
  ...TABLES,
  "audit-log.jsonl",
  "audit-log.csv",
  "recordings.csv",
  "recordings",
  "summary",
];

export interface Checkpoint {
  section: string;
  /** The key of the last row that is in; null at the section's beginning. */
  after: string[] | null;
  /** Files of the section until then. */
  page: number;
  /** Recordings that are in it, that had no file, and that could not be read to their end. */
  recordings: { whole: number; missing: number; damaged: number };
}

export const BEGINNING: Checkpoint = {
  section: "readme",
  after: null,
  page: 0,
  recordings: { whole: 0, missing: 0, damaged: 0 },
};

export interface Entry {
  /** Null: nothing to write, but the place to go on from. */
  file: { name: string; size: number; body: AsyncIterable<Uint8Array> | Iterable<Uint8Array> } | null;
  /** For the progress. */
  items: number;
  /** Where to go on when it is written; asked for after the body was read. */
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

export async function* entriesFrom(services: Services, of: Exported, from: Checkpoint): AsyncGenerator<Entry> {
  const { tenantId } = of;
  const inTenant = <Result>(work: (tx: TenantTx) => Promise<Result>) => services.database.withTenant(tenantId, work);
  const shapes = await inTenant((tx) => queries.readShapes(tx.db, [...TABLES, "tenants"]));
  const recordings = { ...from.recordings };

  /** Page by page, a file each, until there are no more. */
  async function* pages<Row>(
    section: string,
    read: (after: string[] | null) => Promise<Row[]>,
    key: (row: Row) => string[],
    file: (page: string, rows: Row[]) => Entry["file"],
  ): AsyncGenerator<Entry> {
    const here = from.section === section ? from : null;
    let after = here?.after ?? null;
    for (let page = (here?.page ?? 0) + 1; ; page++) {
      const rows = await read(after);
      const lastRow = rows.at(-1);
      if (lastRow === undefined) return;
      after = key(lastRow);
      const place: Checkpoint = { section, after, page, recordings: { ...recordings } };
      yield { file: file(String(page).padStart(4, "0"), rows), items: rows.length, next: () => place };
      if (rows.length < PAGE || after.length === 0) return;
    }
  }

  async function* audio(): AsyncGenerator<Entry> {
    let after = from.section === "recordings" ? (from.after?.[0] ?? null) : null;
    for (;;) {
      const page = await inTenant((tx) => queries.readRecordings(tx.db, of.requestedAt, after, 200));
      if (page.length === 0) return;
      for (const recording of page) {
        after = recording.transmissionId;
        const next = (): Checkpoint => ({
          section: "recordings",
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
          const body = patched(stream.size, stream.read(0, stream.size), (whole) => {
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
    const next = (): Checkpoint => ({ section: "logo", after: [], page: 1, recordings: { ...recordings } });
    if (image) yield { file: { name: "logo.webp", size: image.length, body: [image] }, items: 0, next };
  }

  function section(name: string): AsyncIterable<Entry> | Iterable<Entry> {
    const once = (file: Entry["file"], items = 0): Entry[] => [
      { file, items, next: () => ({ section: name, after: [], page: 1, recordings: { ...recordings } }) },
    ];
    // Written before the stop.
    if (["readme", "summary"].includes(name) && from.section === name && from.after !== null) return [];
    switch (name) {
      case "readme":
        return once(textFile("README.txt", readme(of.requestedAt)));
      case "logo":
        return from.section === name && from.after !== null ? [] : logo();
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
          (after) => inTenant((tx) => queries.readRecordings(tx.db, of.requestedAt, after?.[0] ?? null, PAGE)),
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
        return once(textFile("summary.json", summary(of, recordings)));
      default: {
        const table = name === "workspace" ? "tenants" : name;
        const shape = shapes.find((of) => of.table === table);
        if (!shape) return [];
        return pages(
          name,
          (after) =>
            after?.length === 0 ? Promise.resolve([]) : inTenant((tx) => queries.readPage(tx.db, tenantId, shape, after, PAGE)),
          (row) => shape.key.map((column) => asKey(row[column])),
          (page, rows) =>
            name === "workspace"
              ? rowsFile(
                  "workspace.json",
                  rows.map((row) => ({ workspace_id: tenantId, ...row })),
                )
              : rowsFile(`data/${EXPORT_FILES[name] ?? name.replaceAll("_", "-")}/${page}.json`, rows),
        );
      }
    }
  }

  for (const name of SECTIONS.slice(SECTIONS.indexOf(from.section))) yield* section(name);
}

function summary(of: Exported, recordings: Checkpoint["recordings"]): string {
  return `${JSON.stringify({ workspaceId: of.tenantId, begun: of.requestedAt, finished: new Date(), recordings }, null, 2)}\n`;
}

/** Exactly `size` bytes, whatever happens to the source: a recording that was damaged must not keep the rest from being exported. */
async function* patched(size: number, source: AsyncIterable<Buffer>, done: (whole: boolean) => void): AsyncGenerator<Uint8Array> {
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

/** How many there are to do, for the progress. */
export async function countItems(services: Services, tenantId: string): Promise<number> {
  return services.database.withTenant(tenantId, async (tx) => {
    let total = 1; // workspace.json
    for (const table of TABLES) total += await queries.countItems(tx.db, tenantId, table);
    total += 2 * (await queries.countItems(tx.db, tenantId, "audit_log"));
    total += (1 + RECORDING_WEIGHT) * (await queries.countItems(tx.db, tenantId, "transmissions"));
    return total;
  });
}
