/**
 * Detects requests that other sites' pages make. Every operation that writes something refuses them, and so does the gateway. Browsers say
 * where a request comes from in Sec-Fetch-Site (Fetch Metadata) and Origin (RFC 6454). A client that sends neither is not a browser, so it
 * does not send anybody's cookies by accident.
 */
import type { FastifyRequest } from "fastify";
import { Refusal } from "../refusal.ts";

const LOOPBACK_NAMES = new Set(["localhost", "127.0.0.1", "[::1]"]);

function hostName(host: string): string {
  return host.replace(/:\d+$/, "");
}

/** @param publicUrl the server's public URL; null means the host that the request names */
export function isSameOrigin(request: FastifyRequest, publicUrl: string | null): boolean {
  const site = request.headers["sec-fetch-site"];
  if (typeof site === "string" && site !== "same-origin" && site !== "none") return false;
  const { origin } = request.headers;
  return origin === undefined || origin === (publicUrl ? new URL(publicUrl).origin : `http://${request.headers.host ?? ""}`);
}

/** @throws Refusal cross_site */
export function assertSameOrigin(request: FastifyRequest, publicUrl: string | null): void {
  if (!isSameOrigin(request, publicUrl)) throw new Refusal("cross_site");
}

/**
 * Whether the request was made on this machine, to a name of this machine: the socket is loopback, no proxy forwarded it, and its host is
 * not another site's name that resolves to 127.0.0.1 (DNS rebinding).
 */
export function isFromThisMachine(request: FastifyRequest): boolean {
  const address = request.socket.remoteAddress ?? "";
  const loopback = address === "::1" || /^(::ffff:)?127\./.test(address);
  const { forwarded, via } = request.headers;
  const proxied = forwarded ?? via ?? request.headers["x-forwarded-for"] ?? request.headers["x-real-ip"];
  return loopback && proxied === undefined && LOOPBACK_NAMES.has(hostName(request.headers.host ?? ""));
}
