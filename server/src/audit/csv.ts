/** Entries as lines of CSV (RFC 4180) that a spreadsheet opens as text. */
import { stringify } from "csv-stringify/sync";
import { AUDIT_GROUPS } from "#contract/audit.ts";
import type { EntryRow } from "./queries.ts";
import { groupOf } from "./reading.ts";

/** Excel takes a file without it for the local eight-bit alphabet. */
const BYTE_ORDER_MARK = "\ufeff";

/**
 * Puts an apostrophe before what spreadsheets take for the beginning of a formula (OWASP, "CSV Injection"): = + - @, tab and carriage
 * return, and the full-width forms that East Asian ones take too. Not only at a cell's beginning: where the list separator of the
 * reader's country is not the comma (the semicolon of most of Europe, a tab), the cell is cut there, quoted or not, and begins anew.
 */
export function harmless(text: string): string {
  return text.replace(/(^|[,;|\t\r\n"'])(\s*)([=+\-@\t\r＝＋－＠])/gu, "$1$2'$3");
}

function groupWords(action: string): string {
  const group = groupOf(action);
  return group === null ? "" : AUDIT_GROUPS[group];
}

const COLUMNS: ReadonlyArray<readonly [name: string, of: (entry: EntryRow) => string | number | null]> = [
  ["sequence", (entry) => entry.sequence],
  ["time", (entry) => entry.occurredAt.toISOString()],
  ["group", (entry) => groupWords(entry.action)],
  ["action", (entry) => entry.action],
  ["actor", (entry) => entry.actorName],
  ["actor_id", (entry) => entry.actorMemberId],
  ["target_type", (entry) => entry.targetType],
  ["target", (entry) => entry.targetName],
  ["target_id", (entry) => entry.targetId],
  ["ip_address", (entry) => entry.ipAddress],
  ["user_agent", (entry) => entry.userAgent],
  ["changes", (entry) => (entry.changes === "{}" ? "" : entry.changes)],
  ["hash", (entry) => entry.hash.toString("hex")],
];

export const CSV_HEAD = `${BYTE_ORDER_MARK}${COLUMNS.map(([name]) => name).join(",")}\r\n`;

export function csvLines(entries: readonly EntryRow[]): string {
  const cells = entries.map((entry) =>
    COLUMNS.map(([, of]) => {
      const value = of(entry);
      return typeof value === "string" ? harmless(value) : value;
    }),
  );
  return stringify(cells, { record_delimiter: "\r\n", quoted_string: true });
}
