/** CSV (RFC 4180, in UTF-8) that a spreadsheet opens as text. */
import { stringify } from "csv-stringify/sync";

/** Excel takes a file without it for the local eight-bit alphabet. */
const BYTE_ORDER_MARK = "\ufeff";

type Cell = string | number | null;

/**
 * Puts an apostrophe before what spreadsheets take for the beginning of a formula (OWASP, "CSV Injection"): = + - @, tab and carriage
 * return, and the full-width forms that East Asian ones take too. Not only at a cell's beginning: where the list separator of the
 * reader's country is not the comma (the semicolon of most of Europe, a tab), the cell is cut there, quoted or not, and begins anew.
 */
function harmless(text: string): string {
  return text.replace(/(^|[,;|\t\r\n"'])(\s*)([=+\-@\t\r＝＋－＠])/gu, "$1$2'$3");
}

export function csvLines(rows: ReadonlyArray<readonly Cell[]>): string {
  const cells = rows.map((row) => row.map((cell) => (typeof cell === "string" ? harmless(cell) : cell)));
  return stringify(cells, { record_delimiter: "\r\n", quoted_string: true });
}

/** How a file begins: the names of its columns. */
export function csvHead(names: readonly string[]): string {
  return BYTE_ORDER_MARK + csvLines([names]);
}
