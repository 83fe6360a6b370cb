import { browserSupportsWebAuthn } from "@simplewebauthn/browser";
import { useQuery } from "@tanstack/react-query";
import { systemQuery } from "../system/queries.ts";

type PasskeysHere =
  | { work: true }
  /** `elsewhere`: the same page at the server's own address, where passkeys work. */
  | { work: false; why: string; elsewhere: string | null };

const IS_LOOPBACK = /^(127\.[\d.]+|\[::1\]|localhost)$/;

/** Whether passkeys can be used on this page. Browsers bind them to a host name (WebAuthn §5.1.2). Null until it is known. */
export function usePasskeysHere(): PasskeysHere | null {
  const { data: system } = useQuery(systemQuery());
  if (!system) return null;
  const { passkeyUrl } = system;
  if (passkeyUrl === null) {
    const what = IS_LOOPBACK.test(location.hostname)
      ? `Passkeys need localhost instead of ${location.hostname}. Set WHOOT_URL to http://localhost:${location.port}, or leave it out.`
      : "There are no passkeys on this server: they need a host name, and its address is an IP address. Ask whoever runs it.";
    return { work: false, why: what, elsewhere: null };
  }
  if (location.origin !== passkeyUrl) {
    const elsewhere = new URL(location.pathname + location.search, passkeyUrl).href;
    return { work: false, why: `Passkeys don't work at ${location.host}.`, elsewhere };
  }
  if (!browserSupportsWebAuthn()) return { work: false, why: "This browser can't use passkeys.", elsewhere: null };
  return { work: true };
}

/** Says why there are no passkeys here, and where there are. */
export function NoPasskeysHere({ here }: { here: Exclude<PasskeysHere, { work: true }> }) {
  return (
    <p>
      {here.why} {here.elsewhere !== null && <a href={here.elsewhere}>Open this page at {new URL(here.elsewhere).host}</a>}
    </p>
  );
}
