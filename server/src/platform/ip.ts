/** Parses IP addresses in the forms in which settings and proxies write them. */
import { isIP, isIPv4 } from "node:net";

/** Even an IPv6 address with a zone (RFC 4007 §11) and a port is much shorter. */
const MAX_LENGTH = 100;

/** One spelling per address: IPv6 as in RFC 5952, and IPv4-mapped IPv6 addresses as IPv4. */
function canonical(address: string): string {
  if (isIPv4(address)) return address;
  const short = new URL(`http://[${address}]`).hostname.slice(1, -1);
  const [, high, low] = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(short) ?? [];
  if (high === undefined || low === undefined) return short;
  const bytes = [high, low].map((word) => Number.parseInt(word, 16)).flatMap((word) => [word >> 8, word & 255]);
  return bytes.join(".");
}

/**
 * Reads `203.0.113.7:443`, `[2001:db8::1]:443` or `fe80::1%eth0`.
 * @returns the address without brackets, port and zone, or null if the text is not an address
 */
export function readAddress(text: string): string | null {
  if (text.length > MAX_LENGTH) return null;
  const trimmed = text.trim();
  const [, inBrackets, beforePort] = /^(?:\[([^\]]*)\]|([\d.]+))(?::\d{1,5})?$/.exec(trimmed) ?? [];
  const [address = ""] = (inBrackets ?? beforePort ?? trimmed).split("%");
  return isIP(address) ? canonical(address) : null;
}

/** Whether the name or address can only mean this machine. */
export function isLoopback(host: string): boolean {
  const address = readAddress(host);
  return host === "localhost" || address === "::1" || (address?.startsWith("127.") ?? false);
}
