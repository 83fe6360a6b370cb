/**
 * The highest document number of each series, in a file of the folder `deletions`, which is never restored from a backup. An older
 * database backup lacks numbers that customers have on paper. With this file, no number is used twice.
 */
import { existsSync, readFileSync } from "node:fs";
import { mkdir, open, rename } from "node:fs/promises";
import { resolve } from "node:path";
import type { IssuedNumbers, Services } from "../services.ts";
import * as queries from "./series-queries.ts";

/** Skips lines that a crash cut short. */
const LINE = /^([0-9A-Z]{4,12}) (\d{1,9})$/;

type Marks = Map<string, number>;

function raise(marks: Marks, prefix: string, number: number): void {
  marks.set(prefix, Math.max(number, marks.get(prefix) ?? 0));
}

function read(file: string): Marks {
  const marks: Marks = new Map();
  if (!existsSync(file)) return marks;
  // A crash cut short whatever follows the last line break, even if it looks whole.
  for (const line of readFileSync(file, "latin1").split("\n").slice(0, -1)) {
    const [, prefix, number] = LINE.exec(line) ?? [];
    if (prefix !== undefined) raise(marks, prefix, Number(number));
  }
  return marks;
}

const textOf = (marks: Marks) => [...marks].map(([prefix, number]) => `${prefix} ${number}\n`).join("");

/** @param folder `deletions` */
export function openIssuedNumbers(folder: string): IssuedNumbers {
  const file = resolve(folder, "document-numbers");
  let waiting: Marks = new Map();
  let writing: Promise<void> = Promise.resolve();

  async function append(): Promise<void> {
    if (waiting.size === 0) return;
    const text = textOf(waiting);
    waiting = new Map();
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const handle = await open(file, "a", 0o600);
    try {
      // Begins with a line break, because a full disk may have cut the last line short.
      await handle.appendFile(`\n${text}`);
      await handle.datasync();
    } finally {
      await handle.close();
    }
  }

  return {
    note(prefix, number) {
      raise(waiting, prefix, number);
      // Numbers that are noted during a write share the next write.
      writing = writing.catch(() => {}).then(append);
      return writing;
    },
    written: () => writing.catch(() => {}),
    read: () => read(file),
    async replace(marks) {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      const handle = await open(`${file}.new`, "w", 0o600);
      try {
        await handle.writeFile(textOf(new Map(marks)));
        await handle.sync();
      } finally {
        await handle.close();
      }
      await rename(`${file}.new`, file);
    },
  };
}

type NumberServices = Pick<Services, "numbers" | "database" | "log">;

/** Raises each series to its mark, before any number is taken. @returns the last number of each series */
export async function raiseSeries({ database, numbers, log }: NumberServices): Promise<Marks> {
  const rows = await database.asPlatformStatement("all series of document numbers", queries.listSeries);
  const last: Marks = new Map(rows.map((series) => [series.prefix, series.last]));
  for (const [prefix, number] of numbers.read()) {
    if (number <= (last.get(prefix) ?? 0)) continue;
    await database.asPlatformStatement("a series that a restored backup set back", (db) =>
      queries.raiseSeries(db, prefix, number),
    );
    last.set(prefix, number);
    log.warn({ prefix, number }, "the database forgot document numbers that were given: the series goes on after them");
  }
  return last;
}

/** Call when the server starts: writes the file anew. A command must not call this, because the server may be appending to the file. */
export async function reconcileNumbers(services: NumberServices): Promise<void> {
  const used = [...(await raiseSeries(services))].filter(([, last]) => last > 0);
  if (used.length > 0) await services.numbers.replace(new Map(used));
}
