import { normalizeIP } from "@fastify/rate-limit";
import type { FastifyRequest } from "fastify";
import { readAddress } from "../ip.ts";

/**
 * The caller's address in its canonical spelling. The socket's address may have a zone or be an IPv4-mapped IPv6 address, and a socket that was
 * closed before its request began has none.
 */
function addressOf({ ip }: { ip: string | undefined }): string | null {
  return readAddress(ip ?? "");
}

/**
 * The address to count requests by. For IPv6 it is the /64 prefix: every customer of a provider has a whole /64 (RFC 6177) and could use
 * another address each time.
 */
export function callerAddress(request: FastifyRequest): string {
  return normalizeIP(addressOf(request) ?? "");
}

/** Where a request came from, as the audit log records it. */
export interface Origin {
  ipAddress: string | null;
  userAgent: string | null;
}

const USER_AGENT_LENGTH = 300;

export function originOf(request: FastifyRequest): Origin {
  const { "user-agent": userAgent } = request.headers;
  return { ipAddress: addressOf(request), userAgent: userAgent?.slice(0, USER_AGENT_LENGTH) ?? null };
}
