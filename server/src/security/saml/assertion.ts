/** Reads the one assertion, from text that a trusted key has signed, and checks that it is meant for this connection and for now. */
import { all, allowOnly, attribute, is, isNil, need, only, optional, text } from "./dom.ts";
import { BEARER, NS } from "./names.ts";
import { SamlRefusal } from "./refusal.ts";
import type { Verified } from "./signature.ts";
import { checkNotEnded, checkStarted, readTime, withSkew } from "./times.ts";
import type { XmlElement } from "./xml-packages.ts";

export interface SamlAttribute {
  name: string;
  /** The text values, without empty and nil ones and without values that are XML. */
  values: string[];
}

export interface NameId {
  value: string;
  format: string | null;
}

/** The content of an assertion that has passed every check. */
export interface AssertionContent {
  assertionId: string;
  /** Id of the request that the assertion answers. The caller must accept each request once. */
  requestId: string;
  /** Until when the caller must remember the assertion's id, so that it is accepted once. */
  rememberUntil: Date;
  nameId: NameId;
  /** In the order of the message, each name once. */
  attributes: SamlAttribute[];
  authenticatedAt: Date;
  /** How the person signed in at the provider (AuthnContextClassRef). */
  contextClass: string | null;
  sessionIndex: string | null;
  sessionEndsAt: Date | null;
}

export interface Audience {
  idpEntityId: string;
  spEntityId: string;
  acsUrl: string;
  now: Date;
}

const saml = (name: string): readonly [string, string] => [NS.saml, name];

export function checkVersion(element: XmlElement): void {
  const version = attribute(element, "Version");
  if (version !== "2.0") throw new SamlRefusal("version", { expected: "2.0", received: version ?? "none" });
}

/** Compares byte for byte, including a trailing slash and letter case. */
export function checkIssuer(issuer: XmlElement, idpEntityId: string): void {
  const received = text(issuer);
  if (received !== idpEntityId) throw new SamlRefusal("issuer", { expected: idpEntityId, received });
}

function readConfirmation(subject: XmlElement, { acsUrl, now }: Audience): { requestId: string; end: Date } {
  const confirmations = all(subject, NS.saml, "SubjectConfirmation");
  const [confirmation] = confirmations;
  if (!confirmation || confirmations.length > 1) {
    throw new SamlRefusal("confirmation", { expected: "one confirmation", received: String(confirmations.length) });
  }
  const method = attribute(confirmation, "Method");
  if (method !== BEARER) throw new SamlRefusal("confirmation", { expected: BEARER, received: method ?? "none" });
  const data = optional(confirmation, NS.saml, "SubjectConfirmationData");
  const end = data && attribute(data, "NotOnOrAfter");
  if (!data || !end) throw new SamlRefusal("confirmation", { expected: "NotOnOrAfter", received: "none" });
  const recipient = attribute(data, "Recipient");
  if (recipient !== acsUrl) throw new SamlRefusal("recipient", { expected: acsUrl, received: recipient ?? "none" });
  const start = attribute(data, "NotBefore");
  if (start !== null) checkStarted(readTime(start), now);
  checkNotEnded(readTime(end), now);
  const requestId = attribute(data, "InResponseTo");
  if (!requestId) throw new SamlRefusal("unsolicited");
  return { requestId, end: readTime(end) };
}

function readNameId(subject: XmlElement): NameId {
  const [nameId, second] = all(subject, NS.saml, "NameID");
  if (!nameId || second) throw new SamlRefusal("name_id", { expected: "one NameID", received: second ? "several" : "none" });
  allowOnly(subject, [saml("NameID"), saml("SubjectConfirmation")]);
  const value = text(nameId);
  if (value.trim() === "") throw new SamlRefusal("name_id", { received: "an empty NameID" });
  return { value, format: attribute(nameId, "Format") };
}

