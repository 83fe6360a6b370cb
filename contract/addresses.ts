/**
 * Reads email addresses as people type, paste and export them. Inviting, signing up and signing in share these rules: docs/decisions/0026.
 * Every step takes time linear in the length of the text.
 */

/** RFC 5321 §4.5.3.1: octets of the whole address, of the part before the @, and of the domain. */
export const MAX_ADDRESS = 254;
const MAX_LOCAL = 64;
const MAX_DOMAIN = 253;
/** A longer word is not searched for addresses. */
const MAX_WORD = 1_000;

/** RFC 5322 §3.2.3, dot-atom. ASCII only: whoot sends no mail to SMTPUTF8 mailboxes, and a look-alike letter is another mailbox. */
const LOCAL = /^[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*$/;
/** RFC 1123 §2.1 labels. A top-level domain is letters or an A-label (RFC 3696 §2, RFC 5890). */
const DOMAIN = /^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+(?:[a-z]{2,63}|xn--(?:[a-z0-9]|[a-z0-9][a-z0-9-]{0,57}[a-z0-9]))$/;

const INVISIBLE = /[\p{Cf}\p{Default_Ignorable_Code_Point}]+/gu;
/** Full-width and small forms of ASCII, which East Asian keyboards produce. */
const WIDE = /[\uff01-\uff5e\ufe50-\ufe6b]/g;
const MAILTO = /mailto:[^\s<>"|)\]]*/gi;
/** Found in text pasted from a page's source: character references (HTML §13.5), and a line end written as `\n` after an address. */
const REFERENCE = /&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|(lt|gt|quot|apos|amp|nbsp|commat));/gi;
const NAMED: Record<string, string> = { lt: "<", gt: ">", quot: '"', apos: "'", amp: "&", nbsp: " ", commat: "@" };
/**
 * A zero-width space, the only separator between two addresses. Elsewhere programs put it into words, where a line may break: also into a
 * domain that another separator follows.
 */
const HIDDEN_BREAK = /\u200b(?<=@[a-z0-9.-]{1,253}\u200b)(?![.-])(?=[a-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@)/gi;
const ESCAPED_BREAK = /\\(?<=@[a-z0-9.-]{1,253}\\)(?:r\\n|[nrt])/gi;
/** The user information before the @ of a URL (RFC 3986 §3.2.1). It is not a mailbox. */
const USER_INFO = /:\/\/(?<!mailto:\/\/)[^\s/?#@]{0,200}@/gi;

/** A word that may contain an address. Beyond ASCII, quotation marks count as apostrophes and the ideographic full stop as a dot. */
const WORD = /(?:[^\s\p{C}\p{P}\p{S}\p{Z}]|[!#$%&'*+\-./=?^_`{|}~@’‘。｡])+/gu;
const DOMAIN_RUN = /^[\p{L}\p{M}\p{N}.\-_。｡]*/u;
/**
 * Up to the last letter of a script without spaces between words, or of Korean, whose particles follow a word without one. Arabic and Hebrew
 * write "and" and "to" as a letter before the word.
 */
const UNSPACED =
  /^.*[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Thai}]|^[وبلفك]{1,2}(?=\w)|^[ובלמשה]{1,2}(?=\w)/u;
/** A number in a circle or in a box, as lists have. */
const NUMBERED = /^(?:\p{No}|\d\u20e3)+/u;

/** An @ in a text, and the address around it if there is one. */
export interface Found {
  /** The canonical address; null when the text around the @ is not a valid address. */
  address: string | null;
  raw: string;
  /** Index of the first character of `raw` in the plain text. */
  at: number;
}

function decodeLink(link: string): string {
  return link.replaceAll(/%([2-7][0-9a-f])/gi, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)));
}

function decodeReference(whole: string, decimal?: string, hex?: string, name?: string): string {
  if (name) return NAMED[name.toLowerCase()] ?? whole;
  const code = decimal ? Number.parseInt(decimal, 10) : Number.parseInt(hex ?? "", 16);
  return code <= 0x10ffff ? String.fromCodePoint(code) : whole;
}

/**
 * Decodes HTML character references and percent-encoded mailto links (RFC 6068), replaces full-width forms by ASCII, and removes invisible
 * characters.
 */
export function plainText(text: string): string {
  return text
    .replaceAll(REFERENCE, decodeReference)
    .replaceAll(ESCAPED_BREAK, " ")
    .replaceAll(HIDDEN_BREAK, " ")
    .replaceAll(INVISIBLE, "")
    .replaceAll(WIDE, (char) => char.normalize("NFKC"))
    .replaceAll(MAILTO, decodeLink);
}

/** @returns the domain in DNS form, with U-labels as A-labels (UTS #46); null if it is not a valid domain */
function asciiDomain(domain: string): string | null {
  if (domain.length > MAX_DOMAIN) return null;
  let ascii = domain.toLowerCase();
  // oxlint-disable-next-line no-control-regex -- ASCII includes control characters
  if (/[^\x00-\x7f]|xn--/.test(ascii)) {
    try {
      ascii = new URL(`http://${domain}`).hostname;
    } catch {
      return null;
    }
  }
  return ascii.length <= MAX_DOMAIN && DOMAIN.test(ascii) ? ascii : null;
}

function canonical(local: string, domain: string): string | null {
  // Check before lower-casing, which turns some other letters into ASCII: K (U+212A), for example.
  if (local.length > MAX_LOCAL || !LOCAL.test(local) || GUEST.test(local)) return null;
  // "{ada,ben}@example.com" names two people, and "ben}" neither.
  if (/^[^{]*\}$/.test(local)) return null;
  const ascii = asciiDomain(domain);
  if (ascii === null) return null;
  const address = `${local.toLowerCase()}@${ascii}`;
  return address.length <= MAX_ADDRESS ? address : null;
}

/** A key before the address: `E=ada@…` in the name of a certificate or directory entry (RFC 5280 §4.1.2.6), `email=` or `cc=` in a link. */
const KEY = /^(?:(?:e|e-?mail|email-?address|mail)=|[^=]*[?&](?:e-?mail|mail|to|b?cc|users?)=)(?=.)/i;
/** A program sends no mail to the account name that Entra gives a guest: `ada_home.org#EXT#@corp.onmicrosoft.com`. */
const GUEST = /#ext#$/i;
/** The cell before the address in a table without spaces: `Ada|ada@…`. */
const CELL = /^.*[\p{L}\p{N}]\|(?=[\p{L}\p{N}])/u;
const CAPITAL = /^\P{L}*\p{Lu}/u;

/** Removes a quotation mark, emphasis or list sign before the local part, unless nothing would be left: some of them are valid there. */
function trimLocal(local: string, after: string): string {
  let own = local.replace(UNSPACED, "").replace(NUMBERED, "").replace(KEY, "").replaceAll(/[’‘]/g, "'");
  // "a|b@example.com" is a mailbox.
  if (after.startsWith("|") || CAPITAL.test(own)) own = own.replace(CELL, "");
  // "\\texttt{ada@example.com}"
  if (after.startsWith("}")) own = own.slice(own.lastIndexOf("{") + 1);
  const unquoted = own.replace(own.includes("}") ? /^['`*|/]+/ : /^['`*|/{]+/, "");
  // An address may begin with one of these signs, so remove it only if the same sign follows the address.
  const mirrored = /^([_~=#+-])\1*/.exec(unquoted);
  const bare = mirrored && after.startsWith(mirrored[1] ?? "") ? unquoted.slice(mirrored[0].length) : unquoted;
  return bare === "" ? own : bare;
}

/** The length of the domain at the start of the text after an @, without a sentence's full stop and without letters that follow directly. */
function endOfDomain(rest: string): number {
  let domain = DOMAIN_RUN.exec(rest)?.[0] ?? "";
  // "ada@example.com。谢谢": after a whole ASCII domain the ideographic full stop ends the sentence. Elsewhere it is a dot (UTS #46 §2.3).
  const stop = /^[a-z0-9.-]+\.[a-z]{2,}(?=[。｡])/i.exec(domain);
  if (stop) domain = stop[0];
  // "ada@example.com으로": no top-level domain mixes ASCII with other letters.
  const mixed = /^.*[.。｡][a-z]{2,}(?=[^a-z0-9.。｡_-])/i.exec(domain);
  if (mixed && !/[.。｡]/.test(domain.slice(mixed[0].length))) domain = mixed[0];
  let end = domain.length;
  while (end > 0 && "-._。｡".includes(domain[end - 1] ?? "")) end -= 1;
  return end;
}

/** The addresses in a word with an @: `ada@x.org/ben@x.org` holds two. */
function* inWord(word: string, at: number): Generator<Found> {
  const whole = { address: null, raw: word.slice(0, MAX_WORD), at };
  if (word.length > MAX_WORD) return yield whole;
  let start = 0;
  for (let sign = word.indexOf("@"); sign >= 0; sign = word.indexOf("@", start)) {
    const rest = word.slice(sign + 1);
    const end = sign + 1 + endOfDomain(rest);
    const after = word.slice(end);
    if (/^[-._。｡]*@/.test(after)) return yield whole;
    const local = trimLocal(word.slice(start, sign), after);
    const domain = word.slice(sign + 1, end);
    const raw = `${local}@${domain}`;
    // "@ada" is a mention, and "Ada @ work" is no address.
    if (local !== "" && domain !== "") {
      yield { address: canonical(local, domain.replaceAll(/[。｡]/g, ".")), raw, at: at + sign - local.length };
    }
    // The text after "?" belongs to a link, which names more people only in these fields.
    const field = /^[?&]/.test(after) ? /(?:^\?|&)(?:to|b?cc)=/i.exec(after) : null;
    if (after.startsWith("?") && !field) return;
    start = end + (field ? field.index + field[0].length : 1);
  }
}

/** Blanks the @ signs that belong to no address: those in a quoted name, `"cid@home.org" <cid@example.com>`, and in the user part of a URL. */
function blankOtherSigns(text: string): string {
  const blank = (found: string) => " ".repeat(found.length);
  return text.replaceAll(/"[^"]*"(?=\s*<)/g, blank).replaceAll(USER_INFO, blank);
}

/**
 * The first `most` places with an @, in order.
 * @param plain a text that went through `plainText`
 */
export function findAddresses(plain: string, most: number): Found[] {
  const found: Found[] = [];
  if (!plain.includes("@")) return found;
  for (const { 0: word, index } of blankOtherSigns(plain).matchAll(WORD)) {
    if (!word.includes("@")) continue;
    for (const item of inWord(word, index)) {
      if (found.length === most) return found;
      found.push(item);
    }
  }
  return found;
}

/** The same address may appear twice in a field, as text and as link. */
const MAX_IN_A_FIELD = 3;
const LETTER = /[\p{L}\p{N}]/u;
const firstOf = (chars: Iterable<string>, brackets: string) => {
  for (const char of chars) if (LETTER.test(char) || brackets.includes(char)) return char;
  return null;
};
const isWord = (char: string | null) => char !== null && LETTER.test(char);

/**
 * The single address in a field, or null. A name may stand beside it in brackets or before a colon, but not bare: "john smith@example.com" is
 * a typing error and must not become somebody else's smith@example.com.
 * @param typed the caller bounds its length
 */
export function readAddress(typed: string): string | null {
  const plain = plainText(typed);
  const found = findAddresses(plain, MAX_IN_A_FIELD);
  const last = found.at(-1);
  if (!last?.address || found.some(({ address }) => address !== last.address)) return null;
  const before = Array.from(plain.slice(0, last.at)).toReversed();
  const after = plain.slice(last.at + last.raw.length);
  if (isWord(firstOf(before, "<([:|"))) return null;
  return isWord(firstOf(after, ">)](|?")) ? null : last.address;
}
