/**
 * XML signatures: xml-crypto applies the transforms and writes the canonical text, OpenSSL computes digests and verifies. The verified
 * element is parsed from the canonical text that the signature covers; nothing else of the message may be read. xml-crypto's own
 * checkSignature takes several times as long (docs/decisions/0035); a test compares the results.
 */
import { constants, createHash, createVerify, type KeyObject } from "node:crypto";
import type { SigningCertificate } from "./certificate.ts";
import { attribute, children, is, isElement, parse, text, walk } from "./dom.ts";
import { passGate } from "./gate.ts";
import { DIGESTS, ENVELOPED, EXCLUSIVE_C14N, NS, RSA_SHA256, SHA256, SIGNATURE_METHODS } from "./names.ts";
import { SamlRefusal } from "./refusal.ts";
import { SignedXml, type XmlElement } from "./xml-packages.ts";

declare const verified: unique symbol;
/** An element that a trusted key has signed, parsed from the canonical text that the signature covers. */
export type Verified = XmlElement & { readonly [verified]: true };

/** Treats an assertion that was decrypted from a signed response as covered by the response's signature. */
export function verifiedByEnclosing(_enclosing: Verified, decrypted: XmlElement): Verified {
  return decrypted as Verified;
}

function keyOptions(kind: "rsa" | "rsa-pss" | "ec", key: KeyObject) {
  if (kind === "rsa-pss") {
    return { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST };
  }
  // An ECDSA signature is r followed by s, not DER (XML Signature 1.1 §6.4.3).
  return kind === "ec" ? { key, dsaEncoding: "ieee-p1363" as const } : { key, padding: constants.RSA_PKCS1_PADDING };
}

function shapeError(received: string): never {
  throw new SamlRefusal("signature_shape", { received });
}

/** The children, which must have these names in this order. A name with `?` may be missing. */
function exactly(parent: XmlElement, namespace: string, names: readonly string[]): XmlElement[] {
  const found = children(parent);
  const wanted = names.filter((name) => !name.endsWith("?") || found.some(({ localName }) => localName === name.slice(0, -1)));
  if (found.length !== wanted.length) shapeError(`${found.length} elements in ${parent.localName}`);
  for (const [at, child] of found.entries()) {
    if (!is(child, namespace, wanted[at]?.replace("?", "") ?? "")) shapeError(`${child.localName} in ${parent.localName}`);
  }
  return found;
}

function base64(element: XmlElement): Buffer {
  const content = text(element);
  if (!/^[A-Za-z0-9+/=\t\n\r ]+$/.test(content)) shapeError(element.localName);
  return Buffer.from(content, "base64");
}

/** Accepts only exclusive canonicalization without comments. @returns the prefixes of its InclusiveNamespaces */
function readExclusive(method: XmlElement): string[] {
  if (attribute(method, "Algorithm") !== EXCLUSIVE_C14N) shapeError(attribute(method, "Algorithm") ?? "no canonicalization");
  const [inclusive] = exactly(method, NS.ec, ["InclusiveNamespaces?"]);
  if (!inclusive) return [];
  exactly(inclusive, NS.ec, []);
  return (attribute(inclusive, "PrefixList") ?? "").split(/[\t\n\r ]+/).filter(Boolean);
}

/** Reads a Signature, which must have one SignedInfo and one value. KeyInfo is ignored, because the keys come from the connection. */
function readSignature(signature: XmlElement): { signedInfo: XmlElement; value: Buffer } {
  const [signedInfo, value, keyInfo] = exactly(signature, NS.ds, ["SignedInfo", "SignatureValue", "KeyInfo?"]);
  if (!signedInfo || !value) return shapeError("Signature");
  // Some verifiers look for these elements anywhere in the Signature, so an attacker may hide a second one.
  for (const element of keyInfo ? walk(keyInfo) : []) {
    if (/^(?:SignedInfo|SignatureValue|SignatureMethod|CanonicalizationMethod|Reference)$/.test(element.localName)) {
      shapeError(`${element.localName} in KeyInfo`);
    }
  }
  return { signedInfo, value: base64(value) };
}

