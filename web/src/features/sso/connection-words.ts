import type { SsoConnection } from "../../api/types.ts";

export const PROTOCOLS = { saml: "SAML 2.0", oidc: "OpenID Connect" } as const;

export type ConnectionState = "on" | "off" | "unfinished";

export const STATES: Record<ConnectionState, string> = { on: "Switched on", off: "Switched off", unfinished: "Not set up" };

export function stateOf({ enabled, ready }: Pick<SsoConnection, "enabled" | "ready">): ConnectionState {
  if (enabled) return "on";
  return ready ? "off" : "unfinished";
}

const DAY_MS = 86_400_000;
/** Days before a certificate expires at which the warning begins. */
const WARN_DAYS = 30;

/** The end of the connection's last certificate, when that is near or past. Null: no warning. */
export function certificateEnd(saml: SsoConnection["saml"], now: number): { expired: boolean; notAfter: string } | null {
  const ends = (saml?.certificates ?? []).map(({ notAfter }) => notAfter).toSorted((a, b) => Date.parse(a) - Date.parse(b));
  const notAfter = ends.at(-1);
  if (notAfter === undefined || Date.parse(notAfter) - now > WARN_DAYS * DAY_MS) return null;
  return { expired: Date.parse(notAfter) <= now, notAfter };
}

const HOUR_MS = 3_600_000;

/** Whether a test counts for switching on and for requiring single sign-on. The server also checks whose it was. */
export const isRecent = (testedAt: string | null, now: number) => testedAt !== null && now - Date.parse(testedAt) < HOUR_MS;

/** Writes a fingerprint as "A1:B2:…", as providers show it. */
export const spacedFingerprint = (hex: string) => hex.toUpperCase().match(/../g)?.join(":") ?? hex;
