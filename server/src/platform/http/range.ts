/** Files that are read in parts: a player that seeks, a download that goes on where it broke off. */
import { Readable } from "node:stream";
import type { FastifyReply, FastifyRequest } from "fastify";
import { Refusal } from "../refusal.ts";

export interface RangedFile {
  /** In bytes. */
  readonly size: number;
  /** The bytes `start` to `end` (exclusive). */
  read(start: number, end: number): AsyncIterable<Buffer>;
  close(): Promise<void>;
}

/**
 * The part of `size` bytes that a Range header asks for; null for the whole, which is also the answer to units and lists
 * of ranges that we do not serve (RFC 9110 §14.2).
 * @throws Refusal range_not_satisfiable
 */
export function parseRange(header: string | undefined, size: number): { start: number; end: number } | null {
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
 * The whole file, or the part that the request asks for (206), never kept by a cache. Closes the file when it was sent, and when it can't be.
 * @param etag names this very file: with If-Range a part is given only of that one (RFC 9110 §13.1.5)
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
    const asked = ifRange === undefined || ifRange === etag ? parseRange(range, file.size) : null;
    reply.removeHeader("content-range");
    const { start, end } = asked ?? { start: 0, end: file.size };
    reply.header("content-length", end - start);
    if (asked) reply.status(206).header("content-range", `bytes ${start}-${end - 1}/${file.size}`);
    // Closed with the stream, which ends with whoever takes it: a generator that never began would close nothing.
    return Readable.from(file.read(start, end), { objectMode: false }).once("close", () => void file.close());
  } catch (error) {
    await file.close();
    throw error;
  }
}
