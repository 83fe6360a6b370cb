/**
 * Signs as identity providers do, independently of signature.ts: with inclusive prefixes, algorithms that must be refused, and a SignedInfo
 * of any shape.
 */
import { constants, createHash, createSign } from "node:crypto";
import { attribute, is, parse, walk } from "../dom.ts";
import type { WellFormed } from "../gate.ts";
import { ENVELOPED, EXCLUSIVE_C14N, NS } from "../names.ts";
import { SignedXml } from "../xml-packages.ts";
import type { SamlKey } from "./keys.ts";

export interface TestSigning {
  key: SamlKey;
  /** The URI of the algorithm. Its last part decides the hash and the key: rsa-sha1, rsa-sha256, ecdsa-sha384, sha256-rsa-MGF1. */
  algorithm: string;
  digest?: string;
  /** PrefixList of InclusiveNamespaces. */
  prefixes?: readonly string[];
  /** Changes the SignedInfo before it is signed; it must stay canonical. */
  shape?: (signedInfo: string) => string;
  /** Changes the whole Signature after it is signed. */
  wrap?: (signature: string) => string;
}

function hashOf(uri: string): string {
  return /sha(?:1|224|256|384|512)/i.exec(uri)?.[0].toLowerCase() ?? "sha256";
}

function signText(text: string, { algorithm, key }: TestSigning): string {
  const { privateKey } = key;
  const signer = createSign(hashOf(algorithm)).update(text);
  if (algorithm.includes("MGF1")) {
    return signer.sign({ key: privateKey, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 }, "base64");
  }
  return signer.sign({ key: privateKey, dsaEncoding: "ieee-p1363" }, "base64");
}

/**
 * @param name the name of the element to sign: the first one that has an ID
 * @returns the document with a Signature in that element
 */
export function signElement(xml: string, name: "Response" | "Assertion", signing: TestSigning): string {
  const { algorithm, digest = `${NS.xenc}sha256`, prefixes = [], key, shape = (text) => text, wrap = (text) => text } = signing;
  const element = Array.from(walk(parse(xml as WellFormed))).find(
    (one) => is(one, name === "Response" ? NS.samlp : NS.saml, name) && attribute(one, "ID"),
  );
  if (!element) throw new Error(`no ${name} to sign`);
  const inherits = { inclusiveNamespacesPrefixList: prefixes, ancestorNamespaces: [] };
  const canonical = new SignedXml({}).getCanonXml([EXCLUSIVE_C14N], element, inherits);
  const inclusive =
    prefixes.length === 0
      ? ""
      : `<ec:InclusiveNamespaces xmlns:ec="${NS.ec}" PrefixList="${prefixes.join(" ")}"></ec:InclusiveNamespaces>`;
  const signedInfo = shape(
    `<ds:SignedInfo xmlns:ds="${NS.ds}"><ds:CanonicalizationMethod Algorithm="${EXCLUSIVE_C14N}"></ds:CanonicalizationMethod>` +
      `<ds:SignatureMethod Algorithm="${algorithm}"></ds:SignatureMethod><ds:Reference URI="#${attribute(element, "ID")}"><ds:Transforms>` +
      `<ds:Transform Algorithm="${ENVELOPED}"></ds:Transform><ds:Transform Algorithm="${EXCLUSIVE_C14N}">${inclusive}</ds:Transform>` +
      `</ds:Transforms><ds:DigestMethod Algorithm="${digest}"></ds:DigestMethod><ds:DigestValue>` +
      `${createHash(hashOf(digest)).update(canonical).digest("base64")}</ds:DigestValue></ds:Reference></ds:SignedInfo>`,
  );
  const certificate = key.certificate.replaceAll(/-----[A-Z ]+-----|\s+/g, "");
  const signature = wrap(
    `<ds:Signature xmlns:ds="${NS.ds}">${signedInfo}<ds:SignatureValue>${signText(signedInfo, signing)}</ds:SignatureValue><ds:KeyInfo>` +
      `<ds:X509Data><ds:X509Certificate>${certificate}</ds:X509Certificate></ds:X509Data></ds:KeyInfo></ds:Signature>`,
  );
  // After the Issuer, as the schema requires, or first if there is none.
  const head = new RegExp(`<(?:\\w+:)?${name}[^>]*>(?:<(?:\\w+:)?Issuer[^>]*>[^<]*</(?:\\w+:)?Issuer>)?`).exec(xml);
  if (!head) throw new Error(`no ${name} to sign`);
  const at = head.index + head[0].length;
  return xml.slice(0, at) + signature + xml.slice(at);
}
