/** Reads people to invite from a CSV that a spreadsheet, directory or address book exported. */
import { findAddresses, plainText } from "#contract/addresses.ts";
import { MAX_SHOWN } from "#contract/http/invitations.ts";
import { findColumns } from "./csv-columns.ts";
import { type CsvRecord, parseCsv, refuseCsv } from "./csv-records.ts";
import { addressesIn, assertNotTooMany, type ReadLine, readPasted, shorten, VCARD } from "./read-pasted.ts";

/** Google Contacts separates several addresses of one person by this. */
const SAME_PERSON = ":::";

/** The form in which role names are compared. */
export function roleKey(name: string): string {
  return plainText(name).normalize("NFC").trim().toLowerCase();
}

/** Refuses U+FFFD, which replaces what isn't UTF-8. Names of roles would not match in such a file. */
function assertEncoding(csv: string): void {
  if (csv.includes("\ufffd")) throw refuseCsv("This file isn't UTF-8. Save it as “CSV UTF-8” and try again.");
}

/** Exchange marks a mailbox's main address with capital letters: `smtp:old@x.org SMTP:ada@x.org`. */
function primaryOnly(cell: string): string {
  return /(?:^|[\s;,+])SMTP:([^\s;,+]+@[^\s;,+]+)/.exec(cell)?.[1] ?? cell;
}

function hasAddress(cell: string): boolean {
  return findAddresses(cell, 2).some(({ address }) => address !== null);
}

function readRow({ cells, line }: CsvRecord, emails: number[], role: number): ReadLine[] {
  const candidates = emails.map((column) => primaryOnly(plainText(cells[column] ?? "").trim()));
  const cell = candidates.find(hasAddress) ?? candidates.find((text) => text !== "") ?? "";
  const roleName =
    role === -1
      ? ""
      : plainText(cells[role] ?? "")
          .normalize("NFC")
          .trim()
          // Cut: no role has such a long name, and the main thread works on with it.
          .slice(0, MAX_SHOWN + 1);
  const addresses = addressesIn(cell.split(SAME_PERSON, 1)[0] ?? "");
  return addresses.map((email) => ({
    line,
    read: shorten(cell === "" ? plainText(cells.join(", ")) : addresses.length === 1 ? cell : email),
    email: email.slice(0, MAX_SHOWN + 1),
    roleName: roleName === "" ? null : roleName,
  }));
}

/** Whether a file without column names is no table, but text with several addresses in a line: a mail's recipients, JSON. */
function isText(rows: CsvRecord[]): boolean {
  const several = (cells: string[], isOne: (cell: string) => boolean) => cells.filter(isOne).length > 1;
  return rows.some(({ cells }) => several(cells, rows.length === 1 ? hasAddress : (cell) => /<[^<>\s@]+@[^<>\s@]+>/.test(cell)));
}

/** A row in which each filled cell holds addresses. */
function readList({ cells, line }: CsvRecord): ReadLine[] {
  return cells.filter((cell) => cell.trim() !== "").flatMap((cell) => readRow({ cells: [cell], line }, [0], -1));
}

/**
 * @param roleNames the workspace's role names, by which a column of roles can be recognized
 * @throws Refusal invalid_input for text that isn't UTF-8 or CSV, has no column of addresses, or has too many lines
 */
export function readCsv(csv: string, roleNames: string[] = []): ReadLine[] {
  assertEncoding(csv);
  if (VCARD.test(csv)) return readPasted(csv);
  const records = parseCsv(csv);
  if (records.length === 0) throw refuseCsv("This file is empty.");
  const known = new Set(roleNames.map(roleKey));
  const columns = findColumns(records, (name) => known.has(roleKey(name)));
  if (!columns)
    throw refuseCsv("No column holds email addresses. Name the columns in the first line: email, and role if lines differ.");
  assertNotTooMany(columns.rows.length, "csv");
  if (!columns.isNamed && !columns.isList && isText(columns.rows)) return readPasted(csv);
  const lines = columns.rows.flatMap((row) => (columns.isList ? readList(row) : readRow(row, columns.emails, columns.role)));
  assertNotTooMany(lines.length, "csv");
  return lines;
}
