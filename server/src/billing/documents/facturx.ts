/**
 * An issued document as an e-invoice: UN/CEFACT Cross Industry Invoice in the profile EN 16931 of Factur-X 1.07 and ZUGFeRD 2.3. BT and
 * BR are the terms and rules of EN 16931. Pure.
 */
import { COUNTRIES } from "#contract/countries.ts";
import { dayOf, type Span } from "../reckoning/calendar.ts";
import { percentOf, type Tax } from "../reckoning/tax.ts";
import { type Buyer, dueOf, type IssuedDocument, type IssuedLine, type Seller, shown } from "./issued.ts";
import { lastDayOf, wordsOf } from "./words.ts";

/** Amounts have at most two decimals (BR-DEC). */
const MAX_DIGITS = 2;

/** Why a document cannot be an e-invoice; null if it can. */
export function eInvoiceProblem({ currency, buyer, seller, lines }: IssuedDocument): string | null {
  const categories = new Set(lines.map(({ tax }) => tax.category));
  if (lines.length === 0) return "it has no lines (BR-16)";
  if (currency.digits > MAX_DIGITS) return "its amounts have more than two decimals (BR-DEC)";
  if (buyer.country === null) return "the buyer's country is not known (BR-11)";
  if (categories.has("O") && categories.size > 1) return "it mixes what is taxed with what is not subject to tax (BR-O-11)";
  if (categories.has("AE") && (!isVatId(buyer.taxId) || !isVatId(seller.taxId)))
    return "reverse charge needs both VAT ids (BR-AE-02)";
  if (categories.has("G") && !isVatId(seller.taxId)) return "an export needs the seller's VAT id (BR-G-02)";
  if (categories.has("K")) return "a supply of goods needs the place that they go to (BR-IC-12)";
  return null;
}

/** Whether an id begins with a country's prefix (BR-CO-09). Greece and Northern Ireland have prefixes of their own. */
function isVatId(id: string | null): id is string {
  if (id === null) return false;
  const [, prefix = ""] = /^([A-Z]{2})[A-Z0-9+*.-]{2,}$/.exec(id.replaceAll(" ", "")) ?? [];
  return prefix === "EL" || prefix === "XI" || (prefix !== "GR" && COUNTRIES.has(prefix));
}

