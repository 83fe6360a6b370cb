/** Where a client may be. ICE sends packets to every address that a client names, so only addresses it can really have count. */
import { BlockList, isIP } from "node:net";
import { networkInterfaces } from "node:os";

/** Whether a client may be at this address and port. */
export type AddressRule = (address: string, port: number) => boolean;

/** The addresses of this machine, loopback included. Not cached, because a laptop changes networks. */
export function ownAddresses(): string[] {
  return Object.values(networkInterfaces()).flatMap((addresses) => (addresses ?? []).map(({ address }) => address));
}

/**
 * The rule for one client: it may be on this machine, or at the address of its WebSocket connection.
 * @param own this machine's addresses
 * @param listeningPort this server's audio port, refused on own addresses: that would be the server itself
 * @param remoteAddress address of the client's WebSocket connection; ignored when it is not an IP address
 */
export function addressRule(own: readonly string[], listeningPort: number, remoteAddress: string | undefined): AddressRule {
  const machine = addressSet(own);
  const remote = addressSet(remoteAddress === undefined ? [] : [remoteAddress]);
  return (address, port) => (machine(address) ? port !== listeningPort : remote(address));
}

/** Returns a test for membership in these addresses in any notation: upper case, omitted zeros, IPv4 within IPv6. */
export function addressSet(addresses: readonly string[]): (address: string) => boolean {
  const list = new BlockList();
  for (const address of addresses) {
    const plain = address.replace(/^::ffff:(?=\d+\.)/i, "");
    if (isIP(plain) !== 0 && !plain.includes("%")) list.addAddress(plain, family(plain));
  }
  return (address) => isIP(address) !== 0 && !address.includes("%") && list.check(address, family(address));
}

function family(address: string): "ipv4" | "ipv6" {
  return isIP(address) === 4 ? "ipv4" : "ipv6";
}
