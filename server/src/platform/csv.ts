/** Writes CSV (RFC 4180, in UTF-8) whose cells a spreadsheet opens as text. */
import { stringify } from "csv-stringify/sync";

/** Without this mark, Excel assumes the local 8-bit encoding. */
const BYTE_ORDER_MARK = "\ufeff";

type Cell = string | number | null;

/**
 * Puts an apostrophe before anything that a spreadsheet takes for the beginning of a formula (OWASP, "CSV Injection"): = + - @, tab,
 * carriage return, and the full-width forms that East Asian versions accept. Also inside a cell: where the local list separator is a
 * semicolon or a tab, the spreadsheet splits cells there, quoted or not.
 */
function escapeFormulas(text: string): string {
  return text.replace(/(^|[,;|\t\r\n"'])(\s*)([=+\-@\t\r＝＋－＠])/gu, "$1$2'$3");
}

export function csvLines(rows: ReadonlyArray<readonly Cell[]>): string {
  const cells = rows.map((row) => row.map((cell) => (typeof cell === "string" ? escapeFormulas(cell) : cell)));
  return stringify(cells, { record_delimiter: "\r\n", quoted_string: true });
}

/** The first line of a file: the column names. */
export function csvHead(names: readonly string[]): string {
  return BYTE_ORDER_MARK + csvLines([names]);
}