/** XML 1.0 cannot hold these characters, not even escaped. */
const FORBIDDEN = /[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu;
const ESCAPES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

/** Line breaks and tabs become spaces, because every text here is one line. */
function escaped(text: string): string {
  return text
    .toWellFormed()
    .replaceAll(FORBIDDEN, "\ufffd")
    .replaceAll(/[\t\n\r]+/g, " ")
    .replaceAll(/[&<>"]/g, (character) => ESCAPES[character] ?? "");
}

/** An element's XML, or nothing. */
type Xml = string;

const NOTHING: Xml = "";

function element(name: string, content: string | null | undefined, attributes = ""): Xml {
  if (content === null || content === undefined || content === "") return NOTHING;
  return `<${name}${attributes}>${escaped(content)}</${name}>`;
}

function group(name: string, ...children: Xml[]): Xml {
  const content = children.join("");
  return content === "" ? NOTHING : `<${name}>${content}</${name}>`;
}

const date = (name: string, day: string, type = "udt"): Xml =>
  `<${name}><${type}:DateTimeString format="102">${day.replaceAll("-", "")}</${type}:DateTimeString></${name}>`;

/** Formats an amount as a plain decimal, such as -53.55. */
function amountText(minor: bigint, digits: number): string {
  const figures = String(minor < 0n ? -minor : minor).padStart(digits + 1, "0");
  const fraction = digits === 0 ? "" : `.${figures.slice(-digits)}`;
  return `${minor < 0n ? "-" : ""}${figures.slice(0, figures.length - digits)}${fraction}`;
}

function billingPeriod(span: Span): Xml {
  return group(
    "ram:BillingSpecifiedPeriod",
    date("ram:StartDateTime", dayOf(span.from)),
    date("ram:EndDateTime", lastDayOf(span)),
  );
}

/** A line outside the scope of tax has no rate (BR-O-05). */
function rateElement({ category, rate }: Tax): Xml {
  return category === "O" ? NOTHING : element("ram:RateApplicablePercent", String(percentOf({ rate })));
}

function lineElement(document: IssuedDocument, line: IssuedLine, position: number): Xml {
  const words = wordsOf(document);
  const { digits } = document.currency;
  const { quantity, price, amount } = shown(document, line);
  return group(
    "ram:IncludedSupplyChainTradeLineItem",
    group("ram:AssociatedDocumentLineDocument", element("ram:LineID", String(position))),
    group(
      "ram:SpecifiedTradeProduct",
      element("ram:Name", words.line(line)),
      element("ram:Description", `${words.line(line)}, ${words.days(line)}`),
    ),
    group(
      "ram:SpecifiedLineTradeAgreement",
      group("ram:NetPriceProductTradePrice", element("ram:ChargeAmount", amountText(price, digits))),
    ),
    group("ram:SpecifiedLineTradeDelivery", element("ram:BilledQuantity", String(quantity), ' unitCode="C62"')),
    group(
      "ram:SpecifiedLineTradeSettlement",
      group(
        "ram:ApplicableTradeTax",
        element("ram:TypeCode", "VAT"),
        element("ram:CategoryCode", line.tax.category),
        rateElement(line.tax),
      ),
      billingPeriod(line),
      group("ram:SpecifiedTradeSettlementLineMonetarySummation", element("ram:LineTotalAmount", amountText(amount, digits))),
    ),
  );
}

/** The standard has three address lines, so the fourth joins the third. */
function addressElement(
  { lines, postcode, city }: { lines: readonly string[]; postcode?: string | undefined; city?: string | undefined },
  country: string | null,
): Xml {
  const [one, two, ...others] = lines;
  return group(
    "ram:PostalTradeAddress",
    element("ram:PostcodeCode", postcode),
    element("ram:LineOne", one),
    element("ram:LineTwo", two),
    element("ram:LineThree", others.join(", ")),
    element("ram:CityName", city),
    element("ram:CountryID", country),
  );
}

const taxRegistration = (scheme: "VA" | "FC", id: string): Xml =>
  group("ram:SpecifiedTaxRegistration", element("ram:ID", id, ` schemeID="${scheme}"`));

/** A document outside the scope of tax must not have VAT ids (BR-O-02). The seller then needs another identifier (BR-CO-26). */
function sellerElement({ name, address, taxId, registration, email }: Seller, hasVatIds: boolean): Xml {
  const isVat = hasVatIds && isVatId(taxId);
  return group(
    "ram:SellerTradeParty",
    isVat || registration !== undefined ? NOTHING : element("ram:ID", taxId),
    element("ram:Name", name),
    group("ram:SpecifiedLegalOrganization", element("ram:ID", registration)),
    addressElement(address, address.country),
    group("ram:URIUniversalCommunication", element("ram:URIID", email, ' schemeID="EM"')),
    taxRegistration(isVat ? "VA" : "FC", taxId),
  );
}

/** The standard has no element for other tax ids, so they are given as a registration. */
function buyerElement({ name, address, country, taxId }: Buyer, hasVatIds: boolean): Xml {
  const isVat = hasVatIds && isVatId(taxId);
  return group(
    "ram:BuyerTradeParty",
    element("ram:Name", name),
    isVat ? NOTHING : group("ram:SpecifiedLegalOrganization", element("ram:ID", taxId)),
    addressElement(address ?? { lines: [] }, country),
    isVat ? taxRegistration("VA", taxId) : NOTHING,
  );
}

/** UNTDID 4461: 58 is a SEPA credit transfer, 30 any other. */
function paymentMeans({ seller: { bank }, currency }: IssuedDocument): Xml {
  return group(
    "ram:SpecifiedTradeSettlementPaymentMeans",
    element("ram:TypeCode", bank.iban !== undefined && currency.code === "EUR" ? "58" : "30"),
    group(
      "ram:PayeePartyCreditorFinancialAccount",
      element("ram:IBANID", bank.iban),
      element("ram:AccountName", bank.holder),
      element("ram:ProprietaryID", bank.account),
    ),
    group("ram:PayeeSpecifiedCreditorFinancialInstitution", element("ram:BICID", bank.bic)),
  );
}

function taxElements({ totals: { taxes }, currency: { digits } }: IssuedDocument): Xml[] {
  return taxes.map(({ base, tax, ...rest }) =>
    group(
      "ram:ApplicableTradeTax",
      element("ram:CalculatedAmount", amountText(tax, digits)),
      element("ram:TypeCode", "VAT"),
      element("ram:ExemptionReason", rest.reason),
      element("ram:BasisAmount", amountText(base, digits)),
      element("ram:CategoryCode", rest.category),
      rateElement(rest),
    ),
  );
}

/** Includes the routing code of an account without IBAN, which has no element of its own. */
function termsText(document: IssuedDocument): string {
  const { text, money, day } = wordsOf(document);
  const { routing } = document.seller.bank;
  const due = dueOf(document);
  if (document.kind === "credit note") return text.noPayment;
  const sentence = due > 0n ? text.pay(money(due), day(document.dueOn)) : text.nothingDue;
  return due > 0n && routing !== undefined ? `${sentence} ${text.routing}: ${routing}` : sentence;
}

function settlement(document: IssuedDocument): Xml {
  const { currency, totals, number, kind, dueOn, settled, amends, lines } = document;
  const amount = (name: string, minor: bigint, attributes = "") => element(name, amountText(minor, currency.digits), attributes);
  const isDue = dueOf(document) > 0n;
  const prepaid = kind === "invoice" ? settled : 0n;
  const span = { from: Math.min(...lines.map(({ from }) => from)), to: Math.max(...lines.map(({ to }) => to)) };
  return group(
    "ram:ApplicableHeaderTradeSettlement",
    element("ram:PaymentReference", number),
    element("ram:InvoiceCurrencyCode", currency.code),
    isDue ? paymentMeans(document) : NOTHING,
    ...taxElements(document),
    billingPeriod(span),
    group(
      "ram:SpecifiedTradePaymentTerms",
      element("ram:Description", termsText(document)),
      isDue ? date("ram:DueDateDateTime", dueOn) : NOTHING,
    ),
    group(
      "ram:SpecifiedTradeSettlementHeaderMonetarySummation",
      amount("ram:LineTotalAmount", totals.net),
      amount("ram:TaxBasisTotalAmount", totals.net),
      amount("ram:TaxTotalAmount", totals.tax, ` currencyID="${currency.code}"`),
      amount("ram:GrandTotalAmount", totals.gross),
      prepaid > 0n ? amount("ram:TotalPrepaidAmount", prepaid) : NOTHING,
      amount("ram:DuePayableAmount", totals.gross - prepaid),
    ),
    ...amends.map((invoice) =>
      group(
        "ram:InvoiceReferencedDocument",
        element("ram:IssuerAssignedID", invoice.number),
        date("ram:FormattedIssueDateTime", invoice.issuedOn, "qdt"),
      ),
    ),
  );
}

const NAMESPACES = [
  'xmlns:rsm="urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100"',
  'xmlns:ram="urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100"',
  'xmlns:qdt="urn:un:unece:uncefact:data:standard:QualifiedDataType:100"',
  'xmlns:udt="urn:un:unece:uncefact:data:standard:UnqualifiedDataType:100"',
].join(" ");

/** @throws RangeError for a document that cannot be an e-invoice (`eInvoiceProblem`) */
export function facturX(document: IssuedDocument): string {
  const problem = eInvoiceProblem(document);
  if (problem !== null) throw new RangeError(`${document.number} can be no e-invoice: ${problem}.`);
  const { kind, number, issuedOn, lines, seller, buyer, sample } = document;
  const { text } = wordsOf(document);
  const hasVatIds = lines.every(({ tax }) => tax.category !== "O");
  const content = [
    group(
      "rsm:ExchangedDocumentContext",
      group("ram:GuidelineSpecifiedDocumentContextParameter", element("ram:ID", "urn:cen.eu:en16931:2017")),
    ),
    group(
      "rsm:ExchangedDocument",
      element("ram:ID", number),
      element("ram:TypeCode", kind === "invoice" ? "380" : "381"),
      date("ram:IssueDateTime", issuedOn),
      sample ? group("ram:IncludedNote", element("ram:Content", `${text.sample}. ${text.sampleNote}`)) : NOTHING,
    ),
    group(
      "rsm:SupplyChainTradeTransaction",
      ...lines.map((line, index) => lineElement(document, line, index + 1)),
      group(
        "ram:ApplicableHeaderTradeAgreement",
        sellerElement(seller, hasVatIds),
        buyerElement(buyer, hasVatIds),
        group("ram:BuyerOrderReferencedDocument", element("ram:IssuerAssignedID", buyer.purchaseOrder)),
      ),
      "<ram:ApplicableHeaderTradeDelivery/>",
      settlement(document),
    ),
  ].join("");
  return `<?xml version="1.0" encoding="UTF-8"?>\n<rsm:CrossIndustryInvoice ${NAMESPACES}>${content}</rsm:CrossIndustryInvoice>\n`;
}
