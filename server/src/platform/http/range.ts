/** Serves files in whole or in part, for players that seek and downloads that resume. */
import { Readable } from "node:stream";
import type { FastifyReply, FastifyRequest } from "fastify";
import { Refusal } from "../refusal.ts";

export interface RangedFile {
  /** In bytes. */
  readonly size: number;
  /** The bytes from `start` to `end` (exclusive). */
  read(start: number, end: number): AsyncIterable<Buffer>;
  close(): Promise<void>;
}

/**
 * The part that a Range header requests of a file of `size` bytes. Null for the whole file, which is also served for units and lists of
 * ranges that we do not support (RFC 9110 §14.2).
 * @throws Refusal range_not_satisfiable
 */
function parseRange(header: string | undefined, size: number): { start: number; end: number } | null {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header ?? "");
  if (!match || (match[1] === "" && match[2] === "")) return null;
  const [, first, last] = match;
  const start = first === "" ? Math.max(0, size - Number(last)) : Number(first);
  const end = first === "" || last === "" ? size : Math.min(size, Number(last) + 1);
  if (first !== "" && last !== "" && Number(last) < Number(first)) return null;
  if (start >= end) throw new Refusal("range_not_satisfiable");
  return { start, end };
}

/**
 * Sends the whole file, or the requested part (206), and forbids caches to keep it. Closes the file after sending it, and on an error.
 * @param etag identifies the file's content: a request with another If-Range gets the whole file (RFC 9110 §13.1.5)
 * @throws Refusal range_not_satisfiable
 */
export async function sendRange(
  request: FastifyRequest,
  reply: FastifyReply,
  file: RangedFile,
  { contentType, etag }: { contentType: string; etag?: string },
): Promise<Readable> {
  try {
    reply.header("accept-ranges", "bytes").header("cache-control", "no-store").type(contentType);
    if (etag !== undefined) reply.header("etag", etag);
    const { range, "if-range": ifRange } = request.headers;
    reply.header("content-range", `bytes */${file.size}`); // for 416 (RFC 9110 §15.5.17)
    const part = ifRange === undefined || ifRange === etag ? parseRange(range, file.size) : null;
    reply.removeHeader("content-range");
    const { start, end } = part ?? { start: 0, end: file.size };
    reply.header("content-length", end - start);
    if (part) reply.status(206).header("content-range", `bytes ${start}-${end - 1}/${file.size}`);
    // The stream closes the file. A generator could not, because one that never began runs no `finally`.
    return Readable.from(file.read(start, end), { objectMode: false }).once("close", () => void file.close());
  } catch (error) {
    await file.close();
    throw error;
  }
}
