/** Checks whether a tax id has the form and the check digits of its country. The operator looks ids up (docs/decisions/0052). */
import { entityValidators, euVat, type Validator } from "stdnum";
import { EU_COUNTRIES, vatPrefix } from "#contract/countries.ts";
import { Refusal } from "../platform/refusal.ts";

function refuse(message: string): never {
  throw new Refusal("invalid_input", { detail: message, fields: [{ path: "taxId", message }] });
}

function hasForm(validators: readonly Validator[] | undefined, id: string): boolean {
  return (validators ?? []).some((validator) => {
    try {
      return validator.validate(id).isValid;
    } catch {
      // Some validators throw for a text that is too short.
      return false;
    }
  });
}

const isRight = (id: string, country: string) =>
  hasForm(EU_COUNTRIES.has(country) ? euVat[country] : entityValidators[country], id);

const NAMES = new Intl.DisplayNames("en", { type: "region" });

/**
 * Normalises a tax id for documents. Inside the EU it is the VAT id with its prefix, which reverse charge needs. Elsewhere every text is
 * accepted, because companies there have many kinds of ids.
 * @throws Refusal invalid_input
 */
export function readTaxId(typed: string | null, country: string): string | null {
  if (typed === null || !EU_COUNTRIES.has(country)) return typed;
  const id = typed.replaceAll(/[\s./-]/g, "").toUpperCase();
  if (!id.startsWith(vatPrefix(country))) refuse(`Use the VAT ID with its prefix, such as ${vatPrefix(country)}123456789.`);
  if (!/^[A-Z]{2}[A-Z0-9+*]{2,13}$/.test(id) || !isRight(id, country)) {
    refuse(`This isn't a VAT ID of ${NAMES.of(country)}: its form or its check digit is wrong.`);
  }
  return id;
}

/** @param country null if the profile has none */
export function taxIdForm(id: string, country: string | null): "right" | "unknown" {
  return country !== null && isRight(id, country) ? "right" : "unknown";
}
