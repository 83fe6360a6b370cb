/**
 * The mids of the m-lines that an offer wants to receive on, which are the browser's to send on. Transceivers that browsers create
 * for an offer do not show that direction (JSEP, RFC 8829 §5.10), so it is read from the text.
 */
export function midsToSendOn(offer: string): string[] {
  const sections = offer.split(/^m=/m).slice(1);
  return sections
    .filter((section) => /^a=recvonly\r?$/m.test(section))
    .flatMap((section) => /^a=mid:(\S+)/m.exec(section)?.[1] ?? []);
}

/** The `address:port` of one of the server's ICE candidates; null when it has none. */
export function endpointOf(candidate: string): string | null {
  const [, , , , address, port] = candidate.split(" ");
  if (!address || !port) return null;
  return address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
}
