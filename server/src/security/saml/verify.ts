/**
 * Verifies a SAML response for one connection, as a pure function. The caller passes the time, and must accept the returned ids of request
 * and assertion only once. Hostile input can take 0.5 s, so call it through verify-task.ts.
 */
import type { SamlRefusalReason } from "#contract/saml.ts";
import { type AssertionContent, checkIssuer, checkVersion, readAssertion } from "./assertion.ts";
import { isUsable, readCertificate, type SigningCertificate } from "./certificate.ts";
import { decryptAssertion, isEncrypted } from "./decryption.ts";
import { allowOnly, attribute, is, need, only, optional, parse, text, walk } from "./dom.ts";
import { decodeForm, passGate } from "./gate.ts";
import { NS, SUCCESS } from "./names.ts";
import { SamlRefusal } from "./refusal.ts";
import { verifiedByEnclosing, type Verified, verifyEnveloped } from "./signature.ts";
import { checkStarted, readTime } from "./times.ts";
import type { XmlElement } from "./xml-packages.ts";

/** What a connection trusts and expects. */
export interface SamlTrust {
  idpEntityId: string;
  spEntityId: string;
  acsUrl: string;
  /** One or two certificates in PEM. An expired one still counts: its expiry only causes a warning. */
  certificates: readonly string[];
  /** Private keys in PEM; none if the connection takes no encrypted assertions. */
  decryptionKeys: readonly string[];
}

export interface SamlSignIn extends AssertionContent {
  /** Fingerprint of the certificate whose key signed the content. */
  signedBy: string;
  signed: "response" | "assertion" | "both";
  isEncrypted: boolean;
}

interface Signed {
  element: Verified;
  by: SigningCertificate;
}

const RESPONSE_PARTS = [
  [NS.saml, "Issuer"],
  [NS.ds, "Signature"],
  [NS.samlp, "Status"],
  [NS.saml, "Assertion"],
  [NS.saml, "EncryptedAssertion"],
] as const;

function refuse(reason: SamlRefusalReason, received?: string): never {
  throw new SamlRefusal(reason, received === undefined ? {} : { received });
}

/**
 * Searches the whole document, including AttributeValues and KeyInfos. It must have one assertion, as child of the root, and signatures
 * only as children of the root or the assertion. Every kind of signature wrapping needs another one somewhere.
 */
function findParts(root: XmlElement): { assertion: XmlElement; signatures: XmlElement[] } {
  const elements = Array.from(walk(root));
  const assertions = elements.filter(({ localName }) => localName === "Assertion" || localName === "EncryptedAssertion");
  const [assertion] = assertions;
  if (!assertion) return refuse("assertion_missing");
  if (assertions.length > 1) refuse("wrapping", `${assertions.length} assertions`);
  if (assertion.namespaceURI !== NS.saml) refuse("wrapping", "an Assertion of another namespace");
  if (assertion !== root && assertion.parentNode !== root) refuse("wrapping", "an assertion that isn't a child of the response");
  if (elements.some((element) => element.localName === "Response" && element !== root)) refuse("wrapping", "two responses");
  const signatures = elements.filter(({ localName }) => localName === "Signature");
  for (const signature of signatures) {
    if (signature.namespaceURI !== NS.ds) refuse("wrapping", "a Signature of another namespace");
    if (signature.parentNode !== root && signature.parentNode !== assertion)
      refuse("wrapping", "a signature that is out of place");
  }
  return { assertion, signatures };
}

function verifySignatureOf(
  signed: XmlElement,
  signatures: readonly XmlElement[],
  certificates: readonly SigningCertificate[],
): Signed | null {
  const [signature, second] = signatures.filter(({ parentNode }) => parentNode === signed);
  if (second) refuse("wrapping", "two signatures of one element");
  if (!signature) return null;
  const { element, signedBy } = verifyEnveloped(signed, signature, certificates);
  return { element, by: signedBy };
}

