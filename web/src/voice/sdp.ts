/**
 * The mid of the m-line on which an offer wants to receive: ours to send on. Browsers hide that direction from the
 * transceivers they make for an offer (JSEP, RFC 8829 §5.10), so it is read from the text.
 */
export function midToSendOn(offer: string): string | null {
  for (const section of offer.split(/^m=/m).slice(1)) {
    if (/^a=recvonly\r?$/m.test(section)) return /^a=mid:(\S+)/m.exec(section)?.[1] ?? null;
  }
  return null;
}
