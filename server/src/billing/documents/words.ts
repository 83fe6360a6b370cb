/** The words of documents, in each supported language. Pure, and independent of the system's locales. */
import { dayOf, type Instant, type Span } from "../reckoning/calendar.ts";
import { percentOf } from "../reckoning/tax.ts";
import { type IssuedDocument, type IssuedLine, isSeats, shown } from "./issued.ts";

interface Language {
  months: readonly string[];
  day: (day: number, month: string, year: number) => string;
  /** Formats a span of days, such as "1 to 31 January 2026". Parts that both days share appear once. */
  days: (first: Parts, last: Parts, months: readonly string[]) => string;
  thousands: string;
  decimal: string;
  items: Readonly<Record<string, string>>;
  seats: (count: string, isOne: boolean) => string;
  uncounted: string;
  credit: string;
  changes: (count: string) => string;
  text: typeof ENGLISH_TEXT;
}

interface Parts {
  day: number;
  month: number;
  year: number;
}

const ENGLISH_TEXT = {
  invoice: "Invoice",
  "credit note": "Credit note",
  number: "Number",
  issuedOn: "Date",
  dueOn: "Due",
  purchaseOrder: "Purchase order",
  buyerTaxId: "Your tax id",
  sellerTaxId: "Tax id",
  amends: "Amends invoice",
  description: "Description",
  quantity: "Quantity",
  price: "Price",
  tax: "Tax",
  amount: "Amount",
  net: "Net",
  taxOn: (percent: string, base: string) => `Tax ${percent} % on ${base}`,
  noTax: (base: string) => `No tax on ${base}`,
  total: "Total",
  fromBalance: "Paid from your credit",
  due: "Due",
  pay: (sum: string, day: string) => `Please pay ${sum} by ${day}.`,
  nothingDue: "Nothing is left to pay.",
  holder: "Account holder",
  iban: "IBAN",
  bic: "BIC",
  bank: "Bank",
  account: "Account",
  routing: "Routing code",
  reference: "Reference",
  toInvoices: (sum: string) => `${sum} of it settle open invoices.`,
  toBalance: (sum: string) => `${sum} of it are kept as your credit, which later invoices use.`,
  noPayment: "There is nothing to pay.",
  page: (page: number, pages: number) => `Page ${page} of ${pages}`,
  utc: "Days are in UTC.",
  sample: "SAMPLE",
  sampleNote: "This document only shows how documents look. There is nothing to pay.",
};

const ENGLISH: Language = {
  months: [
    ...["January", "February", "March", "April", "May", "June", "July"],
    ...["August", "September", "October", "November", "December"],
  ],
  day: (day, month, year) => `${day} ${month} ${year}`,
  days(first, last, months) {
    const end = `${last.day} ${months[last.month]} ${last.year}`;
    if (first.year !== last.year) return `${first.day} ${months[first.month]} ${first.year} to ${end}`;
    if (first.month !== last.month) return `${first.day} ${months[first.month]} to ${end}`;
    return first.day === last.day ? end : `${first.day} to ${end}`;
  },
  thousands: ",",
  decimal: ".",
  items: {
    recording: "Recording",
    transcription: "Transcription",
    dial_out: "Dial-out",
    instant_messaging: "Instant messaging",
  },
  seats: (count, isOne) => `${count} ${isOne ? "licence" : "licences"}`,
  uncounted: "licences",
  credit: "Credit for",
  changes: (count) => `${count} changes together`,
  text: ENGLISH_TEXT,
};

const GERMAN: Language = {
  months: [
    ...["Januar", "Februar", "März", "April", "Mai", "Juni", "Juli"],
    ...["August", "September", "Oktober", "November", "Dezember"],
  ],
  day: (day, month, year) => `${day}. ${month} ${year}`,
  days(first, last, months) {
    const end = `${last.day}. ${months[last.month]} ${last.year}`;
    if (first.year !== last.year) return `${first.day}. ${months[first.month]} ${first.year} bis ${end}`;
    if (first.month !== last.month) return `${first.day}. ${months[first.month]} bis ${end}`;
    return first.day === last.day ? end : `${first.day}. bis ${end}`;
  },
  thousands: ".",
  decimal: ",",
  items: {
    recording: "Aufzeichnung",
    transcription: "Transkription",
    dial_out: "Anrufe ins Telefonnetz",
    instant_messaging: "Textnachrichten",
  },
  seats: (count, isOne) => `${count} ${isOne ? "Lizenz" : "Lizenzen"}`,
  uncounted: "Lizenzen",
  credit: "Gutschrift für",
  changes: (count) => `${count} Änderungen zusammen`,
  text: {
    invoice: "Rechnung",
    "credit note": "Rechnungskorrektur",
    number: "Nummer",
    issuedOn: "Datum",
    dueOn: "Fällig",
    purchaseOrder: "Bestellnummer",
    buyerTaxId: "Ihre USt-IdNr.",
    sellerTaxId: "USt-IdNr.",
    amends: "Korrigiert Rechnung",
    description: "Leistung",
    quantity: "Menge",
    price: "Preis",
    tax: "USt.",
    amount: "Betrag",
    net: "Netto",
    taxOn: (percent, base) => `USt. ${percent} % auf ${base}`,
    noTax: (base) => `Keine USt. auf ${base}`,
    total: "Gesamt",
    fromBalance: "Mit Ihrem Guthaben bezahlt",
    due: "Zu zahlen",
    pay: (sum, day) => `Bitte zahlen Sie ${sum} bis zum ${day}.`,
    nothingDue: "Es ist nichts mehr zu zahlen.",
    holder: "Kontoinhaber",
    iban: "IBAN",
    bic: "BIC",
    bank: "Bank",
    account: "Konto",
    routing: "Bankleitzahl",
    reference: "Verwendungszweck",
    toInvoices: (sum) => `${sum} davon begleichen offene Rechnungen.`,
    toBalance: (sum) => `${sum} davon bleiben Ihr Guthaben, das spätere Rechnungen verwenden.`,
    noPayment: "Es ist nichts zu zahlen.",
    page: (page, pages) => `Seite ${page} von ${pages}`,
    utc: "Tage in UTC.",
    sample: "MUSTER",
    sampleNote: "Dieses Dokument zeigt nur, wie Dokumente aussehen. Es ist nichts zu zahlen.",
  },
};

