/** Pages of a list. A page's cursor is the sort key of its last row, opaque to the client. */
import type { z } from "zod";
import { Refusal } from "./refusal.ts";

/** A position in a list sorted by time, then id. */
export interface TimeCursor {
  at: Date;
  id: string;
}

/** Milliseconds in PostgreSQL's range of times, and a UUID. */
const CURSOR = /^(\d{1,14}) ([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/;

function unknownCursor(): Refusal {
  return new Refusal("invalid_input", { fields: [{ path: "cursor", message: "Use the nextCursor of the previous page." }] });
}

/** @throws Refusal invalid_input for a cursor that this server did not create */
export function parseTimeCursor(cursor: string | undefined): TimeCursor | null {
  if (cursor === undefined) return null;
  const [, millis, id] = CURSOR.exec(Buffer.from(cursor, "base64url").toString()) ?? [];
  if (millis === undefined || id === undefined) throw unknownCursor();
  return { at: new Date(Number(millis)), id };
}

function cut<Row>(rows: Row[], limit: number, encode: (row: Row) => string): { items: Row[]; nextCursor: string | null } {
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  if (rows.length <= limit || !last) return { items, nextCursor: null };
  return { items, nextCursor: Buffer.from(encode(last)).toString("base64url") };
}

/**
 * Makes a page of `rows`, which must have been fetched with one row more than `limit`.
 * @param keyOf the row's sort key. Its times must have been stored with millisecond precision.
 */
export function toPage<Row>(rows: Row[], limit: number, keyOf: (row: Row) => TimeCursor) {
  return cut(rows, limit, (row) => {
    const { at, id } = keyOf(row);
    return `${at.getTime()} ${id}`;
  });
}

/**
 * The same for lists that are not sorted by time.
 * @param keysOf the row's sort keys, and the name of the order if a list has several. They must be the database's own text, unrounded.
 */
export function toKeyedPage<Row>(rows: Row[], limit: number, keysOf: (row: Row) => string[]) {
  return cut(rows, limit, (row) => JSON.stringify(keysOf(row)));
}

/**
 * @param shape the sort keys of the requested order. A cursor of another order does not match it.
 * @throws Refusal invalid_input for a cursor that this server did not create for this order
 */
export function parseKeyedCursor<Keys>(cursor: string | undefined, shape: z.ZodType<Keys>): Keys | null {
  if (cursor === undefined) return null;
  let keys: unknown;
  try {
    keys = JSON.parse(Buffer.from(cursor, "base64url").toString());
  } catch {
    throw unknownCursor();
  }
  const parsed = shape.safeParse(keys);
  if (!parsed.success) throw unknownCursor();
  return parsed.data;
}