interface SignedInfo {
  signatureAlgorithm: string;
  digestAlgorithm: string;
  digest: Buffer;
  /** PrefixList of the reference's canonicalization. */
  prefixes: string[];
}

/**
 * Reads a SignedInfo as SAML core §5.4 requires it: one reference, to the element that contains the Signature, with the enveloped and the
 * exclusive transform.
 * @param signedInfo parsed from its canonical text
 * @param id the ID of the element that contains the Signature
 */
function readSignedInfo(signedInfo: XmlElement, id: string): SignedInfo {
  for (const element of walk(signedInfo)) {
    for (const { namespaceURI, name } of Array.from(element.attributes)) {
      if (namespaceURI && namespaceURI !== NS.xmlns) shapeError(`${name} in ${element.localName}`);
    }
  }
  const [canonicalization, method, reference] = exactly(signedInfo, NS.ds, [
    "CanonicalizationMethod",
    "SignatureMethod",
    "Reference",
  ]);
  if (!canonicalization || !method || !reference) return shapeError("SignedInfo");
  readExclusive(canonicalization);
  exactly(method, NS.ds, []);
  const [transforms, digestMethod, digestValue] = exactly(reference, NS.ds, ["Transforms", "DigestMethod", "DigestValue"]);
  if (!transforms || !digestMethod || !digestValue) return shapeError("Reference");
  const [enveloped, exclusive] = exactly(transforms, NS.ds, ["Transform", "Transform"]);
  if (!enveloped || !exclusive || attribute(enveloped, "Algorithm") !== ENVELOPED) return shapeError("Transforms");
  exactly(enveloped, NS.ds, []);
  const prefixes = readExclusive(exclusive);
  exactly(digestMethod, NS.ds, []);
  const digest = base64(digestValue);

  // A reference to any other element would allow signature wrapping.
  const uri = attribute(reference, "URI");
  if (uri !== `#${id}`) throw new SamlRefusal("wrapping", { expected: `#${id}`, received: uri ?? "no reference" });
  const signatureAlgorithm = attribute(method, "Algorithm") ?? "";
  const digestAlgorithm = attribute(digestMethod, "Algorithm") ?? "";
  if (!Object.hasOwn(SIGNATURE_METHODS, signatureAlgorithm)) throw new SamlRefusal("algorithm", { received: signatureAlgorithm });
  if (!Object.hasOwn(DIGESTS, digestAlgorithm)) throw new SamlRefusal("algorithm", { received: digestAlgorithm });
  return { signatureAlgorithm, digestAlgorithm, digest, prefixes };
}

/** The namespace declarations that an element inherits, the nearest of each prefix. InclusiveNamespaces may name them. */
function inheritedPrefixes(element: XmlElement): Array<{ prefix: string; namespaceURI: string }> {
  const declared = (one: XmlElement) => Array.from(one.attributes).filter(({ name }) => name.startsWith("xmlns:"));
  const own = new Set(declared(element).map(({ localName }) => localName));
  const inherited = new Map<string, string>();
  for (let node = element.parentNode; node && isElement(node); node = node.parentNode) {
    for (const { localName, value } of declared(node)) {
      if (!own.has(localName) && !inherited.has(localName)) inherited.set(localName, value);
    }
  }
  return Array.from(inherited, ([prefix, namespaceURI]) => ({ prefix, namespaceURI }));
}

const ExclusiveC14n = new SignedXml({}).CanonicalizationAlgorithms[EXCLUSIVE_C14N];

/** Does not use xml-crypto's getCanonXml, which first copies the element. That takes a fifth of the time of a verification. */
function canonicalize(element: XmlElement, prefixes: readonly string[] = []): string {
  if (!ExclusiveC14n) throw new Error("xml-crypto knows no exclusive canonicalization");
  try {
    return new ExclusiveC14n().process(element, {
      inclusiveNamespacesPrefixList: prefixes,
      ancestorNamespaces: inheritedPrefixes(element),
    });
  } catch {
    throw new SamlRefusal("signature");
  }
}

