/** The file of a backup, without a database: it is written whole or not at all, and read only if every byte is unchanged. */
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, expect, test } from "vitest";
import { temporaryFolder } from "../../../testing/folders.ts";
import { mountSmallDisk } from "../../../testing/small-disk.ts";
import { execFileSync } from "node:child_process";
import { encodeHeader, encodeSection, encodeTotals, openBackup, writeBackup } from "./file.ts";

const folder = temporaryFolder("whoot-test-backup-file-");
afterAll(() => rmSync(folder, { recursive: true }));
let files = 0;
const fresh = () => resolve(folder, `backup-${++files}`);
const header = encodeHeader({ takenAt: "2026-11-29T12:00:00.000Z", receiptKey: "key", migrations: ["0001_tenancy.sql"] });

async function* of(...blocks: string[]) {
  for (const block of blocks) yield Buffer.from(block);
}

async function* content(...blocks: string[]) {
  yield header;
  const rows = yield* encodeSection("people", ["id", "name"], of(...blocks));
  const more = yield* encodeSection("empty", ["id"], of());
  yield encodeTotals({ tables: 2, rows: rows + more, workspaces: 0, people: rows });
}

async function rowsOf(file: string): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  await (
    await openBackup(file)
  ).read(async ({ table, columns, blocks }) => {
    let text = "";
    for await (const block of blocks) {
      expect(block.at(-1)).toBe(10);
      text += block.toString();
    }
    found[`${table} ${columns.join(" ")}`] = text;
  });
  return found;
}

test("rows come back as they were written, wherever blocks are cut, including rows that look like the end marker", async () => {
  const rows = Array.from({ length: 20_000 }, (_, row) => `${row}\t${"Ωmega".repeat(row % 7)}\\n\\\\.\n`).join("");
  for (const blocks of [[rows], rows.match(/[^\n]*\n/g)!, ["1\t\\\\.\n", "2\t.\n", "{}\n"]]) {
    const file = fresh();
    await writeBackup(file, content(...blocks), async () => {});
    expect(await rowsOf(file)).toEqual({ "people id name": blocks.join(""), "empty id": "" });
  }
});

test("a backup with any bit changed or any number of bytes missing is refused", async () => {
  const file = fresh();
  await writeBackup(file, content("1\tAda\n"), async () => {});
  const whole = readFileSync(file);
  const refusal = /is incomplete or was changed|is not a backup that whoot made/;
  for (let at = 0; at < whole.length; at += 1) {
    const flipped = Buffer.from(whole);
    flipped[at]! ^= 1 << (at % 8);
    writeFileSync(file, flipped);
    await expect(rowsOf(file), `a bit of byte ${at}`).rejects.toThrow(refusal);
    writeFileSync(file, whole.subarray(0, at));
    await expect(rowsOf(file), `cut after ${at} bytes`).rejects.toThrow(refusal);
  }
  writeFileSync(file, Buffer.concat([whole, Buffer.from([0])]));
  await expect(rowsOf(file)).rejects.toThrow(refusal);
});

test.each([
  ["an empty file", Buffer.alloc(0)],
  ["a dump of pg_dump", Buffer.from("--\n-- PostgreSQL database dump\n--\n")],
  ["another gzip", gzipSync("CREATE TABLE accounts ();\n".repeat(1_000))],
  ["a gzip without line ends", gzipSync("x".repeat(5_000_000))],
])("%s is refused as not being a backup", async (_, bytes) => {
  const file = fresh();
  writeFileSync(file, bytes);
  await expect(openBackup(file)).rejects.toThrow(`${file} is not a backup that whoot made.`);
});

test("another format version, a folder and a missing file are refused with a sentence", async () => {
  const file = fresh();
  async function* newer() {
    yield header.replace('"version":1', '"version":2');
  }
  await writeBackup(file, newer(), async () => {});
  await expect(openBackup(file)).rejects.toThrow("has version 2 of the backup format; this whoot reads version 1.");
  await expect(openBackup(folder)).rejects.toThrow("is not a file");
  await expect(openBackup(fresh())).rejects.toThrow("There is no file");
});

test("a failure, an interruption or a failed check leaves no file", async () => {
  const names = readdirSync(folder);
  async function* breaking() {
    yield header;
    throw new Error("the database went away");
  }
  await expect(writeBackup(fresh(), breaking(), async () => {})).rejects.toThrow("the database went away");
  const interrupted = new AbortController();
  async function* waiting() {
    yield header;
    interrupted.abort();
    yield header;
  }
  await expect(writeBackup(fresh(), waiting(), async () => {}, interrupted.signal)).rejects.toThrow("The backup was interrupted");
  const refusing = async () => {
    throw new Error("not as it was written");
  };
  await expect(writeBackup(fresh(), content("1\tAda\n"), refusing)).rejects.toThrow("not as it was written");
  await expect(writeBackup(resolve(folder, "missing", "backup"), content("1\tAda\n"), async () => {})).rejects.toThrow(
    /can't be written \(ENOENT\)/,
  );
  expect(readdirSync(folder)).toEqual(names);
});

test("a full disk is reported in a sentence, and no file is left on it", async () => {
  const disk = mountSmallDisk();
  if (disk === null) return;
  try {
    const noise = Array.from({ length: 4_000 }, (_, row) => `${row}\t${Math.random()}${Math.random()}\n`);
    await expect(writeBackup(resolve(disk, "backup"), content(...noise), async () => {})).rejects.toThrow(
      `The disk of ${disk} is full. No file was left behind.`,
    );
    expect(readdirSync(disk)).toEqual([]);
  } finally {
    execFileSync("umount", [disk]);
    rmSync(disk, { recursive: true });
  }
});
