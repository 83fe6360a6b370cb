/** Changes a message as an attacker would: its elements, attributes and texts, also with parts of a forged message. */
import { DOMParser } from "../xml-packages.ts";
import { NS } from "../names.ts";
import { OWNER } from "./scene.ts";

/** Makes a generator of numbers from 0 to 1, the same for the same seed (mulberry32). */
export function makeRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

// The DOM of xmldom, which declares no types that the server could use.
type Dom = any;

interface Mutation {
  document: Dom;
  elements: Dom[];
  forged: Dom[];
  pick: <Item>(items: readonly Item[]) => Item;
}

const parseDom = (xml: string): Dom => new DOMParser({ errorHandler: () => {} }).parseFromString(xml, "text/xml");

function elementsOf(node: Dom): Dom[] {
  return Array.from(node.childNodes as ArrayLike<Dom>).flatMap((child) =>
    child.nodeType === 1 ? [child, ...elementsOf(child)] : [],
  );
}

function attributesOf(element: Dom): Dom[] {
  return Array.from(element.attributes as ArrayLike<Dom>);
}

function textsOf(elements: readonly Dom[]): Dom[] {
  return elements.flatMap((element) => Array.from(element.childNodes as ArrayLike<Dom>).filter((node) => node.nodeType === 3));
}

const EVIL_TEXTS = [OWNER.email, OWNER.id, "admins", "", " ", "https://other.example", "_evil", "AAAA", "2099-01-01T00:00:00Z"];
const EVIL_NAMES = [
  "Assertion",
  "Response",
  "Signature",
  "NameID",
  "Subject",
  "Object",
  "Extensions",
  "AttributeValue",
  "Issuer",
];

/** Each mutation changes one thing. One that does not apply may throw or change nothing. */
const MUTATIONS: ReadonlyArray<(mutation: Mutation) => void> = [
  function duplicate({ elements, pick }) {
    const element = pick(elements);
    pick(elements).appendChild(element.cloneNode(true));
  },
  function duplicateBefore({ elements, pick }) {
    const element = pick(elements);
    element.parentNode.insertBefore(pick(elements).cloneNode(true), element);
  },
  function move({ elements, pick }) {
    const element = pick(elements);
    pick(elements).appendChild(element);
  },
  function remove({ elements, pick }) {
    const element = pick(elements);
    element.parentNode.removeChild(element);
  },
  function swap({ elements, pick }) {
    const [one, other] = [pick(elements), pick(elements)];
    const copy = one.cloneNode(true);
    one.parentNode.replaceChild(other.cloneNode(true), one);
    other.parentNode.replaceChild(copy, other);
  },
  function replaceByForged({ elements, forged, document, pick }) {
    const element = pick(elements);
    const same = forged.filter((one) => one.localName === element.localName);
    element.parentNode.replaceChild(document.importNode(pick(same), true), element);
  },
  function addForged({ elements, forged, document, pick }) {
    const element = pick(elements);
    const added = document.importNode(pick(forged), true);
    if (pick([true, false])) element.appendChild(added);
    else element.parentNode.insertBefore(added, element);
  },
  function wrap({ elements, document, pick }) {
    const element = pick(elements);
    const wrapper = document.createElementNS(pick([NS.saml, NS.samlp, NS.ds]), `w:${pick(EVIL_NAMES)}`);
    element.parentNode.replaceChild(wrapper, element);
    wrapper.appendChild(element);
  },
  function unwrap({ elements, pick }) {
    const element = pick(elements);
    while (element.firstChild) element.parentNode.insertBefore(element.firstChild, element);
    element.parentNode.removeChild(element);
  },
  function rename({ elements, document, pick }) {
    const element = pick(elements);
    const other = document.createElementNS(element.namespaceURI, `${element.prefix ?? "x"}:${pick(EVIL_NAMES)}`);
    for (const { name, value } of attributesOf(element)) other.setAttribute(name, value);
    while (element.firstChild) other.appendChild(element.firstChild);
    element.parentNode.replaceChild(other, element);
  },
  function changeText({ elements, forged, pick }) {
    const text = pick(textsOf(elements));
    text.data = pick([...EVIL_TEXTS, ...textsOf(forged).map((one) => one.data), `${text.data} `, text.data.toUpperCase()]);
  },
  function splitText({ elements, document, pick }) {
    const text = pick(textsOf(elements));
    const middle = pick([
      document.createComment("x"),
      document.createCDATASection(OWNER.email),
      document.createProcessingInstruction("x", "y"),
      document.createTextNode(OWNER.email),
    ]);
    text.parentNode.insertBefore(middle, pick([true, false]) ? text : text.nextSibling);
  },
  function changeAttribute({ elements, forged, pick }) {
    const attribute = pick(elements.flatMap(attributesOf));
    const values = [...elements, ...forged].flatMap(attributesOf).map(({ value }) => value);
    attribute.ownerElement.setAttribute(attribute.name, pick([...EVIL_TEXTS, ...values]));
  },
  function removeAttribute({ elements, pick }) {
    const attribute = pick(elements.flatMap(attributesOf));
    attribute.ownerElement.removeAttribute(attribute.name);
  },
  function copyAttribute({ elements, pick }) {
    const attribute = pick(elements.flatMap(attributesOf));
    const prefix = pick(["", "saml:", "samlp:", "ds:"]);
    pick(elements).setAttribute(`${prefix}${attribute.localName}`, attribute.value);
  },
  function swapIds({ elements, pick }) {
    const ids = elements.filter((element) => element.getAttribute("ID"));
    const [one, other] = [pick(ids), pick(elements)];
    const id = one.getAttribute("ID");
    one.setAttribute("ID", other.getAttribute("ID") || "_evil");
    other.setAttribute("ID", id);
  },
  function redeclare({ elements, pick }) {
    pick(elements).setAttribute(
      pick(["xmlns:saml", "xmlns:samlp", "xmlns:ds", "xmlns", "xmlns:x"]),
      pick([...Object.values(NS), "1", "urn:evil:x"]),
    );
  },
];

/**
 * @param forged an attacker's message, whose parts may be mixed in
 * @returns the message after one to three changes
 */
export function mutate(xml: string, forged: string, random: () => number): string {
  const document = parseDom(xml);
  const pick = <Item>(items: readonly Item[]): Item => items[Math.floor(random() * items.length)] as Item;
  const parts = elementsOf(parseDom(forged));
  for (let left = 1 + Math.floor(random() * 3); left > 0; left -= 1) {
    try {
      pick(MUTATIONS)({ document, elements: elementsOf(document), forged: parts, pick });
    } catch {
      // The change does not apply here, such as putting an element into itself.
    }
  }
  return document.toString();
}
