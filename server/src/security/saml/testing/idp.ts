/** The tests' own identity provider. It signs every message anew, in any of the shapes, and wrongly where a test asks for it. */
import { randomBytes } from "node:crypto";
import type { NameId } from "../assertion.ts";
import { BEARER, NS, POST_BINDING, PROTOCOL, REDIRECT_BINDING, SUCCESS } from "../names.ts";
import { escapeXml } from "../write-xml.ts";
import { encryptAssertion, type Encryption } from "./encrypt.ts";
import type { SamlKey } from "./keys.ts";
import type { Shape, ShapeAttribute, TestPerson } from "./shapes.ts";
import { signElement, type TestSigning } from "./sign.ts";

/** The content of a message, of which a test changes one part. */
export interface Message {
  now: Date;
  requestId: string;
  acsUrl: string;
  spEntityId: string;
  entityId: string;
  responseId: string;
  assertionId: string;
  nameId: NameId;
  attributes: ShapeAttribute[];
  /** Seconds from now. */
  notBefore: number;
  notOnOrAfter: number;
  sessionNotOnOrAfter: number | null;
  status: string;
  signs: Shape["signs"] | "nothing";
  key: SamlKey;
  signing: Partial<TestSigning>;
  encryption: Encryption | null;
  /** Changes the message before it is signed. */
  edit: (xml: string) => string;
  /** Changes the message after it is signed. */
  tamper: (xml: string) => string;
}

export interface TestIdp {
  shape: Shape;
  key: SamlKey;
  /** The signed message, in XML. */
  write(to: Pick<Message, "requestId" | "acsUrl" | "spEntityId">, changes?: Partial<Message>): string;
  metadata(ssoUrl: string, changes?: MetadataChanges): string;
}

export interface MetadataChanges {
  entityId?: string;
  keys?: SamlKey[];
  /** The bindings of the sign-on URL. */
  bindings?: string[];
}

export const toForm = (xml: string) => Buffer.from(xml).toString("base64");

const makeId = () => `_${randomBytes(16).toString("hex")}`;
const isoTime = (now: Date, seconds: number) => new Date(now.getTime() + seconds * 1_000).toISOString();

function writeAttribute({ name, values, repeated }: ShapeAttribute, q: (name: string) => string): string {
  const write = (some: string[]) =>
    `<${q("Attribute")} Name="${escapeXml(name)}">${some
      .map(
        (value) =>
          `<${q("AttributeValue")} xmlns:xs="${NS.xs}" xmlns:xsi="${NS.xsi}" xsi:type="xs:string">${escapeXml(value)}</${q("AttributeValue")}>`,
      )
      .join("")}</${q("Attribute")}>`;
  return repeated ? values.map((value) => write([value])).join("") : write(values);
}

function writeAssertion(message: Message, prefix: string): string {
  const q = (name: string) => (prefix ? `${prefix}:${name}` : name);
  const { now, nameId } = message;
  const format = nameId.format === null ? "" : ` Format="${nameId.format}"`;
  const sessionEnd =
    message.sessionNotOnOrAfter === null ? "" : ` SessionNotOnOrAfter="${isoTime(now, message.sessionNotOnOrAfter)}"`;
  return (
    `<${q("Assertion")} xmlns${prefix && `:${prefix}`}="${NS.saml}" xmlns:xs="${NS.xs}" ID="${message.assertionId}" ` +
    `Version="2.0" IssueInstant="${now.toISOString()}"><${q("Issuer")}>${escapeXml(message.entityId)}</${q("Issuer")}>` +
    `<${q("Subject")}><${q("NameID")}${format}>${escapeXml(nameId.value)}</${q("NameID")}>` +
    `<${q("SubjectConfirmation")} Method="${BEARER}"><${q("SubjectConfirmationData")} InResponseTo="${message.requestId}" ` +
    `NotOnOrAfter="${isoTime(now, message.notOnOrAfter)}" Recipient="${escapeXml(message.acsUrl)}"/></${q("SubjectConfirmation")}></${q("Subject")}>` +
    `<${q("Conditions")} NotBefore="${isoTime(now, message.notBefore)}" NotOnOrAfter="${isoTime(now, message.notOnOrAfter)}">` +
    `<${q("AudienceRestriction")}><${q("Audience")}>${escapeXml(message.spEntityId)}</${q("Audience")}></${q("AudienceRestriction")}>` +
    `</${q("Conditions")}><${q("AuthnStatement")} AuthnInstant="${now.toISOString()}" SessionIndex="_s1"${sessionEnd}>` +
    `<${q("AuthnContext")}><${q("AuthnContextClassRef")}>urn:oasis:names:tc:SAML:2.0:ac:classes:Password</${q("AuthnContextClassRef")}>` +
    `</${q("AuthnContext")}></${q("AuthnStatement")}><${q("AttributeStatement")}>` +
    `${message.attributes.map((one) => writeAttribute(one, q)).join("")}</${q("AttributeStatement")}></${q("Assertion")}>`
  );
}

