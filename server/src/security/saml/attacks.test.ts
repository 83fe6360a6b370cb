/** The known attacks on SAML, with freshly signed messages. Each is refused for its own reason. */
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { SAML_REFUSALS, type SamlRefusalReason } from "#contract/saml.ts";
import { BEARER, ENVELOPED, EXCLUSIVE_C14N, NS } from "./names.ts";
import type { Message } from "./testing/idp.ts";
import { makeKey } from "./testing/keys.ts";
import { forge, makeKeys, makeScene, OWNER, part, PERSON, TO, withoutSignature } from "./testing/scene.ts";
import { SHAPES } from "./testing/shapes.ts";
import { verifyResponse } from "./verify.ts";

const KEYS = makeKeys();
const scene = makeScene(KEYS);
const signedResponse = makeScene(KEYS, { ...SHAPES.JumpCloud, signs: "response" });
const C14N = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315";

type Attack = [name: string, reason: SamlRefusalReason, changes: Partial<Message>];
const before = (from: string | RegExp, to: string): Partial<Message> => ({ edit: (xml) => replace(xml, from, to) });
const after = (from: string | RegExp, to: string): Partial<Message> => ({ tamper: (xml) => replace(xml, from, to) });

/** Replaces text, and fails if that changes nothing, because such an attack would prove nothing. */
function replace(xml: string, from: string | RegExp, to: string): string {
  const changed = xml.replace(from, () => to);
  if (changed === xml) throw new Error(`nothing to replace: ${String(from)}`);
  return changed;
}

function refused(attacks: readonly Attack[], from = scene): void {
  test.each(attacks)("%s: %s", (_name, reason, changes) => {
    expect(from.judge(from.write(changes))).toBe(reason);
  });
}

test("the unchanged messages are accepted, signed by the assertion or the response", () => {
  expect(scene.judge(scene.write())).toBe("accepted");
  expect(signedResponse.judge(signedResponse.write())).toBe("accepted");
});

