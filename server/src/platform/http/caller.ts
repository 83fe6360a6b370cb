import { normalizeIP } from "@fastify/rate-limit";
import type { FastifyRequest } from "fastify";

/**
 * Who asks, for counting: the address, of IPv6 its /64. A customer of any provider has a whole /64 (RFC 6177) and could come
 * from another address each time.
 */
export function callerAddress(request: FastifyRequest): string {
  return normalizeIP(request.ip);
}

/** Where a request came from, as the audit log keeps it. */
export interface Origin {
  ipAddress: string | null;
  userAgent: string | null;
}

const USER_AGENT_LENGTH = 300;

export function originOf(request: FastifyRequest): Origin {
  const { "user-agent": userAgent } = request.headers;
  return { ipAddress: request.ip, userAgent: userAgent?.slice(0, USER_AGENT_LENGTH) ?? null };
}
