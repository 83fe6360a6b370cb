/**
 * Requests from other sites' pages: refused for every method that changes something, and for the WebSocket upgrade.
 * Browsers say where a request comes from in Sec-Fetch-Site (Fetch Metadata) and Origin (RFC 6454); a client that says
 * neither is no browser, and carries no one's cookies by accident.
 */
import type { FastifyRequest } from "fastify";
import { Refusal } from "../refusal.ts";

const LOOPBACK_NAMES = new Set(["localhost", "127.0.0.1", "[::1]"]);

function hostName(host: string): string {
  return host.replace(/:\d+$/, "");
}

/** @throws Refusal cross_site */
export function assertSameOrigin(request: FastifyRequest, publicUrl: string | null): void {
  const site = request.headers["sec-fetch-site"];
  if (typeof site === "string" && site !== "same-origin" && site !== "none") throw new Refusal("cross_site");
  const { origin } = request.headers;
  if (origin === undefined) return;
  const expected = publicUrl ? new URL(publicUrl).origin : `http://${request.headers.host ?? ""}`;
  if (origin !== expected) throw new Refusal("cross_site");
}

/**
 * Whether the request was made on this very machine, by its name: the socket is loopback, nothing forwarded it, and it
 * was not lured here by another site's name that resolves to 127.0.0.1 (DNS rebinding).
 */
export function isFromThisMachine(request: FastifyRequest): boolean {
  const address = request.socket.remoteAddress ?? "";
  const loopback = address === "::1" || /^(::ffff:)?127\./.test(address);
  const { forwarded, via } = request.headers;
  const proxied = forwarded ?? via ?? request.headers["x-forwarded-for"] ?? request.headers["x-real-ip"];
  return loopback && proxied === undefined && LOOPBACK_NAMES.has(hostName(request.headers.host ?? ""));
}