describe("signature wrapping", () => {
  const response = signedResponse.write();
  const assertion = scene.write();
  const signature = part(assertion, "Signature");
  const original = part(assertion, "Assertion");
  const evil = forge(withoutSignature(original));
  const outerSignature = part(response, "Signature");
  const forgedResponse = forge(response);
  test.each([
    [
      "XSW 1, the signed response inside the signature of a forged one",
      forgedResponse.replace("</ds:Signature>", `${withoutSignature(response)}</ds:Signature>`),
    ],
    [
      "XSW 2, the signed response beside its signature in a forged one",
      forgedResponse.replace(outerSignature, withoutSignature(response) + outerSignature),
    ],
    ["XSW 3, a forged assertion before the signed one", assertion.replace(original, evil + original)],
    [
      "XSW 4, the signed assertion inside a forged one",
      assertion.replace(original, evil.replace("</saml:Assertion>", `${original}</saml:Assertion>`)),
    ],
    [
      "XSW 5, the forged assertion has the signature, the signed one comes last",
      assertion.replace(original, forge(original) + withoutSignature(original)),
    ],
    [
      "XSW 6, the signed assertion inside the signature of the forged one",
      assertion.replace(original, forge(original).replace("</ds:Signature>", `${withoutSignature(original)}</ds:Signature>`)),
    ],
    [
      "XSW 7, a forged assertion in Extensions",
      assertion.replace(original, `<samlp:Extensions>${evil}</samlp:Extensions>${original}`),
    ],
    [
      "XSW 8, the signed assertion in an Object of the signature of the forged one",
      assertion.replace(
        original,
        forge(original).replace("</ds:Signature>", `<ds:Object>${withoutSignature(original)}</ds:Object></ds:Signature>`),
      ),
    ],
    ["a signed assertion after a forged one", assertion.replace(original, original + evil)],
    [
      "a signed assertion in an attribute value of a forged one",
      assertion.replace(original, evil.replace(/(<saml:AttributeValue[^>]*>)[^<]*/, `$1${original}`)),
    ],
    ["two responses, one in the other", response.replace(part(response, "Assertion"), forgedResponse)],
    [
      "the signature moved from the assertion to the response",
      assertion.replace(signature, "").replace("<samlp:Status>", `${signature}<samlp:Status>`),
    ],
    [
      "the signature moved into the subject",
      assertion.replace(signature, "").replace("</saml:Subject>", `${signature}</saml:Subject>`),
    ],
    ["a second signature of the same assertion", assertion.replace(signature, signature + signature)],
    [
      "a Signature of the assertion namespace",
      assertion.replaceAll("ds:Signature>", "saml:Signature>").replace("<ds:Signature ", "<saml:Signature "),
    ],
    ["a reference to the whole document", scene.write({ signing: { shape: (xml) => xml.replace(/URI="[^"]*"/, 'URI=""') } })],
    ["a reference to nothing", scene.write({ signing: { shape: (xml) => xml.replace(/ URI="[^"]*"/, "") } })],
    [
      "a reference to another element",
      scene.write({ responseId: "_outer", signing: { shape: (xml) => xml.replace(/URI="[^"]*"/, 'URI="#_outer"') } }),
    ],
  ])("%s: wrapping", (_name, xml) => {
    expect(scene.judge(xml)).toBe("wrapping");
  });
});

describe("what the signature covers", () => {
  refused([
    ["no signature at all", "unsigned", { signs: "nothing" }],
    ["another person's address, after signing", "signature", after(PERSON.email, OWNER.email)],
    ["another name, after signing", "signature", after(PERSON.firstName, OWNER.firstName)],
    ["another key", "signature", { key: KEYS.rogue }],
    [
      "a signature of the rogue's own key, with its certificate in KeyInfo",
      "signature",
      { key: KEYS.rogue, entityId: scene.idp.shape.entityId },
    ],
    [
      "an EC algorithm for the connection's RSA key",
      "signature",
      { key: makeKey("p-256"), signing: { algorithm: "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256" } },
    ],
    ["an altered signature value", "signature", after(/<ds:SignatureValue>..../, "<ds:SignatureValue>AAAA")],
    ["an empty signature value", "signature_shape", after(/<ds:SignatureValue>[^<]*/, "<ds:SignatureValue>")],
    [
      "the digest of nothing",
      "signature",
      after(/<ds:DigestValue>[^<]*/, "<ds:DigestValue>47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="),
    ],
    ["RSA-SHA1", "algorithm", { signing: { algorithm: `${NS.ds}rsa-sha1` } }],
    ["a SHA-1 digest", "algorithm", { signing: { digest: `${NS.ds}sha1` } }],
    ["HMAC with the certificate as key", "algorithm", { signing: { algorithm: `${NS.ds}hmac-sha1` } }],
    ["an unknown algorithm", "algorithm", { signing: { algorithm: "urn:rsa-sha256" } }],
    ["an algorithm that every object has", "algorithm", { signing: { algorithm: "constructor" } }],
  ]);
  refused(
    [
      [
        "a forged assertion in a signed response",
        "signature",
        { tamper: (xml) => xml.replace(part(xml, "Assertion"), forge(part(xml, "Assertion"))) },
      ],
      [
        "a signed response and an assertion whose signature doesn't verify",
        "signature",
        {
          signs: "both",
          signing: { shape: (xml) => xml },
          tamper: (xml) => xml.replace(/<ds:SignatureValue>....(?![\s\S]*<ds:SignatureValue>)/, "<ds:SignatureValue>AAAA"),
        },
      ],
      ["another destination in a signed response", "signature", after(/ ID="/, ' Consent="urn:evil" ID="')],
    ],
    signedResponse,
  );

  test("a certificate with a key of 1,024 bits is not used, and a connection without a usable one accepts nothing: certificate", () => {
    const weak = makeKey("rsa-1024");
    const xml = scene.write({ key: weak });
    expect(scene.judge(xml, new Date(), { certificates: [weak.certificate] })).toBe("certificate");
    expect(scene.judge(xml, new Date(), { certificates: [] })).toBe("certificate");
    expect(scene.judge(xml, new Date(), { certificates: ["", "no certificate"] })).toBe("certificate");
  });

  test("an expired certificate is accepted, and so is either of two", () => {
    const expired = makeKey("rsa", new Date("2020-01-01T00:00:00Z"));
    const xml = scene.write({ key: expired });
    const certificates = [KEYS.idp.certificate, expired.certificate];
    expect(scene.judge(xml, new Date(), { certificates: [expired.certificate] })).toBe("accepted");
    expect(scene.judge(xml, new Date(), { certificates })).toBe("accepted");
    expect(scene.judge(scene.write(), new Date(), { certificates })).toBe("accepted");
    const [first, second] = [
      scene.verify(scene.write(), new Date(), { certificates }),
      scene.verify(xml, new Date(), { certificates }),
    ];
    expect(first.signedBy).not.toBe(second.signedBy);
  });
});

describe("the shape of the signature", () => {
  const reshape = (from: string | RegExp, to: string): Partial<Message> => ({
    signing: { shape: (xml) => replace(xml, from, to) },
  });
  const transform = (algorithm: string, content = "") => `<ds:Transform Algorithm="${algorithm}">${content}</ds:Transform>`;
  const xslt = '<xsl:stylesheet xmlns:xsl="http://www.w3.org/1999/XSL/Transform"></xsl:stylesheet>';
  refused([
    [
      "a second SignedInfo before the signed one (SAMLStorm)",
      "signature_shape",
      { signing: { wrap: (xml) => xml.replace("<ds:SignedInfo", `${part(xml, "SignedInfo")}<ds:SignedInfo`) } },
    ],
    [
      "a second SignedInfo in KeyInfo",
      "signature_shape",
      { signing: { wrap: (xml) => xml.replace("<ds:KeyInfo>", `<ds:KeyInfo>${part(xml, "SignedInfo")}`) } },
    ],
    [
      "a second SignatureValue",
      "signature_shape",
      { signing: { wrap: (xml) => xml.replace("<ds:KeyInfo>", `${part(xml, "SignatureValue")}<ds:KeyInfo>`) } },
    ],
    ["a comment in DigestValue (SAMLStorm)", "comment", after("<ds:DigestValue>", "<ds:DigestValue><!--evil-->")],
    ["an element in DigestValue", "structure", after("<ds:DigestValue>", "<ds:DigestValue><ds:KeyName></ds:KeyName>")],
    [
      "two references",
      "signature_shape",
      { signing: { shape: (xml) => xml.replace("</ds:SignedInfo>", `${part(xml, "Reference")}</ds:SignedInfo>`) } },
    ],
    [
      "an XSLT transform",
      "namespace",
      reshape(transform(ENVELOPED), transform(ENVELOPED) + transform("http://www.w3.org/TR/1999/REC-xslt-19991116", xslt)),
    ],
    [
      "an XPath transform",
      "signature_shape",
      reshape(transform(ENVELOPED), transform(ENVELOPED) + transform("http://www.w3.org/TR/1999/REC-xpath-19991116")),
    ],
    [
      "a base64 transform instead of canonicalization",
      "signature_shape",
      reshape(transform(EXCLUSIVE_C14N), transform(`${NS.ds}base64`)),
    ],
    [
      "canonicalization with comments",
      "signature_shape",
      reshape(transform(EXCLUSIVE_C14N), transform(`${EXCLUSIVE_C14N}WithComments`)),
    ],
    ["inclusive canonicalization of the assertion", "signature_shape", reshape(transform(EXCLUSIVE_C14N), transform(C14N))],
    [
      "inclusive canonicalization of SignedInfo",
      "signature_shape",
      reshape(`Method Algorithm="${EXCLUSIVE_C14N}"`, `Method Algorithm="${C14N}"`),
    ],
    [
      "the transforms in the other order",
      "signature_shape",
      reshape(transform(ENVELOPED) + transform(EXCLUSIVE_C14N), transform(EXCLUSIVE_C14N) + transform(ENVELOPED)),
    ],
    ["the enveloped transform alone", "signature_shape", reshape(transform(EXCLUSIVE_C14N), "")],
    ["no transforms", "signature_shape", reshape(/<ds:Transforms>.*<\/ds:Transforms>/, "")],
    [
      "a truncated HMAC",
      "signature_shape",
      reshape("</ds:SignatureMethod>", "<ds:HMACOutputLength>1</ds:HMACOutputLength></ds:SignatureMethod>"),
    ],
    [
      "an Algorithm of a namespace beside the real one",
      "signature_shape",
      reshape("<ds:DigestMethod ", `<ds:DigestMethod ds:Algorithm="${NS.ds}sha1" `),
    ],
    [
      "an Object in the signature",
      "signature_shape",
      { signing: { wrap: (xml) => xml.replace("</ds:Signature>", "<ds:Object></ds:Object></ds:Signature>") } },
    ],
    ["an ID with a quote", "signature_shape", { assertionId: "_a'or'1" }],
  ]);
});

describe("the gate", () => {
  const nested = (levels: number) => "<samlp:Extensions>".repeat(levels) + "</samlp:Extensions>".repeat(levels);
  const into = (xml: string) => after("<samlp:Status>", `${xml}<samlp:Status>`);
  const start = (xml: string): Partial<Message> => ({ tamper: (message) => xml + message });
  refused([
    ["a document type", "doctype", start("<!DOCTYPE x>")],
    [
      "a document type with an entity in an ID",
      "doctype",
      { tamper: (xml) => `<!DOCTYPE x [<!ENTITY x "_a">]>${xml.replace(/ ID="[^"]*"/, ' ID="&x;"')}` },
    ],
    ["an undeclared entity", "malformed", after(PERSON.firstName, "&evil;")],
    ["a million laughs", "doctype", start('<!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]>')],
    ["a comment in the NameID, after signing", "comment", after(`>${PERSON.email}<`, `>${PERSON.email}<!---->.evil.example<`)],
    ["a comment in the NameID, before signing", "comment", before(`>${PERSON.email}<`, `>${OWNER.email}<!---->.evil.example<`)],
    ["a processing instruction", "processing_instruction", into("<?php evil?>")],
    ["a CDATA section", "cdata", after(`>${PERSON.email}<`, `><![CDATA[${PERSON.email}]]><`)],
    ["a relative namespace URI (void canonicalization)", "namespace", after("<samlp:Status>", '<samlp:Status xmlns:ns="1">')],
    ["an empty prefix declaration", "malformed", after("<samlp:Status>", '<samlp:Status xmlns:ns="">')],
    ["an unbound prefix", "malformed", into("<evil:x/>")],
    [
      "the same attribute twice by two prefixes (attribute pollution)",
      "malformed",
      after("<samlp:Status>", '<samlp:Status xmlns:a="urn:x:y" xmlns:b="urn:x:y" a:ID="1" b:ID="2">'),
    ],
    ["the same attribute twice", "malformed", after(' Version="2.0"', ' Version="2.0" Version="2.0"')],
    ["an element of a foreign namespace", "namespace", into('<x xmlns="urn:evil:x"/>')],
    ["an element of no namespace", "namespace", into("<x/>")],
    [
      "a Signature of a look-alike namespace",
      "namespace",
      after(`xmlns:ds="${NS.ds}"`, 'xmlns:ds="http://www.w3.org/2000/09/xmldsig"'),
    ],
    [
      "a NameID of a foreign namespace",
      "namespace",
      before(/<saml:NameID[\s\S]*<\/saml:NameID>/, `<x:NameID xmlns:x="urn:evil:x">${OWNER.email}</x:NameID>`),
    ],
    ["the same ID twice", "duplicate_id", { responseId: "_same", assertionId: "_same" }],
    [
      "the assertion's ID again, as an attribute of a namespace",
      "duplicate_id",
      { assertionId: "_same", tamper: (xml) => xml.replace("<samlp:Status>", '<samlp:Status samlp:ID="_same">') },
    ],
    ["text after the root", "malformed", { tamper: (xml) => `${xml}evil` }],
    ["two roots", "malformed", { tamper: (xml) => xml + xml }],
    ["a raw ampersand", "malformed", after(PERSON.firstName, "a & b")],
    ["a NUL", "malformed", after(PERSON.firstName, "a\0b")],
    ["a lone surrogate as a reference", "malformed", after(PERSON.firstName, "&#xD800;")],
    ["an unclosed element", "malformed", after("</samlp:Status>", "")],
    ["XML 1.1", "malformed", start('<?xml version="1.1"?>')],
    ["another declared encoding", "encoding", start('<?xml version="1.0" encoding="ISO-8859-1"?>')],
    ["129 KiB", "too_large", { tamper: (xml) => xml + " ".repeat(129 * 1_024) }],
    ["41 levels", "too_deep", into(nested(40))],
    ["2,001 elements", "too_many_elements", into("<samlp:Extensions/>".repeat(2_001))],
    [
      "65 attributes",
      "too_many_attributes",
      into(`<samlp:Extensions ${Array.from({ length: 65 }, (_, at) => `a${at}=""`).join(" ")}/>`),
    ],
    ["a value of more than 8 KiB", "value_too_long", before(`>${PERSON.firstName}<`, `>${"x".repeat(8 * 1_024 + 1)}<`)],
    [
      "an attribute of more than 8 KiB",
      "value_too_long",
      after("<samlp:Status>", `<samlp:Status x="${"x".repeat(8 * 1_024 + 1)}">`),
    ],
  ]);

  test("a form value that is not base64 of UTF-8: encoding; one of more than 192 KiB: too_large", () => {
    const judge = (form: string) => {
      try {
        verifyResponse(form, scene.trust, new Date());
        return "accepted";
      } catch (error) {
        return (error as { reason?: string }).reason;
      }
    };
    const xml = scene.write();
    const form = Buffer.from(xml).toString("base64");
    expect(judge(form)).toBe("accepted");
    expect(judge(`${form.slice(0, 400)}\r\n${form.slice(400)}\n`)).toBe("accepted");
    expect(judge(Buffer.from(`\uFEFF${xml}`).toString("base64"))).toBe("accepted");
    for (const wrong of [
      "",
      "=",
      `${form}*`,
      form.slice(1),
      `%${form}`,
      form.replace("P", "-"),
      Buffer.from(xml, "utf16le").toString("base64"),
    ]) {
      expect(["encoding", "malformed"]).toContain(judge(wrong));
    }
    expect(judge(`${form}*`)).toBe("encoding");
    expect(judge(Buffer.concat([Buffer.from(xml), Buffer.from([0xff])]).toString("base64"))).toBe("encoding");
    expect(judge("A".repeat(192 * 1_024 + 4))).toBe("too_large");
  });
});

describe("recipient, issuer and request", () => {
  const confirmation = /<saml:SubjectConfirmation [\s\S]*<\/saml:SubjectConfirmation>/;
  const conditions = /<saml:Conditions [\s\S]*<\/saml:Conditions>/;
  const restriction = /<saml:AudienceRestriction>[\s\S]*<\/saml:AudienceRestriction>/;
  refused([
    ["another provider's issuer, signed with a shared key (IdP mix-up)", "issuer", { entityId: "https://other.example/saml" }],
    ["the issuer with a slash more", "issuer", { entityId: `${scene.idp.shape.entityId}/` }],
    [
      "another issuer of the assertion alone",
      "issuer",
      { edit: (xml) => xml.replace(/(<saml:Assertion[\s\S]*?<saml:Issuer>)[^<]*/, "$1https://other.example") },
    ],
    [
      "no issuer of the assertion",
      "structure",
      { edit: (xml) => xml.replace(/(<saml:Assertion[^>]*>)<saml:Issuer>[^<]*<\/saml:Issuer>/, "$1"), signs: "response" },
    ],
    ["another audience", "audience", before(`>${TO.spEntityId}<`, ">https://other.example<")],
    ["no audience restriction", "structure", before(restriction, "")],
    ["two audience restrictions", "structure", { edit: (xml) => xml.replace(restriction, (one) => one + one) }],
    [
      "another connection's ACS as recipient",
      "recipient",
      before(`Recipient="${TO.acsUrl}"`, 'Recipient="https://whoot.example/sso/c2/acs"'),
    ],
    ["no recipient", "recipient", before(` Recipient="${TO.acsUrl}"`, "")],
    ["another destination", "destination", after(`Destination="${TO.acsUrl}"`, 'Destination="https://whoot.example/sso/c2/acs"')],
    ["no destination", "destination", after(` Destination="${TO.acsUrl}"`, "")],
    [
      "no InResponseTo in the confirmation",
      "unsolicited",
      before(/(<saml:SubjectConfirmationData) InResponseTo="[^"]*"/, "<saml:SubjectConfirmationData"),
    ],
    [
      "another InResponseTo outside the signature",
      "in_response_to",
      after(`InResponseTo="${TO.requestId}"`, 'InResponseTo="_other"'),
    ],
    ["no InResponseTo outside the signature", "in_response_to", after(` InResponseTo="${TO.requestId}"`, "")],
    ["holder of key", "confirmation", before(BEARER, BEARER.replace("bearer", "holder-of-key"))],
    ["no confirmation", "confirmation", before(confirmation, "")],
    ["two confirmations", "confirmation", { edit: (xml) => xml.replace(confirmation, (one) => one + one) }],
    ["a confirmation without data", "confirmation", before(/<saml:SubjectConfirmationData [^>]*\/>/, "")],
    ["a confirmation without an end", "confirmation", before(/ NotOnOrAfter="[^"]*" Recipient/, " Recipient")],
    ["no conditions", "structure", before(conditions, "")],
    ["two conditions", "structure", { edit: (xml) => xml.replace(conditions, (one) => one + one) }],
    [
      "an unknown condition",
      "condition",
      before(
        "</saml:Conditions>",
        '<saml:Condition xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="x"></saml:Condition></saml:Conditions>',
      ),
    ],
    ["two subjects", "structure", { edit: (xml) => xml.replace(part(xml, "Subject"), (one) => one + one) }],
    ["no NameID", "name_id", before(/<saml:NameID[\s\S]*<\/saml:NameID>/, "")],
    [
      "two NameIDs",
      "name_id",
      before("<saml:SubjectConfirmation ", `<saml:NameID>${OWNER.email}</saml:NameID><saml:SubjectConfirmation `),
    ],
    ["an empty NameID", "name_id", before(/(>)ada@corp\.example<\/saml:NameID>/, "> </saml:NameID>")],
    [
      "an element in the NameID",
      "structure",
      before(">ada@corp.example</saml:NameID>", "><saml:Issuer/>ada@corp.example</saml:NameID>"),
    ],
    ["no authentication statement", "structure", before(/<saml:AuthnStatement[\s\S]*<\/saml:AuthnStatement>/, "")],
    [
      "an authorization statement",
      "structure",
      before("</saml:Assertion>", "<saml:AuthzDecisionStatement></saml:AuthzDecisionStatement></saml:Assertion>"),
    ],
    [
      "an encrypted attribute",
      "structure",
      before("</saml:AttributeStatement>", "<saml:EncryptedAttribute></saml:EncryptedAttribute></saml:AttributeStatement>"),
    ],
    ["text between the elements of the assertion", "structure", before("<saml:Subject>", "evil<saml:Subject>")],
    ["SAML 1.1", "version", { edit: (xml) => xml.replaceAll('Version="2.0"', 'Version="1.1"') }],
    [
      "an assertion of SAML 1.1",
      "version",
      { edit: (xml) => xml.replace(/(<saml:Assertion.*?)Version="2.0"/, '$1Version="1.1"') },
    ],
    ["a status that isn't success", "status", { status: "urn:oasis:names:tc:SAML:2.0:status:NoAuthnContext" }],
    [
      "a status that is success only within",
      "status",
      after(
        /(<samlp:StatusCode Value="[^"]*)"\/>/,
        '<samlp:StatusCode Value="urn:evil"><samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Success"/></samlp:StatusCode>',
      ),
    ],
    ["no status", "structure", after(/<samlp:Status>.*<\/samlp:Status>/, "")],
    ["no assertion", "assertion_missing", { tamper: (xml) => xml.replace(part(xml, "Assertion"), "") }],
    ["extensions", "structure", after("<samlp:Status>", "<samlp:Extensions/><samlp:Status>")],
    ["another kind of message", "not_a_response", { tamper: (xml) => xml.replaceAll("samlp:Response", "samlp:LogoutResponse") }],
    ["a bare assertion", "not_a_response", { tamper: (xml) => part(xml, "Assertion") }],
    ["a time without a zone", "time", before(/ NotBefore="[^"]*"/, ' NotBefore="2026-01-01T00:00:00"')],
    ["a time that is no time", "time", before(/ AuthnInstant="[^"]*"/, ' AuthnInstant="yesterday"')],
  ]);
  refused(
    [["a signed response without its issuer", "issuer", before(/<saml:Issuer[^>]*>[^<]*<\/saml:Issuer>(?=<samlp:Status>)/, "")]],
    signedResponse,
  );

  test("a refusal names what was expected and what came", () => {
    expect(scene.details(scene.write({ entityId: "https://other.example/saml" }))).toEqual({
      expected: scene.idp.shape.entityId,
      received: "https://other.example/saml",
    });
    expect(scene.details(scene.write({ status: "urn:oasis:names:tc:SAML:2.0:status:NoAuthnContext" })).received).toContain(
      "NoAuthnContext",
    );
  });

  test("a message of the connection's own provider for another of its applications is refused, whoever signed it", () => {
    const other = { ...TO, spEntityId: "https://wiki.example", acsUrl: "https://wiki.example/acs" };
    expect(scene.judge(scene.idp.write(other))).toBe("destination");
    expect(scene.judge(scene.idp.write({ ...TO, spEntityId: other.spEntityId }))).toBe("audience");
  });

  test("the same message gives the same request id and assertion id, so that the caller can use them up", () => {
    const xml = scene.write({ assertionId: "_a1" });
    const [first, second] = [scene.verify(xml), scene.verify(xml)];
    expect(first).toEqual(second);
    expect(first).toMatchObject({ requestId: TO.requestId, assertionId: "_a1" });
  });
});

test("every reason for a refusal is tested in this folder", () => {
  const tests = readdirSync(import.meta.dirname)
    .filter((name) => name.endsWith(".test.ts"))
    .map((name) => readFileSync(`${import.meta.dirname}/${name}`, "utf8"))
    .join("\n");
  const untested = Object.keys(SAML_REFUSALS).filter((reason) => !tests.includes(`"${reason}"`));
  expect(untested).toEqual([]);
});
