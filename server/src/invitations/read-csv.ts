/** Reads people to invite from a CSV that a spreadsheet, directory or address book exported. */
import { findAddresses, plainText } from "#contract/addresses.ts";
import { MAX_SHOWN } from "#contract/http/invitations.ts";
import { findColumns } from "./csv-columns.ts";
import { type CsvRecord, parseCsv, refuseCsv } from "./csv-records.ts";
import { addressesIn, assertNotTooMany, type ReadLine, shorten } from "./read-pasted.ts";

/** Google Contacts separates several addresses of one person by this. */
const SAME_PERSON = ":::";
/** Part of the account name that Entra gives a guest. It is not a mailbox. */
const GUEST_ACCOUNT = /#ext#@/i;

/** The form in which role names are compared. */
export function roleKey(name: string): string {
  return plainText(name).normalize("NFC").trim().toLowerCase();
}

/** Refuses U+FFFD, which replaces what isn't UTF-8. Names of roles would not match in such a file. */
function assertEncoding(csv: string): void {
  if (csv.includes("\ufffd")) throw refuseCsv("This file isn't UTF-8. Save it as “CSV UTF-8” and try again.");
}

function hasAddress(cell: string): boolean {
  return !GUEST_ACCOUNT.test(cell) && findAddresses(cell, 2).some(({ address }) => address !== null);
}

function readRow({ cells, line }: CsvRecord, emails: number[], role: number): ReadLine[] {
  const candidates = emails.map((column) => plainText(cells[column] ?? "").trim());
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

/**
 * @param roleNames the workspace's role names, by which a column of roles can be recognized
 * @throws Refusal invalid_input for text that isn't UTF-8 or CSV, has no column of addresses, or has too many lines
 */
export function readCsv(csv: string, roleNames: string[] = []): ReadLine[] {
  assertEncoding(csv);
  const records = parseCsv(csv);
  if (records.length === 0) throw refuseCsv("This file is empty.");
  const known = new Set(roleNames.map(roleKey));
  const columns = findColumns(records, (name) => known.has(roleKey(name)));
  if (!columns)
    throw refuseCsv("No column holds email addresses. Name the columns in the first line: email, and role if lines differ.");
  assertNotTooMany(columns.rows.length, "csv");
  const lines = columns.rows.flatMap((row) => readRow(row, columns.emails, columns.role));
  assertNotTooMany(lines.length, "csv");
  return lines;
}