/** @returns NotOnOrAfter, if there is one */
function checkConditions(conditions: XmlElement, { spEntityId, now }: Audience): Date | null {
  const start = attribute(conditions, "NotBefore");
  if (start !== null) checkStarted(readTime(start), now);
  const end = attribute(conditions, "NotOnOrAfter");
  if (end !== null) checkNotEnded(readTime(end), now);
  // Every assertion is accepted once anyway, and ProxyRestriction concerns issuers. An unknown condition counts as not met (SAML core
  // §2.5.1).
  const known = [saml("AudienceRestriction"), saml("OneTimeUse"), saml("ProxyRestriction")];
  try {
    allowOnly(conditions, known);
  } catch (error) {
    throw error instanceof SamlRefusal ? new SamlRefusal("condition", error.details) : error;
  }
  const restriction = only(conditions, NS.saml, "AudienceRestriction");
  allowOnly(restriction, [saml("Audience")]);
  const audiences = all(restriction, NS.saml, "Audience").map(text);
  if (!audiences.includes(spEntityId)) {
    throw new SamlRefusal("audience", { expected: spEntityId, received: audiences.join(", ") || "none" });
  }
  return end === null ? null : readTime(end);
}

function readStatement(statement: XmlElement, now: Date) {
  const end = attribute(statement, "SessionNotOnOrAfter");
  const sessionEndsAt = end === null ? null : readTime(end);
  if (sessionEndsAt) checkNotEnded(sessionEndsAt, now, "session_ended");
  const authenticatedAt = readTime(need(statement, "AuthnInstant"));
  checkStarted(authenticatedAt, now);
  allowOnly(statement, [saml("SubjectLocality"), saml("AuthnContext")]);
  const contextClass = optional(only(statement, NS.saml, "AuthnContext"), NS.saml, "AuthnContextClassRef");
  return {
    authenticatedAt,
    contextClass: contextClass && text(contextClass),
    sessionIndex: attribute(statement, "SessionIndex"),
    sessionEndsAt,
  };
}

/** The value's text. A value that is XML, such as a NameID, is left out, because it cannot serve as an address or a subject. */
function readValue(value: XmlElement): string[] {
  if (isNil(value)) return [];
  const nodes = Array.from(value.childNodes);
  if (nodes.some(({ nodeType }) => nodeType === 1)) return [];
  const content = text(value);
  return content.trim() === "" ? [] : [content];
}

/** Keycloak repeats the attribute for each value, so values of the same name are merged. */
function readAttributes(assertion: XmlElement): SamlAttribute[] {
  const byName = new Map<string, string[]>();
  for (const statement of all(assertion, NS.saml, "AttributeStatement")) {
    allowOnly(statement, [saml("Attribute")]);
    for (const one of all(statement, NS.saml, "Attribute")) {
      allowOnly(one, [saml("AttributeValue")]);
      const name = need(one, "Name");
      const values = all(one, NS.saml, "AttributeValue").flatMap(readValue);
      byName.set(name, [...(byName.get(name) ?? []), ...values]);
    }
  }
  return Array.from(byName, ([name, values]) => ({ name, values }));
}

/** @throws SamlRefusal with the reason of the first check that fails */
export function readAssertion(source: Verified, audience: Audience): AssertionContent {
  // A signed response contains its assertion.
  const assertion = is(source, NS.samlp, "Response") ? only(source, NS.saml, "Assertion") : source;
  if (!is(assertion, NS.saml, "Assertion")) throw new SamlRefusal("assertion_missing");
  checkVersion(assertion);
  allowOnly(assertion, [
    saml("Issuer"),
    [NS.ds, "Signature"],
    saml("Subject"),
    saml("Conditions"),
    saml("AuthnStatement"),
    saml("AttributeStatement"),
  ]);
  checkIssuer(only(assertion, NS.saml, "Issuer"), audience.idpEntityId);
  checkStarted(readTime(need(assertion, "IssueInstant")), audience.now);
  const subject = only(assertion, NS.saml, "Subject");
  const { requestId, end } = readConfirmation(subject, audience);
  const conditionsEnd = checkConditions(only(assertion, NS.saml, "Conditions"), audience);
  const statement = readStatement(only(assertion, NS.saml, "AuthnStatement"), audience.now);
  return {
    assertionId: need(assertion, "ID"),
    requestId,
    rememberUntil: withSkew(conditionsEnd && conditionsEnd < end ? conditionsEnd : end),
    nameId: readNameId(subject),
    attributes: readAttributes(assertion),
    ...statement,
  };
}
