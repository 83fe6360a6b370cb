/** Addresses as people paste them: from a mail's header, a chat, a column of a sheet. Linear in the length of the text. */
import { MAX_LINES, MAX_SHOWN } from "#contract/http/invitations.ts";
import { Refusal } from "../platform/refusal.ts";

/** One person to invite, as it was read and before it is judged. */
export interface ReadLine {
  /** From 1, in what was pasted or in the file. */
  line: number;
  /** What stood there, to be shown again: shortened, without control characters. */
  read: string;
  /** What should be an address. */
  email: string;
  /** Null: none was named. */
  roleName: string | null;
}

const SEPARATORS = new Set([",", ";", "\t"]);
/** What closes what opens: inside, a separator is none. */
const CLOSES: Record<string, string> = { '"': '"', "<": ">" };

export function shorten(text: string): string {
  const plain = text
    .slice(0, 4 * MAX_SHOWN)
    .replaceAll(/[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]+/gu, " ")
    .trim();
  return plain.length <= MAX_SHOWN ? plain : `${plain.slice(0, MAX_SHOWN - 1)}…`;
}

/** @throws Refusal invalid_input, saying how many are allowed */
export function assertNotTooMany(count: number, path: string): void {
  if (count <= MAX_LINES) return;
  const message = `That's more than ${MAX_LINES.toLocaleString("en")} people. Invite them in several parts.`;
  throw new Refusal("invalid_input", { detail: message, fields: [{ path, message }] });
}

/** Cuts a line at commas, semicolons and tabs, but not inside quotes or angle brackets: `"Okafor, Ada" <ada@example.com>`. */
function splitEntries(line: string): string[] {
  const entries: string[] = [];
  // A quote or bracket that nothing closes is a character like any other; searched for once.
  const unclosed = new Set<string>();
  let start = 0;
  for (let at = 0; at < line.length; at++) {
    const char = line[at] as string;
    const closing = CLOSES[char];
    if (closing !== undefined && !unclosed.has(char)) {
      const end = line.indexOf(closing, at + 1);
      if (end === -1) unclosed.add(char);
      else at = end;
    } else if (SEPARATORS.has(char)) {
      entries.push(line.slice(start, at));
      start = at + 1;
    }
  }
  entries.push(line.slice(start));
  return entries.map((entry) => entry.trim()).filter((entry) => entry !== "");
}

/**
 * The addresses of an entry, each once: `"Ada, at@home" <ada@example.com>`, `mailto:ada@example.com`, several with spaces between.
 * An entry without any is its own: whoever pasted it is told so.
 */
export function addressesIn(entry: string): string[] {
  const found = new Map<string, string>();
  for (const [word, inside] of entry.replaceAll(/"[^"]*"(?=\s*<)/g, " ").matchAll(/<([^<>]*)>|[^\s<]+/g)) {
    // Mail programs write 'ada@example.com' <ada@example.com>.
    const address = (inside ?? word)
      .trim()
      .slice(0, 2 * MAX_SHOWN)
      .replace(/^mailto:/i, "")
      // Looked for from the first of them only: from each anew, many in the middle would cost their square.
      .replaceAll(/^['(]+|(?<![')])[')]+$/g, "");
    const isOne = inside === undefined ? address.includes("@") : address !== "";
    if (isOne && !found.has(address.toLowerCase())) found.set(address.toLowerCase(), address);
  }
  return found.size > 0 ? [...found.values()] : [entry];
}

/** @throws Refusal invalid_input for too many */
export function readPasted(text: string): ReadLine[] {
  const lines: ReadLine[] = [];
  for (const [index, line] of text.split(/\r\n|\n|\r/).entries()) {
    for (const entry of splitEntries(line)) {
      const addresses = addressesIn(entry);
      for (const email of addresses) {
        const read = addresses.length === 1 ? entry : email;
        lines.push({ line: index + 1, read: shorten(read), email: email.slice(0, MAX_SHOWN + 1), roleName: null });
      }
      assertNotTooMany(lines.length, "text");
    }
  }
  return lines;
}
