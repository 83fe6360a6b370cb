/** People to invite out of a CSV, as spreadsheets write them: commas, semicolons (Excel in Europe) or tabs, with or without a BOM. */
import { CsvError, parse } from "csv-parse/sync";
import { MAX_LINES, MAX_SHOWN } from "#contract/http/invitations.ts";
import { Refusal } from "../platform/refusal.ts";
import { addressesIn, assertNotTooMany, type ReadLine, shorten } from "./read-pasted.ts";

const EMAIL_COLUMNS = ["email", "e-mail", "mail", "email address", "e-mail address"];
const ROLE_COLUMNS = ["role", "role name"];
/** Bytes of one line: a quotation mark that nothing closes swallows the rest of the file. */
const MAX_RECORD = 10_000;

interface Parsed {
  record: string[];
  info: { lines: number };
}

function refuse(message: string): Refusal {
  return new Refusal("invalid_input", { detail: message, fields: [{ path: "csv", message }] });
}

/** What separates the columns: what the first line has most of, outside of quotes. */
function findDelimiter(csv: string): string {
  const header = (/^[^\r\n]*/.exec(csv.trimStart())?.[0] ?? "").slice(0, MAX_RECORD).replaceAll(/"[^"]*"/g, "");
  const counted = [",", ";", "\t"].map((delimiter) => ({ delimiter, count: header.split(delimiter).length }));
  return counted.reduce((most, next) => (next.count > most.count ? next : most)).delimiter;
}

/** The line in which the next record begins, after so many that were read. */
function nextLine(csv: string, read: number): number {
  const lines = csv.split(/\r\n|\n|\r/).slice(read);
  const empty = lines.findIndex((line) => line !== "");
  return read + Math.max(0, empty) + 1;
}

function parseRecords(csv: string): Parsed[] {
  /** Lines of the records before the one that can't be read. The error itself names the line where the parser gave up. */
  let read = 0;
  try {
    return parse(csv, {
      bom: true,
      info: true,
      delimiter: findDelimiter(csv),
      record_delimiter: ["\r\n", "\n", "\r"],
      relax_column_count: true,
      relax_quotes: true,
      skip_empty_lines: true,
      skip_records_with_empty_values: true,
      max_record_size: MAX_RECORD,
      // The header, and one more than may be invited: that it is too many shows without reading the rest.
      to: MAX_LINES + 2,
      on_record: (record, { lines }) => {
        read = lines;
        return record;
      },
    }) as unknown as Parsed[];
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    const line = nextLine(csv, read);
    if (error.code === "CSV_QUOTE_NOT_CLOSED") {
      throw refuse(`What begins in line ${line} opens a quotation mark that is never closed.`);
    }
    if (error.code === "CSV_MAX_RECORD_SIZE") {
      throw refuse(`Line ${line} is too long. Perhaps a quotation mark is opened there and never closed.`);
    }
    throw refuse(`Line ${line} can't be read as CSV.`);
  }
}

function findColumn(header: string[], names: string[]): number {
  return header.findIndex((cell) => names.includes(cell.normalize("NFC").trim().toLowerCase()));
}

/** Whoever reads a file in another encoding gets U+FFFD for what isn't UTF-8: then names of roles don't match either. */
function assertEncoding(csv: string): void {
  if (csv.includes("\ufffd")) throw refuse("This file isn't UTF-8. Save it as “CSV UTF-8” and try again.");
}

/** @throws Refusal invalid_input for what is no such CSV, has no column for addresses, or too many lines */
export function readCsv(csv: string): ReadLine[] {
  assertEncoding(csv);
  const [header, ...rows] = parseRecords(csv);
  if (!header) throw refuse("This file is empty.");
  const email = findColumn(header.record, EMAIL_COLUMNS);
  const role = findColumn(header.record, ROLE_COLUMNS);
  if (email === -1)
    throw refuse("No column is called email. Name the columns in the first line: email, and role if lines differ.");
  assertNotTooMany(rows.length, "csv");
  return rows.map(({ record, info }) => {
    const cell = (record[email] ?? "").trim();
    const [address = cell, another] = addressesIn(cell);
    const named = (role === -1 ? "" : (record[role] ?? "")).normalize("NFC").trim();
    // A cell may hold line breaks: the line that is named is the one where it begins.
    const breaks = record.join("").match(/\r\n|\n|\r/g)?.length ?? 0;
    return {
      line: info.lines - breaks,
      read: shorten(cell === "" ? record.join(", ") : cell),
      email: (another === undefined ? address : cell).slice(0, MAX_SHOWN + 1),
      roleName: named === "" ? null : named,
    };
  });
}
