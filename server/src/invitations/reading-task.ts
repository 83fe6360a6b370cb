/** Reads pasted text or a CSV in a worker thread (platform/threads.ts), because half a megabyte takes up to 0.3 s. */
import { Refusal } from "../platform/refusal.ts";
import { readCsv } from "./read-csv.ts";
import { type ReadLine, readPasted } from "./read-pasted.ts";

export interface ReadingInput {
  kind: "text" | "csv";
  content: string;
  roleNames: string[];
}

/** A refusal is passed as data, because an error loses its class between threads. */
export type ReadingOutput = { lines: ReadLine[] } | { refusal: { detail: string; fields: Refusal["fields"] } };

export default function read({ kind, content, roleNames }: ReadingInput): ReadingOutput {
  try {
    return { lines: kind === "csv" ? readCsv(content, roleNames) : readPasted(content) };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return { refusal: { detail: error.detail, fields: error.fields } };
  }
}
