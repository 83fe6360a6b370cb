/** Finds texts of a catalogue that documents cannot show. */
import type { BillingCatalogue } from "#contract/billing-catalogue.ts";
import { type Fonts, printProblem } from "./glyphs.ts";

/** A sentence for each text, with its place in the catalogue. */
export function catalogueProblems({ issuer, plans, tax }: BillingCatalogue, fonts: Fonts): string[] {
  const { address, bank, ...names } = issuer ?? {};
  const { lines = [], ...town } = address ?? {};
  const texts = [
    ...Object.entries({ ...names, ...town, ...bank }).map(([field, text]) => [`issuer: ${field}`, text] as const),
    ...lines.map((line) => ["issuer: address", line] as const),
    ...plans.map(({ name }, at) => [`plans[${at}].name`, name] as const),
    ...tax.map(({ reason }, at) => [`tax[${at}].reason`, reason] as const),
  ];
  return texts.flatMap(([place, text]) => {
    const problem = text === undefined ? null : printProblem(text, fonts);
    return problem === null ? [] : [`${place}: ${problem}`];
  });
}
