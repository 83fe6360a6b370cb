/** Reads the operator's catalogue, and reports a sentence for each mistake in it. */
import { BillingCatalogue } from "#contract/billing-catalogue.ts";
import { readFileSync, statSync } from "node:fs";
import type { z } from "zod";

const MAX_BYTES = 2 ** 20;
const MAX_PROBLEMS = 50;

export type ReadCatalogue = { catalogue: BillingCatalogue; problems?: never } | { catalogue?: never; problems: string[] };

type Issue = z.core.$ZodIssue;

/** Formats a path such as plans[1].prices.month. */
function placeOf(path: readonly PropertyKey[]): string {
  return path.reduce<string>((place, key) => {
    if (typeof key === "number") return `${place}[${key}]`;
    return place === "" ? String(key) : `${place}.${String(key)}`;
  }, "");
}

const KINDS: Readonly<Record<string, string>> = {
  object: "an object",
  array: "a list",
  string: "a text",
  number: "a number",
  int: "a whole number",
};

function sentenceOf(issue: Issue, input: unknown): string {
  switch (issue.code) {
    case "unrecognized_keys":
      return `There is no field ${issue.keys.join(", ")}.`;
    case "invalid_type":
      if (valueAt(input, issue.path) === undefined) return "It is missing.";
      // A schema with a sentence of its own keeps it.
      return issue.message.startsWith("Invalid input") ? `Use ${KINDS[issue.expected] ?? issue.expected}.` : issue.message;
    case "invalid_value":
      return `Use ${issue.values.map(String).join(", ")}.`;
    default:
      return issue.message;
  }
}

function valueAt(input: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((value, key) => (value as Record<PropertyKey, unknown> | null | undefined)?.[key], input);
}

/** Never throws. A file that cannot be read is reported as one problem. */
export function readCatalogueFile(file: string): ReadCatalogue {
  try {
    const stat = statSync(file);
    if (!stat.isFile()) return { problems: ["It is no file."] };
    if (stat.size > MAX_BYTES) return { problems: [`It is larger than ${MAX_BYTES} bytes.`] };
    return readCatalogue(readFileSync(file));
  } catch (error) {
    return { problems: [`It can't be read (${(error as Error).message}).`] };
  }
}

export function readCatalogue(bytes: Uint8Array): ReadCatalogue {
  let input: unknown;
  try {
    input = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (error) {
    return { problems: [`It is not JSON in UTF-8 (${(error as Error).message}).`] };
  }
  const parsed = BillingCatalogue.safeParse(input);
  if (parsed.success) return { catalogue: parsed.data };
  const problems = new Map<string, string>();
  for (const issue of parsed.error.issues) {
    const place = placeOf(issue.path);
    const sentence = sentenceOf(issue, input);
    // Report one sentence per mistake. Later ones about the same place, or a part of it, only follow from the first.
    const isPart = (known: string) =>
      issue.code !== "unrecognized_keys" && /^[.[]/.test(known.slice(place.length)) && known.startsWith(place);
    const isKnown = problems.has(place) || [...problems.keys()].some(isPart);
    if (!isKnown) problems.set(place, place === "" ? sentence : `${place}: ${sentence}`);
  }
  return { problems: [...problems.values()].slice(0, MAX_PROBLEMS) };
}
