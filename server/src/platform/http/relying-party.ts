import { readAddress } from "../ip.ts";

export interface RelyingParty {
  /** The host of the public URL. Browsers offer a passkey only on pages of the host that it was made for. */
  id: string;
  origin: string;
}

/** What passkeys are bound to. Null where the public URL has an IP address: WebAuthn allows only domains (§5.1.2). */
export function relyingParty(server: { publicUrl(): string }): RelyingParty | null {
  const { hostname, origin } = new URL(server.publicUrl());
  return readAddress(hostname) === null ? { id: hostname, origin } : null;
}
