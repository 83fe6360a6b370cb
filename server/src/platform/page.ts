/** Cursor pages: the cursor is the last row's sort key, opaque to the client. */
import { Refusal } from "./refusal.ts";

/** A position in a list sorted by time, then id. */
export interface TimeCursor {
  at: Date;
  id: string;
}

/** Milliseconds, which PostgreSQL's range of times holds, and a UUID. */
const CURSOR = /^(\d{1,14}) ([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/;

/** @throws Refusal invalid_input for a cursor that this server did not make */
export function parseTimeCursor(cursor: string | undefined): TimeCursor | null {
  if (cursor === undefined) return null;
  const [, millis, id] = CURSOR.exec(Buffer.from(cursor, "base64url").toString()) ?? [];
  if (millis === undefined || id === undefined) {
    throw new Refusal("invalid_input", { fields: [{ path: "cursor", message: "Use the nextCursor of the page before." }] });
  }
  return { at: new Date(Number(millis)), id };
}

/**
 * Cuts `rows`, fetched with one more than `limit`, to a page.
 * @param keyOf the row's place in the list's order. Times must have been written with millisecond precision.
 */
export function toPage<Row>(
  rows: Row[],
  limit: number,
  keyOf: (row: Row) => TimeCursor,
): { items: Row[]; nextCursor: string | null } {
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  if (rows.length <= limit || !last) return { items, nextCursor: null };
  const { at, id } = keyOf(last);
  return { items, nextCursor: Buffer.from(`${at.getTime()} ${id}`).toString("base64url") };
}
