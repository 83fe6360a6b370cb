/**
 * The XML packages, with types for the parts that are used. Their own types would declare the browser's globals in the whole server.
 * @xmldom/xmldom is the copy that xml-crypto and xml-encryption use ("overrides" in package.json): two parsers can read two documents.
 */
import type { KeyObject } from "node:crypto";
import { createRequire } from "node:module";

const require = createRequire(import.meta.url);

export interface XmlAttribute {
  readonly localName: string;
  readonly name: string;
  readonly namespaceURI: string | null | undefined;
  readonly value: string;
}

export interface XmlNode {
  readonly nodeType: number;
  readonly childNodes: ArrayLike<XmlNode>;
  readonly parentNode: XmlNode | null;
  readonly nextSibling: XmlNode | null;
  /** The text of a text node. */
  readonly data?: string;
  toString(): string;
}

export interface XmlElement extends XmlNode {
  readonly localName: string;
  readonly namespaceURI: string | null | undefined;
  readonly attributes: ArrayLike<XmlAttribute>;
  removeChild(child: XmlNode): void;
  insertBefore(child: XmlNode, before: XmlNode | null): void;
}

interface XmlDocument extends XmlNode {
  readonly documentElement: XmlElement | null;
}

interface DomPackage {
  DOMParser: new (options: { errorHandler: (level: string, message: string) => void }) => {
    parseFromString(xml: string, type: "text/xml"): XmlDocument;
  };
}

interface CanonicalizationOptions {
  inclusiveNamespacesPrefixList: readonly string[];
  ancestorNamespaces: Array<{ prefix: string; namespaceURI: string }>;
}

interface Canonicalization {
  /** Declares the inherited namespaces that the list of prefixes names on the element itself. */
  process(element: XmlElement, options: CanonicalizationOptions): string;
}

interface SignedXml {
  idAttributes: string[];
  /** The constructors by URI. */
  CanonicalizationAlgorithms: Record<string, new () => Canonicalization>;
  /** Applies the transforms, the last of them a canonicalization, to a copy of the element. */
  getCanonXml(transforms: string[], element: XmlElement, options: CanonicalizationOptions): string;
  loadSignature(signature: XmlElement): void;
  checkSignature(xml: string): boolean;
  getSignedReferences(): string[];
  addReference(reference: { xpath: string; transforms: string[]; digestAlgorithm: string }): void;
  computeSignature(
    xml: string,
    options: { prefix: string; location: { reference: string; action: "append" | "prepend" | "before" | "after" } },
  ): void;
  getSignedXml(): string;
}

interface SignaturePackage {
  SignedXml: new (options: {
    publicCert?: string;
    getCertFromKeyInfo?: () => null;
    privateKey?: string | KeyObject;
    signatureAlgorithm?: string;
    canonicalizationAlgorithm?: string;
    getKeyInfoContent?: (options: { prefix?: string | null }) => string | null;
  }) => SignedXml;
}

interface EncryptionPackage {
  /** Calls back before it returns. */
  decrypt(
    encrypted: XmlElement,
    options: { key: string; disallowDecryptionWithInsecureAlgorithm: boolean; warnInsecureAlgorithm: boolean },
    callback: (error: Error | null, plaintext?: string) => void,
  ): void;
}

export const { DOMParser } = require("@xmldom/xmldom") as DomPackage;
export const { SignedXml } = require("xml-crypto") as SignaturePackage;
export const { decrypt } = require("xml-encryption") as EncryptionPackage;
