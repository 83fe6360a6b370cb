/** Finds the columns of a CSV that hold addresses and roles. Their content decides, because their names can be in any language. */
import { findAddresses, plainText } from "#contract/addresses.ts";
import type { CsvRecord } from "./csv-records.ts";

/** Column names, as `headerKey` returns them. Columns with other names are found by their content; names decide between several columns. */
const EMAIL = /^(e?mail|email(address|adress(e|en|a)?|1value)|primaryemail|workemail|inviteeemail|mailaddress)$/;
const MAIL =
  /mail|courriel|correo|messagerie|epost|epast|posta|pošta|paštas|пошт|почт|имейл|ταχυδρομ|メール|邮|郵|메일|อีเมล|ईमेल|بريد|ایمیل|דואל|דואראל|netfang|sähköposti|thưđiệntử/;
const ACCOUNT = /principal|benutzerprinzipal|login|username|^user$/;
/** Columns with a second or private address of the same person. */
const SECOND = new RegExp(
  [
    "[2-9]|second|altern|recover|other|backup|proxy|proxies|previous|former|^old|private|personal|home",
    "weitere|zusätz|wiederherst|secund|sekund|recup|récup|secours|autre|otro|adicional|drug[ai]|zapas|dodatk|вторич|резерв",
    "ikinci|yedek|予備|代理|备用|備用|备选|備選|보조",
    "privat|privé|persönlich|personnel|perso$|persoonlijk|pessoal|prywatn|soukrom|osobn|magán|henkilökoht|προσωπικ|личн|особист",
    "kişisel|cánhân|個人|个人|개인|شخصي|אישי|निजी|ส่วนตัว",
  ].join("|"),
);
/** Columns with the address of somebody else, or of a group. */
const SOMEBODY_ELSE = new RegExp(
  [
    "manager|supervisor|owner|sponsor|assistant|invitedby|createdby|report(s|ing)to|approver|emergency|buyer|group",
    "vorgesetzt|führungskraft|teamleit|assistenz|notfall|gruppe|gestionnaire|responsab|supérieur|urgence|chef",
    "gerente|gestor|jefe|capo|emergencia|grup|leidinggevende|leder|nadřízen|vedouc|przełożon|kierownik|esimies|esihenkil",
    "felettes|vezető|yönetici|müdür|руковод|начальник|керівник|групп|προϊστ|المدير|מנהל|quảnlý|หัวหน้า|atasan",
    "上司|上長|所属長|マネージャ|主管|经理|經理|领导|領導|관리자|상사|매니저|紧急|緊急",
  ].join("|"),
);
const ROLE =
  /^(?:whoot|workspace)?(?:roles?|rolename|rollen?|rôle|rol|ruolo|função|papel|roll|rolle?|rola|rolė|roli|uloga|vloga|rooli|szerep(?:kör)?|роль|роля|ρόλος|役割|ロール|権限|角色|역할|권한|vaitrò|บทบาท|भूमिका|תפקיד|الدور|نقش)(?:optional|required|inwhoot)?$/;

/** Slack's own roles are in these columns. They say nothing about whoot's. */
const FOREIGN_ROLE = /^(status|usertype)$/;

/** Characters of a column's name that are looked at. */
const MAX_NAME = 200;
/** Rows that are searched for column names. */
const HEAD = 10;

/** The name's letters and digits in lower case, without what exports add in brackets: "Email Address [Required]". */
function headerKey(wholeCell: string): string {
  // The name of a column is short. A search for a bracket's end takes time in proportion to the square of the length.
  const cell = wholeCell.slice(0, MAX_NAME);
  const bracketed = /\[([^\]]*)\]/.exec(cell)?.[1];
  const plain = plainText(cell).normalize("NFKC").toLowerCase();
  // Entra: "Email address to invite [inviteeEmail] Required".
  if (bracketed && /email/i.test(bracketed)) return "inviteeemail";
  return plain.replaceAll(/\[[^\]]*\]|[^\p{L}\p{M}\p{N}]/gu, "");
}

/** How likely a column with this name holds people's main addresses: 0 surely, 3 unknown, 4 not, 5 never. */
function rankOf(key: string): number {
  if (EMAIL.test(key)) return 0;
  if (SOMEBODY_ELSE.test(key)) return 5;
  if (SECOND.test(key)) return 4;
  if (MAIL.test(key)) return 1;
  return ACCOUNT.test(key) ? 2 : 3;
}

const hasAddress = (cell: string) =>
  /[@＠﹫]/.test(cell) && findAddresses(plainText(cell), 2).some(({ address }) => address !== null);

export interface Columns {
  /** Columns with addresses, best first. In each row the first one that holds an address counts. */
  emails: number[];
  /** Whether the rows have column names. */
  isNamed: boolean;
  /** Whether the file is a list of addresses, not a table: each cell is a person. */
  isList: boolean;
  /** The column with roles; -1 for none. */
  role: number;
  rows: CsvRecord[];
}

