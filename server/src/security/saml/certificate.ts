/**
 * Certificates from admins and metadata. They only carry a public key: chains and names are not checked, and an expired one only causes a
 * warning.
 */
import { createHash, type KeyObject, X509Certificate } from "node:crypto";

const MIN_RSA_BITS = 2_048;
/** OpenSSL's names of P-256, P-384 and P-521. */
const CURVES = new Set(["prime256v1", "secp384r1", "secp521r1"]);
const MAX_TEXT = 16 * 1024;

export type CertificateProblem = "not_a_certificate" | "private_key" | "weak_key" | "unknown_key";

export interface SigningCertificate {
  pem: string;
  /** SHA-256 of the DER, in lower-case hexadecimal. */
  fingerprint: string;
  subject: string;
  notBefore: Date;
  notAfter: Date;
  publicKey: KeyObject;
}

export function isUsable(certificate: SigningCertificate | { problem: CertificateProblem }): certificate is SigningCertificate {
  return !("problem" in certificate);
}

function problemOf(key: KeyObject): CertificateProblem | null {
  const { modulusLength, namedCurve } = key.asymmetricKeyDetails ?? {};
  if (key.asymmetricKeyType === "rsa") return (modulusLength ?? 0) < MIN_RSA_BITS ? "weak_key" : null;
  if (key.asymmetricKeyType === "ec") return CURVES.has(namedCurve ?? "") ? null : "weak_key";
  return "unknown_key";
}

/** @param pasted PEM, or its base64 without the BEGIN and END lines. White space, and line ends written as `\n`, do not matter. */
export function readCertificate(pasted: string): SigningCertificate | { problem: CertificateProblem } {
  if (pasted.length > MAX_TEXT) return { problem: "not_a_certificate" };
  if (/-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(pasted)) return { problem: "private_key" };
  const framed = /-----BEGIN CERTIFICATE-----([^-]*)-----END CERTIFICATE-----/.exec(pasted);
  const base64 = (framed?.[1] ?? pasted).replaceAll(/\\[rn]|<[^<>]*>|\s+/g, "");
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(base64)) return { problem: "not_a_certificate" };
  try {
    const certificate = new X509Certificate(Buffer.from(base64, "base64"));
    const problem = problemOf(certificate.publicKey);
    if (problem) return { problem };
    return {
      pem: certificate.toString(),
      fingerprint: createHash("sha256").update(certificate.raw).digest("hex"),
      subject: certificate.subject,
      notBefore: new Date(certificate.validFrom),
      notAfter: new Date(certificate.validTo),
      publicKey: certificate.publicKey,
    };
  } catch {
    return { problem: "not_a_certificate" };
  }
}
