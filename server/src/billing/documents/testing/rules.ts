/** Rules of EN 16931 that its schema can't express (artefacts 1.3.16), checked on the content of the XML. */
import type { ReadInvoice } from "./read-invoice.ts";

/** Reads an amount in hundredths. @throws for more than two decimals (BR-DEC) */
function minor(amount: string | null): bigint {
  const [, sign = "", whole = "", fraction = ""] = /^(-?)(\d+)(?:\.(\d{1,2}))?$/.exec(amount ?? "") ?? [];
  if (whole === "") throw new Error(`${amount} is no amount of at most two decimals (BR-DEC)`);
  const value = BigInt(whole) * 100n + BigInt(fraction.padEnd(2, "0"));
  return sign === "" ? value : -value;
}

/** base × rate, rounded half up on the magnitude to a unit of the currency, in hundredths. */
function taxOf(base: bigint, rate: string, digits: number): bigint {
  const [whole = "", decimals = ""] = rate.split(".");
  const millionths = BigInt(whole + decimals.padEnd(4, "0"));
  const unit = 10n ** BigInt(2 - digits);
  const divisor = 1_000_000n * unit;
  const magnitude = (base < 0n ? -base : base) * millionths;
  const rounded = ((2n * magnitude + divisor) / (2n * divisor)) * unit;
  return base < 0n ? -rounded : rounded;
}

const sum = (amounts: (string | null)[]) => amounts.reduce((total, amount) => total + minor(amount), 0n);

/** @param digits of the currency. @returns the names of broken rules */
export function brokenRules({ lines, taxes, sums, ...invoice }: ReadInvoice, digits: number): string[] {
  const broken: string[] = [];
  const rule = (name: string, holds: boolean) => void (holds || broken.push(name));
  const isPresent = (value: string | null) => value !== null && value.trim() !== "";
  const [net, tax, gross, due] = [sums.net, sums.tax, sums.gross, sums.due].map(minor) as [bigint, bigint, bigint, bigint];

  rule("BR-01", invoice.profile === "urn:cen.eu:en16931:2017");
  rule("BR-02", isPresent(invoice.number));
  rule("BR-03", /^\d{8}$/.test(invoice.issuedOn ?? ""));
  rule("BR-04", invoice.type === "380" || invoice.type === "381");
  rule("BR-06", invoice.seller.name !== null);
  rule("BR-07", invoice.buyer.name !== null);
  rule("BR-09", isPresent(invoice.seller.country));
  rule("BR-11", isPresent(invoice.buyer.country));
  rule("BR-16", lines.length > 0);
  for (const line of lines) {
    rule("BR-25", line.name !== null && line.name !== "");
    rule("BR-27", minor(line.price) >= 0n);
    rule("PEPPOL-EN16931-R120", BigInt(line.quantity ?? "") * minor(line.price) === minor(line.amount));
    rule("BR-30", (line.to ?? "") >= (line.from ?? "9"));
  }
  rule(
    "BR-CO-09",
    [invoice.seller.vatId, invoice.buyer.vatId].every((id) => id === null || /^(?!GR)[A-Z]{2}/.test(id)),
  );
  rule("BR-CO-10", sum(lines.map(({ amount }) => amount)) === minor(sums.lines));
  rule("BR-CO-13", net === minor(sums.lines));
  rule("BR-CO-14", sum(taxes.map((total) => total.tax)) === tax);
  rule("BR-CO-15", gross === net + tax);
  rule("BR-CO-16", due === gross - minor(sums.prepaid ?? "0"));
  rule("BR-CO-18", taxes.length > 0);
  rule("BR-CO-25", due <= 0n || isPresent(invoice.dueOn) || isPresent(invoice.terms));
  rule(
    "BR-CO-26",
    [invoice.seller.id, invoice.seller.registration, invoice.seller.vatId].some((id) => id !== null),
  );
  rule("BR-61", invoice.dueOn === null || isPresent(invoice.iban) || isPresent(invoice.account));

  const categories = new Set(lines.map(({ category }) => category));
  for (const total of taxes) {
    const { category, rate } = total;
    const own = lines.filter((line) => line.category === category && line.rate === rate);
    rule(`BR-${category}-08`, sum(own.map(({ amount }) => amount)) === minor(total.base));
    rule("BR-CO-17", taxOf(minor(total.base), rate ?? "0", digits) === minor(total.tax));
    const needsReason = category !== "S" && category !== "Z";
    rule(`BR-${category}-10`, needsReason === (total.reason !== null));
    if (category === "O") rule("BR-O-05", rate === null);
    else rule("BR-48", rate !== null && (category === "S" ? Number(rate) > 0 : Number(rate) === 0));
  }
  rule(
    "BR-CO-18 for each category",
    [...categories].every((category) => taxes.some((total) => total.category === category)),
  );
  if (categories.has("O")) {
    rule("BR-O-02", invoice.seller.vatId === null && invoice.buyer.vatId === null);
    rule("BR-O-11", categories.size === 1);
  } else {
    rule("BR-S-02", invoice.seller.vatId !== null || invoice.seller.fiscalId !== null);
  }
  if (categories.has("G")) rule("BR-G-02", invoice.seller.vatId !== null);
  if (categories.has("AE")) rule("BR-AE-02", invoice.seller.vatId !== null && invoice.buyer.vatId !== null);
  return broken;
}
