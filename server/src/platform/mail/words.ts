/**
 * Text of mails. People choose the names of people, workspaces and roles, and can have a mail sent to anybody. A name must therefore never
 * become a link, a header, or a line of its own.
 */

/** Text in which all names have been made harmless. Only `mailWords` creates it. */
export type MailWords = string & { readonly harmless: true };

/** Characters that mail clients, and IDNA (RFC 5895 §2), take for the dot of a host name. */
const DOT_INSIDE = /([.\u2024\u3002\ufe52\uff0e\uff61])(?=[^\s\p{P}])/gu;
const COLON_INSIDE = /([:\uff1a])(?=\S)/gu;
const AT_INSIDE = /(?<=\S)([@\uff20\ufe6b])(?=\S)/gu;
/** "//host" and "\\host" without a scheme. */
const DOUBLE_SLASH = /([/\\])(?=[/\\])/g;

/**
 * Changes a name so that no mail client turns it into a link: a space follows each dot and colon inside a word, and surrounds each @.
 * "evil.example" becomes "evil. example"; "J. R. Tolkien" stays as it is.
 */
export function harmless(name: string): string {
  return name
    .replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, " ")
    .replace(DOT_INSIDE, "$1 ")
    .replace(COLON_INSIDE, "$1 ")
    .replace(AT_INSIDE, " $1 ")
    .replace(DOUBLE_SLASH, "$1 ");
}

/** An amount of money, such as 8.00 EUR, which no mail client takes for a host. */
export class MailAmount {
  readonly text: string;

  /** @throws RangeError for anything but digits and a currency */
  constructor(text: string) {
    if (!/^-?\d+(\.\d+)? [A-Z]{3}$/.test(text)) throw new RangeError("not an amount");
    this.text = text;
  }
}

function fill(value: string | number | MailAmount): string {
  if (value instanceof MailAmount) return value.text;
  return typeof value === "number" ? String(value) : harmless(value);
}

/** A template tag that makes the inserted names harmless. */
export function mailWords(parts: TemplateStringsArray, ...names: Array<string | number | MailAmount>): MailWords {
  const filled = names.map(fill);
  return parts.map((part, index) => part + (filled[index] ?? "")).join("") as MailWords;
}