function writeResponse(message: Message, [protocol, prefix]: Shape["prefixes"], assertion: string): string {
  const p = (name: string) => `${protocol}:${name}`;
  const issuer = prefix ? `${prefix}:Issuer` : "Issuer";
  const code =
    message.status === SUCCESS
      ? `<${p("StatusCode")} Value="${SUCCESS}"/>`
      : `<${p("StatusCode")} Value="urn:oasis:names:tc:SAML:2.0:status:Responder"><${p("StatusCode")} Value="${message.status}"/></${p("StatusCode")}>`;
  return (
    `<${p("Response")} xmlns:${protocol}="${NS.samlp}" ID="${message.responseId}" Version="2.0" ` +
    `IssueInstant="${message.now.toISOString()}" Destination="${escapeXml(message.acsUrl)}" InResponseTo="${message.requestId}">` +
    `<${issuer} xmlns${prefix && `:${prefix}`}="${NS.saml}">${escapeXml(message.entityId)}</${issuer}>` +
    `<${p("Status")}>${code}</${p("Status")}>${assertion}</${p("Response")}>`
  );
}

function writeMessage(message: Message, shape: Shape): string {
  const signing = { key: message.key, algorithm: shape.algorithm, prefixes: shape.inclusive, ...message.signing };
  const signsAssertion = message.signs === "assertion" || message.signs === "both";
  let assertion = writeAssertion(message, shape.prefixes[1]);
  if (message.encryption) {
    assertion = message.edit(assertion);
    if (signsAssertion) assertion = signElement(assertion, "Assertion", signing);
    assertion = encryptAssertion(assertion, message.encryption, shape.prefixes[1]);
  }
  let xml = writeResponse(message, shape.prefixes, assertion);
  if (!message.encryption) {
    xml = message.edit(xml);
    if (signsAssertion) xml = signElement(xml, "Assertion", signing);
  }
  if (message.signs === "response" || message.signs === "both") xml = signElement(xml, "Response", signing);
  return message.tamper(xml);
}

export function makeIdp(shape: Shape, key: SamlKey, person: TestPerson): TestIdp {
  return {
    shape,
    key,
    write: (to, changes = {}) =>
      writeMessage(
        {
          now: new Date(),
          entityId: shape.entityId,
          responseId: makeId(),
          assertionId: makeId(),
          nameId: shape.nameId(person),
          attributes: shape.attributes(person),
          notBefore: -300,
          notOnOrAfter: 300,
          sessionNotOnOrAfter: 3_600,
          status: SUCCESS,
          signs: shape.signs,
          key,
          signing: {},
          encryption: null,
          edit: (xml) => xml,
          tamper: (xml) => xml,
          ...to,
          ...changes,
        },
        shape,
      ),
    metadata: (ssoUrl, { entityId = shape.entityId, keys = [key], bindings = [REDIRECT_BINDING, POST_BINDING] } = {}) =>
      `<?xml version="1.0" encoding="UTF-8"?><md:EntityDescriptor xmlns:md="${NS.md}" entityID="${escapeXml(entityId)}">` +
      `<md:IDPSSODescriptor WantAuthnRequestsSigned="true" protocolSupportEnumeration="${PROTOCOL}">${keys
        .map(
          ({ certificate }) =>
            `<md:KeyDescriptor use="signing"><ds:KeyInfo xmlns:ds="${NS.ds}"><ds:X509Data><ds:X509Certificate>` +
            `${certificate.replaceAll(/-----[A-Z ]+-----/g, "")}</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>`,
        )
        .join("")}${bindings
        .map((binding) => `<md:SingleSignOnService Binding="${binding}" Location="${escapeXml(ssoUrl)}"/>`)
        .join("")}</md:IDPSSODescriptor></md:EntityDescriptor>`,
  };
}
