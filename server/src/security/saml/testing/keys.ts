import { generateKeyPairSync, type KeyObject } from "node:crypto";
import { selfSign } from "../service-key.ts";

export interface SamlKey {
  privateKey: KeyObject;
  /** In PEM. */
  certificate: string;
}

export function toPem(privateKey: KeyObject): string {
  return privateKey.export({ type: "pkcs8", format: "pem" });
}

const YEAR_MS = 365 * 86_400_000;

export function makeKey(
  kind: "rsa" | "rsa-1024" | "p-256" | "p-384" = "rsa",
  notAfter = new Date(Date.now() + YEAR_MS),
): SamlKey {
  const keys = kind.startsWith("p-")
    ? generateKeyPairSync("ec", { namedCurve: kind === "p-256" ? "P-256" : "P-384" })
    : generateKeyPairSync("rsa", { modulusLength: kind === "rsa" ? 2_048 : 1_024 });
  const notBefore = new Date(Math.min(Date.now(), notAfter.getTime()) - YEAR_MS);
  return { privateKey: keys.privateKey, certificate: selfSign({ commonName: "Test IdP", notBefore, notAfter }, keys) };
}
