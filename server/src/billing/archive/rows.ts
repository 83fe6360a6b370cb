/** A document's rows as JSON, and back. */
import type { IssuedDocument } from "../documents/issued.ts";

/** JSON numbers cannot hold every amount exactly. */
interface Big {
  bigint: string;
}

function isBig(value: unknown): value is Big {
  return (
    typeof value === "object" &&
    value !== null &&
    Object.keys(value).join() === "bigint" &&
    typeof (value as Big).bigint === "string"
  );
}

export function rowsOf(document: IssuedDocument): Buffer {
  const write = (_: string, value: unknown) => (typeof value === "bigint" ? ({ bigint: String(value) } satisfies Big) : value);
  return Buffer.from(JSON.stringify(document, write, 2));
}

/** @param rows as rowsOf wrote them */
export function documentOf(rows: Buffer): IssuedDocument {
  return JSON.parse(rows.toString("utf8"), (_, value: unknown) =>
    isBig(value) ? BigInt(value.bigint) : value,
  ) as IssuedDocument;
}
