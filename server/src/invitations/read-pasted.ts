/** Reads addresses from pasted text: a mail's header, a chat, a column of a sheet. Takes time linear in the length of the text. */
import { findAddresses, plainText } from "#contract/addresses.ts";
import { MAX_LINES, MAX_SHOWN } from "#contract/http/invitations.ts";
import { Refusal } from "../platform/refusal.ts";

/** One person to invite, before the line is judged. */
export interface ReadLine {
  /** Line in the pasted text or the file, from 1. */
  line: number;
  /** The line's text to show: shortened, without control characters. */
  read: string;
  /** The text that should be an address. */
  email: string;
  /** Null when the line names no role. */
  roleName: string | null;
}

/** The comma and its Arabic and East Asian forms. `plainText` has already replaced full-width ones. */
const COMMAS = ",\u060c\u3001";
const SEMICOLONS = ";\u061b";
/** Opening quotes and brackets with their closing ones, within which separators do not count. German closes with the English opening quote. */
const CLOSES: Record<string, string> = { '"': '"', "“": "”", "„": "“", "«": "»", "<": ">", "(": ")" };

/** A date or time, which chats put before a message. */
const WHEN = /^\[?(?:\d{1,4}([./-])\d{1,2}\1\d{1,4}|\d{1,2}[:.]\d{2}(?::\d{2})?(?:\s*[ap]\.?m\.?)?)\]?$/i;
/** A vCard or calendar, and its properties with people (RFC 6350 §6.4.2, RFC 5545 §3.8.4). Apple writes them with a group prefix. */
export const VCARD = /^BEGIN:(?:VCARD|VCALENDAR)\s*$/im;
const PROPERTY = /^\s*(?:[\w-]{1,60}\.)?(?:EMAIL|ATTENDEE|ORGANIZER)[;:]/i;
/** The parameters of a property. A name there may look like an address: `CN=ada@example.com`. */
const PARAMETERS = /^.*:(?=mailto:)/i;

export function shorten(text: string): string {
  const plain = text
    .slice(0, 4 * MAX_SHOWN)
    .replaceAll(/[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]+/gu, " ")
    .trim();
  return plain.length <= MAX_SHOWN ? plain : `${plain.slice(0, MAX_SHOWN - 1)}…`;
}

/** @throws Refusal invalid_input */
export function assertNotTooMany(count: number, path: string): void {
  if (count <= MAX_LINES) return;
  const message = `That's more than ${MAX_LINES.toLocaleString("en")} people. Invite them in several parts.`;
  throw new Refusal("invalid_input", { detail: message, fields: [{ path, message }] });
}

/** Splits at separators outside quotes and brackets: `"Okafor, Ada" <ada@example.com>` is one piece. */
function cut(text: string, separators: string): string[] {
  const pieces: string[] = [];
  // An unclosed quote or bracket is an ordinary character. Remember it, so that its end is searched for only once.
  const unclosed = new Set<string>();
  let start = 0;
  for (let at = 0; at < text.length; at++) {
    const char = text[at] as string;
    const closing = CLOSES[char];
    if (closing !== undefined && !unclosed.has(char)) {
      const end = text.indexOf(closing, at + 1);
      if (end === -1) unclosed.add(char);
      else at = end;
    } else if (separators.includes(char)) {
      pieces.push(text.slice(start, at));
      start = at + 1;
    }
  }
  return [...pieces, text.slice(start)];
}

/** Whether text precedes an address in brackets: `Jr. <john@example.com>`, `Ada (ada@example.com)`. */
function isNamed(piece: string): boolean {
  const before = piece.slice(0, piece.indexOf("@"));
  const bracket = Math.max(before.lastIndexOf("<"), before.lastIndexOf("("), before.lastIndexOf("["));
  return bracket >= 0 && !/[>)\]]/.test(before.slice(bracket)) && before.slice(0, bracket).trim() !== "";
}

/** Joins the pieces of a name with commas, so that `Smith, John, Jr. <john@example.com>` is one entry. */
function joinNames(pieces: string[]): string[] {
  const entries: string[] = [];
  let names: string[] = [];
  for (const piece of pieces) {
    names.push(piece);
    if (!piece.includes("@")) continue;
    if (isNamed(piece)) names = [names.join(",")];
    for (const name of names) entries.push(name);
    names = [];
  }
  return entries.concat(names);
}

/**
 * Splits a line into entries. In a line with semicolons, commas belong to names. Cells without an @ are dropped if another cell of the row has
 * one.
 */
function splitEntries(line: string): string[] {
  const bySemicolon = cut(line, SEMICOLONS);
  const rows = bySemicolon.flatMap((part) => {
    const cells = cut(part, "\t");
    return cells.some((cell) => cell.includes("@")) ? cells.filter((cell) => cell.includes("@")) : cells;
  });
  const entries = bySemicolon.length > 1 ? rows : rows.flatMap((row) => joinNames(cut(row, COMMAS)));
  return entries.map((entry) => entry.trim()).filter((entry) => /[\p{L}\p{N}@]/u.test(entry) && !WHEN.test(entry));
}

/**
 * The distinct addresses of an entry. Texts with an @ that are not addresses are included, and an entry without any is returned as it is, so that
 * the verdict can say so.
 * @param plain a text that went through `plainText`
 */
export function addressesIn(plain: string): string[] {
  const found = findAddresses(plain, MAX_LINES + 1);
  const addresses = found.flatMap(({ address, raw }) => address ?? (/<[^<>@]*@[^<>@]*>/.test(plain) ? [] : raw));
  return addresses.length > 0 ? [...new Set(addresses)] : [plain];
}

/** Whether each line begins with its number: `1.ada@example.com`. Alone, that would be a mailbox. */
function isNumbered(text: string): boolean {
  const filled = text.split(/[\r\n]+/, 2 * MAX_LINES).filter((line) => line.trim() !== "");
  return filled.length > 1 && filled.every((line, at) => /^\d+(?=[.:-])/.exec(line.trimStart())?.[0] === String(at + 1));
}

/** RFC 6350 §3.2: a line that begins with a space continues the one before. Empty lines keep the numbers of those that follow. */
function unfold(text: string): string {
  return text.replaceAll(/^[^\r\n]*(?:\r?\n[ \t][^\r\n]*)+/gm, (folded) => {
    const parts = folded.split(/\r?\n[ \t]/);
    return parts.join("") + "\n".repeat(parts.length - 1);
  });
}

/** @throws Refusal invalid_input for too many people */
export function readPasted(text: string): ReadLine[] {
  const lines: ReadLine[] = [];
  const isVcard = VCARD.test(text);
  const plain = isVcard ? unfold(text) : isNumbered(text) ? text.replaceAll(/^([ \t]*)\d+[.:-]/gm, "$1") : text;
  let number = 0;
  for (const { 0: line } of plain.matchAll(/[^\r\n]*(?:\r\n|\n|\r|$)/g)) {
    number += 1;
    if (line.length <= 2 && line.trim() === "") continue;
    const isProperty = PROPERTY.test(line) && line.includes("@");
    if (isVcard && !isProperty) continue;
    const entries = isProperty ? [plainText(line).replace(PARAMETERS, "").trim()] : splitEntries(plainText(line));
    for (const entry of entries) {
      const addresses = addressesIn(entry);
      for (const email of addresses) {
        const read = addresses.length === 1 ? entry : email;
        lines.push({ line: number, read: shorten(read), email: email.slice(0, MAX_SHOWN + 1), roleName: null });
      }
      assertNotTooMany(lines.length, "text");
    }
  }
  return lines;
}
