/** Finds the columns of a CSV that hold addresses and roles. Their content decides, because their names can be in any language. */
import { findAddresses, plainText } from "#contract/addresses.ts";
import type { CsvRecord } from "./csv-records.ts";

/** Column names, as `headerKey` returns them. Columns with other names are found by their content; names decide between several columns. */
const EMAIL = /^(e?mail|email(address|adress\w*|adresse|1value)|primaryemail|workemail|inviteeemail|mailaddress)$/;
const MAIL =
  /mail|courriel|correo|messagerie|epost|epast|posta|pošta|paštas|пошт|почт|имейл|ταχυδρομ|メール|邮|郵|메일|อีเมล|ईमेल|بريد|ایمیل|דואל|דואראל|netfang|sähköposti|thưđiệntử/;
const ACCOUNT = /principal|benutzerprinzipal|login|username|^user$/;
/** Columns with somebody else's address, a second one, or a private one. */
const OTHER = new RegExp(
  [
    "[2-9]|second|altern|recover|other|backup|proxy|proxies|previous|private|personal|home",
    "manager|supervisor|owner|sponsor|assistant|invitedby|createdby|vorgesetzt|gestionnaire|responsab|gerente|jefe|chef",
    "leidinggevende|nadřízen|przełożon|руковод|начальник|yönetici|esimies|felettes|المدير|מנהל|上司|主管|经理|經理|관리자|상사",
    "weitere|wiederherst|secund|sekund|recup|récup|autre|otro|drug[ai]|вторич|резерв|ikinci|yedek|予備|代理|备用|備用|备选|備選|보조",
    "privat|persönlich|personnel|persoonlijk|prywatn|soukrom|личн|kişisel|個人|个人|개인",
  ].join("|"),
);
const ROLE = /^(roles?|rolename|rollen?|rôle|rol|ruolo|função|papel|roll|rolle?|rola|роль|役割|ロール|角色|역할)$/;

/** Slack's own roles are in these columns. They say nothing about whoot's. */
const FOREIGN_ROLE = /^(status|usertype)$/;

/** Rows that are searched for column names. */
const HEAD = 10;

/** The name's letters and digits in lower case, without what exports add in brackets: "Email Address [Required]". */
function headerKey(cell: string): string {
  const bracketed = /\[([^\]]*)\]/.exec(cell)?.[1];
  const plain = plainText(cell).normalize("NFKC").toLowerCase();
  // Entra: "Email address to invite [inviteeEmail] Required".
  if (bracketed && /email/i.test(bracketed)) return "inviteeemail";
  return plain.replaceAll(/\[[^\]]*\]|[^\p{L}\p{M}\p{N}]/gu, "");
}

/** How likely a column with this name holds people's main addresses: 0 surely, 3 unknown, 4 not. */
function rankOf(key: string): number {
  if (EMAIL.test(key)) return 0;
  if (OTHER.test(key)) return 4;
  if (MAIL.test(key)) return 1;
  return ACCOUNT.test(key) ? 2 : 3;
}

const hasAddress = (cell: string) =>
  /[@＠﹫]/.test(cell) && findAddresses(plainText(cell), 2).some(({ address }) => address !== null);

export interface Columns {
  /** Columns with addresses, best first. In each row the first one that holds an address counts. */
  emails: number[];
  /** The column with roles; -1 for none. */
  role: number;
  rows: CsvRecord[];
}

/** The index of the row with the column names; -1 for none. */
function findHeader(records: CsvRecord[], withAddress: boolean[]): number {
  const head = records.slice(0, HEAD);
  const named = head.findIndex(({ cells }, row) => !withAddress[row] && cells.some((cell) => rankOf(headerKey(cell)) < 2));
  const first = withAddress.indexOf(true);
  const filled = ({ cells }: CsvRecord) => cells.filter((cell) => cell.trim() !== "").length;
  const names = records[named];
  // A title row may hold the address of the person who exported the file, but fills fewer cells than the column names.
  if (names && head.slice(0, named).every((row, at) => !withAddress[at] || filled(row) < filled(names))) return named;
  // Column names in an unknown language: the first row as wide as the rows with addresses.
  const width = records[first]?.cells.length;
  return head
    .slice(0, Math.max(0, first))
    .findIndex(({ cells }) => cells.length === width && cells.some((cell) => cell.trim() !== ""));
}

/** The number of filled cells in a column, and the number of those that name a role. */
function countRoles(rows: CsvRecord[], column: number, isRole: (name: string) => boolean) {
  const filled = rows.map(({ cells }) => cells[column]?.trim() ?? "").filter((cell) => cell !== "");
  return { column, filled: filled.length, roles: filled.filter(isRole).length };
}

/**
 * Finds the column of roles: of those with a name for roles, the one with the most roles, then with the most filled cells. Without such a name,
 * the first column in which all filled cells name roles, or more than half of them if the file has no column names.
 */
function findRole(keys: string[] | undefined, rows: CsvRecord[], emails: number[], isRole: (name: string) => boolean): number {
  const count = (column: number) => countRoles(rows, column, isRole);
  const [named] = (keys ?? [])
    .flatMap((key, column) => (ROLE.test(key) ? [count(column)] : []))
    .toSorted((one, other) => other.roles - one.roles || other.filled - one.filled);
  if (named) return named.column;
  const width = Math.max(0, ...rows.map(({ cells }) => cells.length));
  const columns = Array.from({ length: width }, (_, column) => column);
  return columns.findIndex((column) => {
    if (emails.includes(column) || FOREIGN_ROLE.test(keys?.[column] ?? "")) return false;
    const { filled, roles } = count(column);
    return roles > 0 && (keys ? roles === filled : 2 * roles > filled);
  });
}

/** @returns null when no column holds an address or has a name for addresses */
export function findColumns(records: CsvRecord[], isRole: (name: string) => boolean): Columns | null {
  const found = records.map(({ cells }) => cells.flatMap((cell, column) => (hasAddress(cell) ? [column] : [])));
  const header = findHeader(
    records,
    found.map((columns) => columns.length > 0),
  );
  const keys = records[header]?.cells.map(headerKey);
  const counts = new Map<number, number>();
  for (const column of found.slice(header + 1).flat()) counts.set(column, (counts.get(column) ?? 0) + 1);
  const most = Math.max(0, ...counts.values());
  const rank = (column: number) => rankOf(keys?.[column] ?? "");
  // A column with few addresses holds something else, such as notes, unless its name says that it holds addresses.
  const emails = [...counts]
    .filter(([column, count]) => 2 * count >= most || rank(column) < 2)
    .toSorted(([a, x], [b, y]) => rank(a) - rank(b) || y - x || a - b)
    .map(([column]) => column);
  if (emails.length === 0) {
    const named = keys?.findIndex((key) => rankOf(key) < 2) ?? -1;
    if (named === -1) return null;
    emails.push(named);
  }
  const rows = records.slice(header + 1);
  return { emails, role: findRole(keys, rows, emails, isRole), rows };
}