const LANGUAGES: Readonly<Record<string, Language>> = { en: ENGLISH, de: GERMAN };

/** Separates a figure from its unit, so that no line breaks between them. */
const NO_BREAK = "\u00a0";

export interface Words {
  /** ISO 639. */
  language: string;
  text: typeof ENGLISH_TEXT;
  /** Formats an amount without its currency, such as 1,234.56. */
  figure(minor: bigint): string;
  /** Formats an amount, such as 1,234.56 EUR. */
  money(minor: bigint): string;
  count(count: bigint): string;
  percent(rate: number): string;
  /** Formats a day, such as 31 January 2026. @param day such as 2026-01-31 */
  day(day: string): string;
  /** Formats a span, such as 1 to 31 January 2026. */
  days(span: Span): string;
  /** Describes a line, such as "Team, 13 licences". */
  line(line: IssuedLine): string;
}

function partsOf(at: Instant): Parts {
  const date = new Date(at * 1_000);
  return { day: date.getUTCDate(), month: date.getUTCMonth(), year: date.getUTCFullYear() };
}

/** The last day that a span touches. */
export function lastDayOf({ from, to }: Span): string {
  return dayOf(Math.max(from, to - 1));
}

/** The words in the buyer's language, or in English. */
export function wordsOf(document: Pick<IssuedDocument, "kind" | "currency"> & { buyer: { language: string } }): Words {
  const wanted = document.buyer.language.toLowerCase().split("-")[0] ?? "";
  const code = Object.hasOwn(LANGUAGES, wanted) ? wanted : "en";
  const language = LANGUAGES[code] ?? ENGLISH;
  const { digits, code: currency } = document.currency;

  const grouped = (figures: string) => figures.replaceAll(/\B(?=(\d{3})+$)/g, language.thousands);
  const minus = (value: bigint) => (value < 0n ? "\u2212" : "");
  const magnitude = (value: bigint) => String(value < 0n ? -value : value);
  const count = (value: bigint) => `${minus(value)}${grouped(magnitude(value))}`;

  function figure(minor: bigint): string {
    const figures = magnitude(minor).padStart(digits + 1, "0");
    const whole = grouped(figures.slice(0, figures.length - digits));
    return `${minus(minor)}${whole}${digits === 0 ? "" : `${language.decimal}${figures.slice(-digits)}`}`;
  }

  function subject(line: IssuedLine): string {
    const { isCounted } = shown(document, line);
    const seats = isCounted ? language.uncounted : language.seats(count(line.quantity), line.quantity === 1n);
    if (isSeats(line)) return line.plan === null ? seats.charAt(0).toUpperCase() + seats.slice(1) : `${line.plan}, ${seats}`;
    const name = (Object.hasOwn(language.items, line.item) && language.items[line.item]) || line.item;
    return isCounted || line.quantity === 1n ? name : `${name}, ${seats}`;
  }

  return {
    language: code,
    text: language.text,
    figure,
    money: (minor) => `${figure(minor)}${NO_BREAK}${currency}`,
    count,
    percent: (rate) => String(percentOf({ rate })).replace(".", language.decimal),
    day(day) {
      const { day: number, month, year } = partsOf(Date.parse(day) / 1_000);
      return language.day(number, language.months[month] ?? "", year);
    },
    days: ({ from, to }) => language.days(partsOf(from), partsOf(Math.max(from, to - 1)), language.months),
    line(line) {
      if (line.changes > 1) {
        const name = isSeats(line) ? (line.plan ?? language.uncounted) : (language.items[line.item] ?? line.item);
        return `${name}, ${language.changes(count(BigInt(line.changes)))}`;
      }
      return line.kind === "credit" ? `${language.credit} ${subject(line)}` : subject(line);
    },
  };
}
