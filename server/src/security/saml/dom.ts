/** Reads a document that has passed the gate. Every function refuses unexpected content, so that nothing is skipped silently. */
import type { WellFormed } from "./gate.ts";
import { NS } from "./names.ts";
import { SamlRefusal } from "./refusal.ts";
import { DOMParser, type XmlElement, type XmlNode } from "./xml-packages.ts";

const ELEMENT = 1;
const TEXT = 3;

export function parse(xml: WellFormed): XmlElement {
  const parser = new DOMParser({
    errorHandler: () => {
      throw new SamlRefusal("malformed");
    },
  });
  const root = parser.parseFromString(xml, "text/xml").documentElement;
  if (!root) throw new SamlRefusal("malformed");
  return root;
}

export function isElement(node: XmlNode): node is XmlElement {
  return node.nodeType === ELEMENT;
}

export function is(element: XmlElement, namespace: string, name: string): boolean {
  return element.namespaceURI === namespace && element.localName === name;
}

/** The element and all elements in it, in document order. */
export function* walk(element: XmlElement): Generator<XmlElement> {
  yield element;
  for (const node of Array.from(element.childNodes)) if (isElement(node)) yield* walk(node);
}

/** The child elements. @throws SamlRefusal structure when there is text between them */
export function children(parent: XmlElement): XmlElement[] {
  const found: XmlElement[] = [];
  for (const node of Array.from(parent.childNodes)) {
    if (isElement(node)) found.push(node);
    else if (node.nodeType !== TEXT || /[^\t\n\r ]/.test(node.data ?? "")) {
      throw new SamlRefusal("structure", { received: `text in ${parent.localName}` });
    }
  }
  return found;
}

export function all(parent: XmlElement, namespace: string, name: string): XmlElement[] {
  return children(parent).filter((child) => is(child, namespace, name));
}

/** The child with this name, if there is one. @throws SamlRefusal structure when there are several */
export function optional(parent: XmlElement, namespace: string, name: string): XmlElement | null {
  const [first, second] = all(parent, namespace, name);
  if (second) throw new SamlRefusal("structure", { expected: `one ${name} in ${parent.localName}`, received: "several" });
  return first ?? null;
}

/** @throws SamlRefusal structure unless there is exactly one */
export function only(parent: XmlElement, namespace: string, name: string): XmlElement {
  const found = optional(parent, namespace, name);
  if (!found) throw new SamlRefusal("structure", { expected: `${name} in ${parent.localName}`, received: "none" });
  return found;
}

/** Refuses every child that is not on the list of `namespace name`. */
export function allowOnly(parent: XmlElement, names: ReadonlyArray<readonly [namespace: string, name: string]>): void {
  for (const child of children(parent)) {
    if (!names.some(([namespace, name]) => is(child, namespace, name))) {
      throw new SamlRefusal("structure", { received: `${child.localName} in ${parent.localName}` });
    }
  }
}

/** An attribute without a namespace. */
export function attribute(element: XmlElement, name: string): string | null {
  return Array.from(element.attributes).find((one) => !one.namespaceURI && one.localName === name)?.value ?? null;
}

/** @throws SamlRefusal structure when it is missing or empty */
export function need(element: XmlElement, name: string): string {
  const value = attribute(element, name);
  if (!value) throw new SamlRefusal("structure", { expected: `attribute ${name} of ${element.localName}`, received: "none" });
  return value;
}

/** The text of an element that holds one text node and nothing else; "" for an empty element. */
export function text(element: XmlElement): string {
  const [first, second] = Array.from(element.childNodes);
  if (!first) return "";
  if (second || first.nodeType !== TEXT)
    throw new SamlRefusal("structure", { received: `more than text in ${element.localName}` });
  return first.data ?? "";
}

export function isNil(element: XmlElement): boolean {
  return Array.from(element.attributes).some(
    ({ namespaceURI, localName, value }) => namespaceURI === NS.xsi && localName === "nil" && (value === "true" || value === "1"),
  );
}