/** Checks the response around the assertion. An unsigned one can only cause a refusal; nothing is taken from it. */
function checkEnvelope(response: XmlElement, trust: SamlTrust, now: Date): void {
  if (!is(response, NS.samlp, "Response")) refuse("not_a_response", response.localName);
  checkVersion(response);
  const issuer = optional(response, NS.saml, "Issuer");
  if (issuer) checkIssuer(issuer, trust.idpEntityId);
  const status = only(response, NS.samlp, "Status");
  const codes = Array.from(walk(status)).filter((element) => is(element, NS.samlp, "StatusCode"));
  if (attribute(codes[0] ?? status, "Value") !== SUCCESS) {
    const message = optional(status, NS.samlp, "StatusMessage");
    refuse("status", [...codes.map((code) => attribute(code, "Value")), message && text(message)].filter(Boolean).join(" · "));
  }
  const destination = attribute(response, "Destination");
  if (destination !== trust.acsUrl) {
    throw new SamlRefusal("destination", { expected: trust.acsUrl, received: destination ?? "none" });
  }
  checkStarted(readTime(need(response, "IssueInstant")), now);
  need(response, "ID");
}

/** Decrypts the assertion and verifies that its own signature or the response's covers it. */
function openEncrypted(
  encrypted: XmlElement,
  outer: Signed | null,
  { certificates, keys }: { certificates: readonly SigningCertificate[]; keys: readonly string[] },
): { own: Signed | null; inner: Signed } {
  const root = parse(decryptAssertion(encrypted, outer !== null, keys));
  if (!is(root, NS.saml, "Assertion")) return refuse("decryption");
  const { signatures } = findParts(root);
  const own = verifySignatureOf(root, signatures, certificates);
  if (own) return { own, inner: own };
  if (!outer) return refuse("unsigned");
  return { own, inner: { element: verifiedByEnclosing(outer.element, root), by: outer.by } };
}

/**
 * @param form the value of the form field SAMLResponse
 * @throws SamlRefusal with the reason of the first check that fails
 */
export function verifyResponse(form: string, trust: SamlTrust, now: Date): SamlSignIn {
  const certificates = trust.certificates.map(readCertificate).filter(isUsable);
  if (certificates.length === 0) refuse("certificate");
  const response = parse(passGate(decodeForm(form)));
  checkEnvelope(response, trust, now);
  const { assertion, signatures } = findParts(response);
  allowOnly(response, RESPONSE_PARTS);
  const encrypted = isEncrypted(assertion);
  if (encrypted && signatures.some(({ parentNode }) => parentNode === assertion))
    refuse("wrapping", "a signature that is out of place");

  const outer = verifySignatureOf(response, signatures, certificates);
  let own = encrypted ? null : verifySignatureOf(assertion, signatures, certificates);
  let inner = own ?? outer;
  // From here on, only what the signature covers is read of the response.
  const envelope = outer?.element ?? response;
  if (outer) {
    if (!optional(envelope, NS.saml, "Issuer"))
      throw new SamlRefusal("issuer", { expected: trust.idpEntityId, received: "none" });
    checkEnvelope(envelope, trust, now);
  }
  if (encrypted) {
    const sealed = only(envelope, NS.saml, "EncryptedAssertion");
    ({ own, inner } = openEncrypted(sealed, outer, { certificates, keys: trust.decryptionKeys }));
  }
  if (!inner) return refuse("unsigned");

  const content = readAssertion(inner.element, { ...trust, now });
  const answered = attribute(envelope, "InResponseTo");
  if (answered !== content.requestId) {
    throw new SamlRefusal("in_response_to", { expected: content.requestId, received: answered ?? "none" });
  }
  const signed = outer && own ? "both" : outer ? "response" : "assertion";
  return { ...content, signedBy: inner.by.fingerprint, signed, isEncrypted: encrypted };
}
