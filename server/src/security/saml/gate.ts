/**
 * The gate before the DOM parser, which accepts documents that are not XML (text outside the root, unbound prefixes, NUL). The gate only
 * accepts or refuses a document. It enforces its limits in the parser's handlers, because parsing deep or wide input to the end would take
 * seconds.
 */
import { SaxesParser, type SaxesTagNS } from "saxes";
import type { SamlRefusalReason } from "#contract/saml.ts";
import { NS } from "./names.ts";
import { SamlRefusal } from "./refusal.ts";

declare const wellFormed: unique symbol;
/** XML that passed the gate. */
export type WellFormed = string & { readonly [wellFormed]: true };

/** Characters. A document of this size needs about 170 KiB in a form. */
const MAX_DOCUMENT = 128 * 1024;
const MAX_FORM = 192 * 1024;
const MAX_DEPTH = 40;
const MAX_ELEMENTS = 2_000;
const MAX_ATTRIBUTES = 64;
const MAX_VALUE = 8 * 1024;

const MESSAGE_NAMESPACES: ReadonlySet<string> = new Set(Object.values(NS));
const ID_NAMES = new Set(["ID", "Id", "id"]);
/** Canonicalizers fail on relative namespace URIs, and the digest of an empty canonical form is the same for every document. */
const ABSOLUTE_URI = /^[a-z][a-z0-9+.-]*:./i;

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** The text of a form's SAMLResponse. @throws SamlRefusal encoding, too_large */
export function decodeForm(value: string): string {
  if (value.length > MAX_FORM) throw new SamlRefusal("too_large");
  // Some providers break the lines (RFC 2045). Other characters are refused, which `Buffer.from` would ignore.
  const base64 = value.replaceAll(/[\r\n\t ]+/g, "");
  if (base64 === "" || !BASE64.test(base64)) throw new SamlRefusal("encoding");
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(Buffer.from(base64, "base64"));
  } catch {
    throw new SamlRefusal("encoding");
  }
}

/** The counts that the gate keeps while the parser reads. */
interface Place {
  depth: number;
  elements: number;
  attributes: number;
  /** Depth of the AttributeValue that is open: within it any namespace is allowed. 0 outside. */
  value: number;
  ids: Set<string>;
}

function refuse(reason: SamlRefusalReason): never {
  throw new SamlRefusal(reason);
}

function checkNamespaces(tag: SaxesTagNS, anyName: boolean): void {
  for (const uri of Object.values(tag.ns ?? {})) if (uri !== "" && !ABSOLUTE_URI.test(uri)) refuse("namespace");
  if (anyName) return;
  if (!MESSAGE_NAMESPACES.has(tag.uri))
    throw new SamlRefusal("namespace", { received: `${tag.local} in ${tag.uri || "no namespace"}` });
  for (const { uri, local } of Object.values(tag.attributes)) {
    if (uri !== "" && !MESSAGE_NAMESPACES.has(uri)) throw new SamlRefusal("namespace", { received: `${local} in ${uri}` });
  }
}

/**
 * @param kind "metadata" may have elements of any namespace, comments, long texts and another encoding in its declaration, because providers
 * add extensions, explanations and logos. Nobody signs in with them: a comment there can hide no part of a name.
 * @throws SamlRefusal with the reason of the first rule that the document breaks
 */
export function passGate(xml: string, kind: "message" | "metadata" = "message"): WellFormed {
  if (xml.length > MAX_DOCUMENT) refuse("too_large");
  const parser = new SaxesParser({ xmlns: true, position: false, defaultXMLVersion: "1.0", forceXMLVersion: true });
  const place: Place = { depth: 0, elements: 0, attributes: 0, value: 0, ids: new Set() };
  let isCipher = false;

  parser.on("error", () => refuse("malformed"));
  parser.on("xmldecl", ({ version, encoding }) => {
    if (version !== "1.0") refuse("malformed");
    // The bytes were decoded as UTF-8. A reader that believes another label would see another text.
    if (kind === "message" && encoding !== undefined && !/^utf-8$/i.test(encoding)) refuse("encoding");
  });
  parser.on("doctype", () => refuse("doctype"));
  parser.on("comment", () => kind === "metadata" || refuse("comment"));
  parser.on("processinginstruction", () => refuse("processing_instruction"));
  parser.on("cdata", () => refuse("cdata"));
  parser.on("opentagstart", () => {
    place.depth += 1;
    place.elements += 1;
    place.attributes = 0;
    if (place.depth > MAX_DEPTH) refuse("too_deep");
    if (place.elements > MAX_ELEMENTS) refuse("too_many_elements");
  });
  parser.on("attribute", ({ value }) => {
    place.attributes += 1;
    if (place.attributes > MAX_ATTRIBUTES) refuse("too_many_attributes");
    if (value.length > MAX_VALUE) refuse("value_too_long");
  });
  parser.on("opentag", (tag) => {
    checkNamespaces(tag, kind === "metadata" || place.value > 0);
    if (place.value === 0 && tag.uri === NS.saml && tag.local === "AttributeValue") place.value = place.depth;
    isCipher = tag.uri === NS.xenc && tag.local === "CipherValue";
    for (const { local, uri, value } of Object.values(tag.attributes)) {
      if (uri === NS.xmlns || !ID_NAMES.has(local)) continue;
      if (place.ids.has(value)) refuse("duplicate_id");
      place.ids.add(value);
    }
  });
  parser.on("closetag", () => {
    if (place.value === place.depth) place.value = 0;
    place.depth -= 1;
    isCipher = false;
  });
  parser.on("text", (text) => {
    if (text.length > MAX_VALUE && !isCipher && kind === "message") refuse("value_too_long");
  });
  parser.write(xml).close();
  return xml as WellFormed;
}
