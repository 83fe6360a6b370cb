/** An archived document as a file: its facts, and its PDF or rows, sealed with a key of the issuer. */
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
  /** The amount due when the workspace was deleted. */
  due: bigint;
  /** `rows`: the document's content as JSON, because it could not be drawn. */
  form: "pdf" | "rows";
  content: Buffer;
}

const PURPOSE = "archive of issued documents";

/**
 * The key is derived from the master key and stored nowhere, so an older `keys` folder still opens archived documents. The name is part
 * of the seal, so a renamed file does not open.
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

/** @throws Error for a file that was changed or renamed, or that another master key sealed */
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
