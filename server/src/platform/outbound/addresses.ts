/**
 * Which addresses whoot may send requests to. People of a workspace choose the URLs and the name servers, so by default only public
 * addresses are allowed (OWASP, Server-Side Request Forgery Prevention). The operator can list others.
 */
import ipaddr from "ipaddr.js";

/** Hosts and networks that the operator listed (WHOOT_OUTBOUND_ALLOW). */
export interface OutboundAllow {
  /** Names in lower case, without a trailing dot. */
  readonly hosts: ReadonlySet<string>;
  readonly networks: ReadonlyArray<readonly [network: string, bits: number]>;
}

/** All IPv6 addresses that IANA has assigned for public use. */
const GLOBAL_UNICAST = [ipaddr.IPv6.parse("2000::"), 3] as const;

/** IPv4-mapped, NAT64, 6to4 and Teredo addresses are not public: the IPv4 address inside them may be a private one. */
function isPublic(address: ipaddr.IPv4 | ipaddr.IPv6): boolean {
  if (address.range() !== "unicast") return false;
  return address instanceof ipaddr.IPv4 || address.match(...GLOBAL_UNICAST);
}

function isListed(allow: OutboundAllow, address: ipaddr.IPv4 | ipaddr.IPv6): boolean {
  return allow.networks.some(([network, bits]) => {
    const listed = ipaddr.parse(network);
    return listed.kind() === address.kind() && address.match(listed, bits);
  });
}

/** Whether whoot may connect to an IP address. */
export function mayConnect(allow: OutboundAllow, address: string): boolean {
  if (!ipaddr.isValid(address)) return false;
  const parsed = ipaddr.parse(address);
  return isPublic(parsed) || isListed(allow, parsed);
}

/** A host name as it is compared: in lower case, without a trailing dot. */
export function hostKey(name: string): string {
  return name.toLowerCase().replace(/\.$/, "");
}
