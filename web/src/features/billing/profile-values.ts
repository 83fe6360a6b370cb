/** The billing profile as form values: only texts, with a line for each line of the address and each recipient. */
import { setBillingProfile } from "#contract/http/billing-profile.ts";
import { validateWith } from "../../api/validate.ts";
import type { BillingProfile } from "../../api/types.ts";

export interface ProfileValues extends Record<string, string> {
  company: string;
  addressLines: string;
  postcode: string;
  city: string;
  /** Empty if no country is chosen. */
  country: string;
  taxId: string;
  purchaseOrder: string;
  language: BillingProfile["language"];
  recipients: string;
}

export function valuesOf(profile: BillingProfile): ProfileValues {
  const { company, addressLines, postcode, city, country, taxId, purchaseOrder, language, recipients } = profile;
  return {
    company: company ?? "",
    addressLines: addressLines.join("\n"),
    postcode: postcode ?? "",
    city: city ?? "",
    country: country ?? "",
    taxId: taxId ?? "",
    purchaseOrder: purchaseOrder ?? "",
    language,
    recipients: recipients.join("\n"),
  };
}

const linesOf = (text: string) =>
  text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
const orNull = (text: string) => (text.trim() === "" ? null : text);

export function bodyOf({ addressLines, postcode, taxId, purchaseOrder, recipients, ...same }: ProfileValues) {
  return {
    ...same,
    addressLines: linesOf(addressLines),
    postcode: orNull(postcode),
    taxId: orNull(taxId),
    purchaseOrder: orNull(purchaseOrder),
    recipients: linesOf(recipients),
  };
}

/** The first fault of each field. A fault of a recipient names the address. */
export function faultsOf(values: ProfileValues): Record<string, string> {
  if (values.country === "") return { ...faultsOf({ ...values, country: "DE" }), country: "Choose the country." };
  const body = bodyOf(values);
  const faults: Record<string, string> = {};
  for (const [path, message] of Object.entries(validateWith(setBillingProfile.body)(body))) {
    const [field = "", at] = path.split(".");
    const recipient = field === "recipients" && at !== undefined ? body.recipients[Number(at)] : undefined;
    faults[field] ??= recipient === undefined ? message : `${recipient}: ${message}`;
  }
  return faults;
}
