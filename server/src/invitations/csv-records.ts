/** Parses CSV as spreadsheets write it: with commas, semicolons (Excel in Europe), tabs or bars, with or without a BOM. */
import { CsvError, parse } from "csv-parse/sync";
import { MAX_LINES } from "#contract/http/invitations.ts";
import { Refusal } from "../platform/refusal.ts";

/** Characters of one record. Without a limit, an unclosed quotation mark would swallow the rest of the file. */
const MAX_RECORD = 10_000;
/** The most lines of a file, empty ones included. Notes may fill many lines of a record, and empty lines cost as much as others. */
const MAX_FILE_LINES = 20_000;
/** Separators in a file. Exported contacts have about 100 columns. */
const MAX_CELLS = 200_000;
/** Title lines that may precede the column names. */
const TITLES = 10;
const DELIMITERS = [",", ";", "\t", "|"];
/** Lines from which the delimiter is guessed. */
const SAMPLE = 20;

export interface CsvRecord {
  cells: string[];
  /** The line in which the record begins, from 1. */
  line: number;
}

export function refuseCsv(message: string): Refusal {
  return new Refusal("invalid_input", { detail: message, fields: [{ path: "csv", message }] });
}

/** Checks the limits before anything is parsed. @throws Refusal invalid_input */
function assertParsable(csv: string, delimiter: string): void {
  const own = delimiter.charCodeAt(0);
  let lines = 1;
  let cells = 0;
  for (let at = 0; at < csv.length; at++) {
    const code = csv.charCodeAt(at);
    if (code === 10 || (code === 13 && csv.charCodeAt(at + 1) !== 10)) lines += 1;
    else if (code === 44 || code === 59 || code === 9 || code === 124 || code === own) cells += 1;
  }
  if (lines > MAX_FILE_LINES) {
    throw refuseCsv(`This file has more than ${MAX_FILE_LINES.toLocaleString("en")} lines. Remove empty ones, or split it.`);
  }
  if (cells > MAX_CELLS) {
    throw refuseCsv(`This file has more than ${MAX_CELLS.toLocaleString("en")} cells. Keep the columns email and role only.`);
  }
}

/** The delimiter that splits the most of the first lines into the same number of cells, and then into the most cells. */
function guessDelimiter(csv: string): string {
  const lines = csv
    .slice(0, SAMPLE * MAX_RECORD)
    .replaceAll(/"[^"]*"/g, "x")
    .split(/[\r\n]+/, 2 * SAMPLE)
    .filter((line) => line.trim() !== "")
    .slice(0, SAMPLE);
  const scored = DELIMITERS.map((delimiter) => {
    const counts = lines.map((line) => line.split(delimiter).length - 1).filter((count) => count > 0);
    const frequencies = new Map<number, number>();
    for (const count of counts) frequencies.set(count, (frequencies.get(count) ?? 0) + 1);
    const [count = 0, same = 0] = [...frequencies].toSorted(([a, x], [b, y]) => y - x || b - a)[0] ?? [];
    return { delimiter, same, count };
  });
  return scored.reduce((best, next) =>
    next.same > best.same || (next.same === best.same && next.count > best.count) ? next : best,
  ).delimiter;
}

/** Removes Excel's `sep=;` line, which names the delimiter. Its line end stays, so that line numbers stay right. */
function takeSeparatorLine(csv: string): { delimiter: string; body: string } {
  const named = /^\ufeff?"?sep=([^\w\s"@.-]|\t)"?[ \t]*(?=\r|\n|$)/i.exec(csv);
  if (named?.[1]) return { delimiter: named[1], body: csv.slice(named[0].length) };
  return { delimiter: guessDelimiter(csv), body: csv };
}

/** The line, from 1, in which the next record begins after the lines that were read. */
function nextLine(csv: string, linesRead: number): number {
  const lines = csv.split(/\r\n|\n|\r/).slice(linesRead);
  const next = lines.findIndex((line) => line !== "");
  return linesRead + Math.max(0, next) + 1;
}

const countBreaks = (cells: string[]) => cells.join("").match(/\r\n|\n|\r/g)?.length ?? 0;

/** @throws Refusal invalid_input for text that is not CSV or exceeds a limit */
export function parseCsv(csv: string): CsvRecord[] {
  const { delimiter, body } = takeSeparatorLine(csv);
  assertParsable(csv, delimiter);
  /** Lines of the records before the one that can't be read. The parser's error has the line where it gave up instead. */
  let linesRead = 0;
  try {
    const parsed = parse(body, {
      bom: true,
      info: true,
      delimiter,
      record_delimiter: ["\r\n", "\n", "\r"],
      relax_column_count: true,
      relax_quotes: true,
      skip_empty_lines: true,
      skip_records_with_empty_values: true,
      max_record_size: MAX_RECORD,
      // One more than may be invited, which is enough to refuse the file.
      to: TITLES + MAX_LINES + 1,
      on_record: (record, { lines }) => {
        linesRead = lines;
        return record;
      },
    }) as unknown as Array<{ record: string[]; info: { lines: number } }>;
    // The parser gives a record's last line. Cells may hold line breaks, so compute the first one.
    return parsed.map(({ record, info }) => ({ cells: record, line: info.lines - countBreaks(record) }));
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    const line = nextLine(body, linesRead);
    if (error.code === "CSV_QUOTE_NOT_CLOSED") {
      throw refuseCsv(`The record that begins in line ${line} has a quotation mark that is never closed.`);
    }
    if (error.code === "CSV_MAX_RECORD_SIZE") {
      throw refuseCsv(`Line ${line} is too long. It may have a quotation mark that is never closed.`);
    }
    throw refuseCsv(`Line ${line} can't be read as CSV.`);
  }
}
