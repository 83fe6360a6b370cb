/**
 * Cleans up X-Forwarded-For, which proxies write with ports, in brackets, with zones, or with words such as `unknown`. Fastify takes each
 * entry as it is, so this must come first for trust, rate limits and the audit log to see addresses.
 */
import type { FastifyInstance } from "fastify";
import { readAddress } from "../ip.ts";

/**
 * Reads from the right, which is the side of our own proxies, and drops everything from the first entry that is not an address. The request
 * then counts as coming from the proxy that wrote this entry.
 * @returns undefined when nothing is left
 */
export function tidyForwardedFor(header: string | undefined): string | undefined {
  const entries = (header ?? "").split(",").reverse();
  const addresses: string[] = [];
  for (const entry of entries) {
    const address = readAddress(entry);
    if (address === null) break;
    addresses.unshift(address);
  }
  return addresses.length > 0 ? addresses.join(", ") : undefined;
}

/** Must be the app's first hook, because `request.ip` is computed from the header that it writes. */
export function tidyForwardedAddresses(app: FastifyInstance): void {
  app.addHook("onRequest", (request, _reply, done) => {
    const { headers } = request.raw;
    const given = headers["x-forwarded-for"];
    if (given !== undefined) headers["x-forwarded-for"] = tidyForwardedFor(Array.isArray(given) ? given.join(",") : given) ?? "";
    done();
  });
}
