/** An archived document as a file: facts about it, and its PDF or its rows, sealed with a key of the issuer's. */
import type { Currency } from "#contract/currencies.ts";
import { deriveKey, type Keys } from "../../platform/keys.ts";
import { open, seal } from "../../platform/seal.ts";
import type { ArchivedName } from "./folder.ts";

export interface ArchivedDocument {
  kind: "invoice" | "credit note";
  /** A day in UTC. */
  issuedOn: string;
  currency: Currency;
  gross: bigint;
  /** What was due on it when its workspace was deleted. */
  due: bigint;
  /** `rows`: JSON of what stands on it, because it could not be drawn. */
  form: "pdf" | "rows";
  content: Buffer;
}

const PURPOSE = "archive of issued documents";

/**
 * Derived from the master key and in no file: with a folder `keys` from an earlier day, archived documents can still be opened. The name goes
 * into the seal, so that a renamed file doesn't open.
 */
function sealing(keys: Keys, { number, keptUntil }: ArchivedName) {
  return {
    key: deriveKey(keys.platformKey(PURPOSE), Buffer.alloc(0), `document ${number}`),
    context: `${PURPOSE}: ${number}, kept until ${keptUntil}`,
  };
}

export function sealArchived(keys: Keys, name: ArchivedName, { content, gross, due, ...facts }: ArchivedDocument): Buffer {
  const { key, context } = sealing(keys, name);
  const head = JSON.stringify({ version: 1, ...facts, gross: String(gross), due: String(due) });
  return seal(key, Buffer.concat([Buffer.from(`${head}\n`), content]), context);
}

/** @throws Error for a file that was changed, renamed, or sealed with another master key */
export function openArchived(keys: Keys, name: ArchivedName, sealed: Buffer): ArchivedDocument {
  const { key, context } = sealing(keys, name);
  const bytes = open(key, sealed, context);
  const end = bytes.indexOf("\n");
  const {
    version: _,
    gross,
    due,
    ...facts
  } = JSON.parse(bytes.toString("utf8", 0, end)) as Omit<ArchivedDocument, "gross" | "due" | "content"> & {
    version: 1;
    gross: string;
    due: string;
  };
  return { ...facts, gross: BigInt(gross), due: BigInt(due), content: bytes.subarray(end + 1) };
}
