import { normalizeIP } from "@fastify/rate-limit";
import type { FastifyRequest } from "fastify";

/**
 * Who asks, for counting: the address, of IPv6 its /64. A customer of any provider has a whole /64 (RFC 6177) and could come
 * from another address each time.
 */
export function callerAddress(request: FastifyRequest): string {
  return normalizeIP(request.ip);
}
