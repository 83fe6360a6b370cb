/** The people who can sign in at the trial provider, and the fault that is switched on. */
import { createPublicKey } from "node:crypto";
import { makeKey, type SamlKey } from "../../../security/saml/testing/keys.ts";
import { selfSign } from "../../../security/saml/service-key.ts";
import type { TestPerson } from "../../../security/saml/testing/shapes.ts";

export const PEOPLE: readonly TestPerson[] = [
  { id: "u-1001", email: "ada@corp.example", firstName: "Ada", lastName: "Okafor", groups: ["staff", "dispatch"] },
  { id: "u-1002", email: "ben@corp.example", firstName: "Ben", lastName: "Nowak", groups: ["staff"] },
  { id: "u-1003", email: "cem@corp.example", firstName: "Cem", lastName: "Yilmaz", groups: ["staff", "admins"] },
];

export const CLIENT = { id: "whoot", secret: "try-whoot-on-this-machine" };

interface FaultWords {
  /** The text of the fault's button. */
  breaks: string;
  mends: string;
  /** How whoot then answers. */
  saml: string;
  oidc: string;
}

export const FAULTS = {
  expired: {
    breaks: "Expire its certificate",
    mends: "Renew its certificate",
    saml: "The metadata then hold the same key in an expired certificate. Give them to whoot again: it warns, and people still come in.",
    oidc: "whoot can't read the provider, and says so.",
  },
  signature: {
    breaks: "Sign with another key",
    mends: "Sign with its own key",
    saml: "The test fails: the signature doesn't match.",
    oidc: "The test fails: the ID token's signature is wrong.",
  },
  clock: {
    breaks: "Set its clock back ten minutes",
    mends: "Set its clock right",
    saml: "The test fails: the response is no longer valid.",
    oidc: "The test fails: the ID token's time is wrong.",
  },
} as const satisfies Record<string, FaultWords>;
export type Fault = keyof typeof FAULTS;

const DAY_MS = 86_400_000;
const BEHIND_MS = 10 * 60_000;

export interface State {
  origin: string;
  issuer: string;
  faults: Set<Fault>;
  now(): Date;
  /** The key in the metadata and the key set. */
  shownKey(): SamlKey;
  signingKey(): SamlKey;
}

/** The same key in a certificate that expired yesterday. */
function expire({ privateKey }: SamlKey): SamlKey {
  const keys = { privateKey, publicKey: createPublicKey(privateKey) };
  const [notBefore, notAfter] = [new Date(Date.now() - 365 * DAY_MS), new Date(Date.now() - DAY_MS)];
  return { privateKey, certificate: selfSign({ commonName: "Provider to try", notBefore, notAfter }, keys) };
}

/** @param origin the http origin of the pages. @param issuer the https URL that whoot requests */
export function makeState(origin: string, issuer: string): State {
  const faults = new Set<Fault>();
  const key = makeKey();
  const expired = expire(key);
  const other = makeKey();
  const shownKey = () => (faults.has("expired") ? expired : key);
  return {
    origin,
    issuer,
    faults,
    now: () => new Date(Date.now() - (faults.has("clock") ? BEHIND_MS : 0)),
    shownKey,
    signingKey: () => (faults.has("signature") ? other : shownKey()),
  };
}