const countFilled = (cells: string[]) => cells.filter((cell) => cell.trim() !== "").length;

/** The index of the row with the most filled cells, of those that satisfy the condition; -1 for none. */
function fullest(rows: CsvRecord[], isCandidate: (row: CsvRecord) => boolean): number {
  const filled = rows.map((row) => (isCandidate(row) ? countFilled(row.cells) : 0));
  return Math.max(0, ...filled) === 0 ? -1 : filled.indexOf(Math.max(...filled));
}

/** The index of the row with the column names; -1 for none. Notes and titles may stand above it, but fill fewer cells. */
function findHeader(records: CsvRecord[], withAddress: boolean[]): number {
  const head = records.slice(0, HEAD);
  const isNamed = ({ cells }: CsvRecord) => cells.some((cell) => rankOf(headerKey(cell)) < 3);
  const first = withAddress.indexOf(true);
  const above = head.slice(0, Math.max(0, first));
  const named = fullest(above, isNamed);
  if (named >= 0) return named;
  // A title row may hold the address of the person who exported the file.
  const later = head.findIndex((row, at) => !withAddress[at] && row.cells.some((cell) => rankOf(headerKey(cell)) < 2));
  const names = records[later];
  if (names && head.slice(0, later).every(({ cells }) => countFilled(cells) < countFilled(names.cells))) return later;
  // Column names in an unknown language: a row as wide as the rows with addresses.
  const width = records[first]?.cells.length;
  return fullest(above, ({ cells }) => cells.length === width);
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

/**
 * The columns to read addresses from: the main one, then those that count where it is empty. Somebody else's address must not count there.
 * @param contents the cells with addresses of each column
 */
function findEmails(contents: Map<number, string[]>, keys: string[] | undefined): number[] {
  const rank = (column: number) => rankOf(keys?.[column] ?? "");
  const counts = [...contents].map(([column, cells]) => ({ column, filled: cells.length, distinct: new Set(cells).size }));
  const most = Math.max(0, ...counts.map(({ distinct }) => distinct));
  const sorted = counts
    // A column with few addresses holds something else, such as notes, unless its name says that it holds addresses.
    .filter(({ column, distinct }) => 2 * distinct >= most || rank(column) < 2)
    .toSorted((a, b) => rank(a.column) - rank(b.column) || b.distinct - a.distinct || a.column - b.column);
  const named = keys?.findIndex((key) => rankOf(key) < 2) ?? -1;
  const [main] = sorted;
  if (named >= 0 && (!main || rank(main.column) === 5)) return [named];
  if (!main) return [];
  const rest = sorted.slice(1).filter(({ column, filled, distinct }) => {
    const isKnown = rank(column) !== 3 || rank(main.column) === 3 || !keys?.[column];
    // A manager's or group's address repeats.
    return isKnown && rank(column) < 5 && distinct === filled;
  });
  return [main, ...rest].map(({ column }) => column);
}

/** Whether one column has an address of its own in each row, and all others repeat a few, from row to row: those of managers or groups. */
function hasOthers(contents: Map<number, string[]>, rows: number): boolean {
  const columns = [...contents.values()].map((cells) => ({ filled: cells.length, distinct: new Set(cells).size }));
  const others = columns.filter(({ distinct }) => distinct < rows);
  // The person at the top has no manager.
  const repeats = others.every(({ filled, distinct }) => filled >= rows - 1 && 2 * distinct <= filled);
  return others.length > 0 && others.length === columns.length - 1 && repeats;
}

/** @returns null when no column holds an address or has a name for addresses */
export function findColumns(records: CsvRecord[], isRole: (name: string) => boolean): Columns | null {
  const found = records.map(({ cells }) => cells.flatMap((cell, column) => (hasAddress(cell) ? [column] : [])));
  const header = findHeader(
    records,
    found.map((columns) => columns.length > 0),
  );
  const keys = records[header]?.cells.map(headerKey);
  const rows = records.slice(header + 1);
  const contents = new Map<number, string[]>();
  for (const [at, { cells }] of rows.entries()) {
    for (const column of found[header + 1 + at] ?? []) {
      const cell = (cells[column] ?? "").trim().toLowerCase();
      if (!contents.get(column)?.push(cell)) contents.set(column, [cell]);
    }
  }
  const emails = findEmails(contents, keys);
  if (emails.length === 0) return null;
  const isList =
    countFilled(keys ?? []) < 2 &&
    !hasOthers(contents, rows.length) &&
    rows.every(({ cells }, at) => countFilled(cells) === found[header + 1 + at]?.length);
  return { emails, isNamed: keys !== undefined, isList, role: findRole(keys, rows, emails, isRole), rows };
}