/** Applies the enveloped-signature transform and then canonicalization. Afterwards the signature is put back. */
function canonicalizeWithout(signature: XmlElement, signed: XmlElement, prefixes: readonly string[]): string {
  const { nextSibling } = signature;
  signed.removeChild(signature);
  try {
    return canonicalize(signed, prefixes);
  } finally {
    signed.insertBefore(signature, nextSibling);
  }
}

function findSigner(text: string, algorithm: string, value: Buffer, trusted: readonly SigningCertificate[]): SigningCertificate {
  const method = SIGNATURE_METHODS[algorithm];
  const signer =
    method &&
    trusted
      // The message's algorithm must not decide which kind a key is.
      .filter(({ publicKey }) => publicKey.asymmetricKeyType === (method.key === "ec" ? "ec" : "rsa"))
      .find(({ publicKey }) => createVerify(method.hash).update(text, "utf8").verify(keyOptions(method.key, publicKey), value));
  if (!signer) throw new SamlRefusal("signature");
  return signer;
}

/**
 * @param signature the only Signature among the children of `signed`
 * @returns `signed` parsed from the text that the signature covers, without the signature; and the certificate whose key signed it
 * @throws SamlRefusal wrapping, signature_shape, algorithm, signature
 */
export function verifyEnveloped(
  signed: XmlElement,
  signature: XmlElement,
  trusted: readonly SigningCertificate[],
): { element: Verified; canonical: string; signedBy: SigningCertificate } {
  if (!is(signature, NS.ds, "Signature") || signature.parentNode !== signed) throw new SamlRefusal("wrapping");
  const id = attribute(signed, "ID") ?? "";
  if (!/^[\w.-]{1,256}$/.test(id)) shapeError(`ID ${id}`);
  const { signedInfo, value } = readSignature(signature);
  const canonicalInfo = canonicalize(signedInfo);
  const info = readSignedInfo(parse(passGate(canonicalInfo)), id);
  const signedBy = findSigner(canonicalInfo, info.signatureAlgorithm, value, trusted);

  const canonical = canonicalizeWithout(signature, signed, info.prefixes);
  const digest = createHash(DIGESTS[info.digestAlgorithm] ?? "sha256")
    .update(canonical, "utf8")
    .digest();
  if (canonical === "" || !digest.equals(info.digest)) throw new SamlRefusal("signature");
  const root = parse(passGate(canonical));
  const isSame = root.namespaceURI === signed.namespaceURI && root.localName === signed.localName;
  if (!isSame || attribute(root, "ID") !== id) throw new SamlRefusal("wrapping");
  return { element: root as Verified, canonical, signedBy };
}

export interface Signing {
  privateKey: KeyObject;
  /** The certificate for KeyInfo, in PEM. */
  certificate: string;
}

/**
 * Signs with RSA-SHA256.
 * @param place an XPath to the element to sign, and the child after which its Signature goes; without one, the Signature is its first child
 * @returns the document with the signature in it
 */
export function signEnveloped(xml: string, place: { element: string; after?: string }, signing: Signing): string {
  const { privateKey, certificate } = signing;
  const body = certificate.replaceAll(/-----[A-Z ]+-----|\s+/g, "");
  const signer = new SignedXml({
    privateKey,
    signatureAlgorithm: RSA_SHA256,
    canonicalizationAlgorithm: EXCLUSIVE_C14N,
    getKeyInfoContent: ({ prefix }) =>
      `<${prefix}:X509Data><${prefix}:X509Certificate>${body}</${prefix}:X509Certificate></${prefix}:X509Data>`,
  });
  signer.idAttributes = ["ID"];
  signer.addReference({
    xpath: place.element,
    transforms: [ENVELOPED, EXCLUSIVE_C14N],
    digestAlgorithm: SHA256,
  });
  signer.computeSignature(xml, {
    prefix: "ds",
    location: place.after ? { reference: place.after, action: "after" } : { reference: place.element, action: "prepend" },
  });
  return signer.getSignedXml();
}
