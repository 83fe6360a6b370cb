import type { FastifyRequest } from "fastify";

const MAX_LENGTH = 500;
const MAX_RANGES = 10;
/** A language range (RFC 4647 §2.1) without extensions, and its weight (RFC 9110 §12.5.4). */
const RANGE = /^(\*|[a-z]{2,3}(?:-[a-z0-9]{2,8}){0,3})(?:[ \t]*;[ \t]*q=(0(?:\.\d{0,3})?|1(?:\.0{0,3})?))?$/i;

/**
 * The languages that a person reads, the preferred one first.
 * @param header Accept-Language. One that is too long or malformed gives no languages.
 */
export function readLanguages(header: string | undefined): string[] {
  if (!header || header.length > MAX_LENGTH) return [];
  const ranges = header.split(",", MAX_RANGES + 1).map((part) => RANGE.exec(part.trim()));
  if (ranges.length > MAX_RANGES || ranges.includes(null)) return [];
  return ranges
    .map((range) => ({ tag: range?.[1] ?? "*", weight: Number(range?.[2] ?? 1) }))
    .filter(({ tag, weight }) => tag !== "*" && weight > 0)
    .sort((one, other) => other.weight - one.weight)
    .map(({ tag }) => tag);
}

export const languagesOf = (request: FastifyRequest): string[] => readLanguages(request.headers["accept-language"]);
