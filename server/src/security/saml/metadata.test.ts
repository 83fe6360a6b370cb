import { createPrivateKey } from "node:crypto";
import { beforeAll, describe, expect, test } from "vitest";
import { readCertificate } from "./certificate.ts";
import { all, attribute, only, parse, walk } from "./dom.ts";
import { passGate } from "./gate.ts";
import { isSignOnUrl, readMetadata, type SpMetadata, writeMetadata } from "./metadata.ts";
import { NS, POST_BINDING, REDIRECT_BINDING } from "./names.ts";
import { SamlRefusal } from "./refusal.ts";
import { makeServiceKey } from "./service-key.ts";
import { verifyEnveloped } from "./signature.ts";
import { makeIdp } from "./testing/idp.ts";
import { makeKey, toPem } from "./testing/keys.ts";
import { PERSON } from "./testing/scene.ts";
import { SHAPES } from "./testing/shapes.ts";

const SSO_URL = "https://idp.example/sso";
const key = makeKey();
const xml = makeIdp(SHAPES.Keycloak, key, PERSON).metadata(SSO_URL);
const problem = (metadata: string) => {
  const read = readMetadata(metadata);
  return "problem" in read ? read.problem : null;
};

describe("reading the identity provider's metadata", () => {
  const expected = {
    entityId: SHAPES.Keycloak.entityId,
    signOn: { url: SSO_URL, binding: "redirect" },
    wantsSignedRequests: true,
    certificates: [{ fingerprint: (readCertificate(key.certificate) as { fingerprint: string }).fingerprint }],
  };

  test("works for pasted text, with a byte order mark or space around it, and for the one entity of a federation", () => {
    expect(readMetadata(xml)).toMatchObject(expected);
    expect(readMetadata(`\uFEFF${xml}\n`)).toMatchObject(expected);
    const entity = xml.replace(/^<\?xml[^>]*>/, "");
    expect(readMetadata(`<md:EntitiesDescriptor xmlns:md="${NS.md}">${entity}</md:EntitiesDescriptor>`)).toMatchObject(expected);
  });

  test("chooses redirect if the provider offers it, otherwise a form", () => {
    const idp = makeIdp(SHAPES.Keycloak, key, PERSON);
    const signOn = (bindings: string[]) => readMetadata(idp.metadata(SSO_URL, { bindings }));
    expect(signOn([POST_BINDING, REDIRECT_BINDING])).toMatchObject({ signOn: { url: SSO_URL, binding: "redirect" } });
    expect(signOn([POST_BINDING])).toMatchObject({ signOn: { url: SSO_URL, binding: "post" } });
    expect(signOn(["urn:oasis:names:tc:SAML:2.0:bindings:SOAP"])).toEqual({ problem: "no_sign_on_url" });
  });

  test("ignores elements of other standards, as Entra and ADFS write them", () => {
    const extended = xml.replace(
      "<md:IDPSSODescriptor",
      '<RoleDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata" xmlns:fed="http://docs.oasis-open.org/wsfed/federation/200706">' +
        "<fed:ClaimTypesOffered/></RoleDescriptor><md:IDPSSODescriptor",
    );
    expect(readMetadata(extended)).toMatchObject(expected);
  });

  test("reads two signing keys, each once, and leaves encryption keys out", () => {
    const second = makeKey("p-256");
    const [descriptor = ""] = /<md:KeyDescriptor[\s\S]*<\/md:KeyDescriptor>/.exec(xml) ?? [];
    const base64 = second.certificate.replaceAll(/-----[A-Z ]+-----/g, "");
    const other = descriptor.replace(/(<ds:X509Certificate>)[^<]*/, `$1${base64}`);
    const both = xml.replace(descriptor, descriptor + descriptor + other.replace(' use="signing"', ""));
    const read = readMetadata(both);
    expect("certificates" in read && read.certificates.length).toBe(2);
    const encrypting = readMetadata(xml.replace(descriptor, descriptor + other.replace("signing", "encryption")));
    expect("certificates" in encrypting && encrypting.certificates.length).toBe(1);
  });

  test("may have comments, another encoding in its declaration, a logo, and a browser's remark before it", () => {
    const commented = xml
      .replace(/^<\?xml[^>]*>/, "")
      .replaceAll("<md:", "<!-- x --><md:")
      .replace(/^<!-- x -->/, '<?xml version="1.0" encoding="ISO-8859-1"?>\n<!-- keep secret -->\n');
    expect(readMetadata(commented)).toMatchObject(expected);
    const logo = `<x:Logo xmlns:x="urn:oasis:names:tc:SAML:metadata:ui">data:image/png;base64,${"A".repeat(20_000)}</x:Logo>`;
    expect(readMetadata(xml.replace("<md:IDP", `<md:Extensions>${logo}</md:Extensions><md:IDP`))).toMatchObject(expected);
    const copied = xml.replace(/^<\?xml[^>]*>/, "");
    expect(readMetadata(`This XML file does not appear to have any style information.\n${copied}`)).toMatchObject(expected);
  });

  test("may have its certificate broken by lines, comments or PEM's frame", () => {
    const broken = (edit: (base64: string) => string) =>
      xml.replace(/(<ds:X509Certificate>)([^<]*)/, (_, tag: string, base64: string) => tag + edit(base64));
    for (const edit of [
      (base64: string) => `\n\t${base64.replaceAll(/\s/g, "").replaceAll(/.{60}/g, "$&\r\n   ")}\n`,
      (base64: string) => `-----BEGIN CERTIFICATE-----\n${base64}\n-----END CERTIFICATE-----`,
      (base64: string) => `${base64.slice(0, 80)}<!-- next -->${base64.slice(80)}`,
    ]) {
      expect(readMetadata(broken(edit))).toMatchObject(expected);
    }
  });

  test("of a provider that also speaks SAML 1.1 are read by the role for SAML 2.0", () => {
    const [role = ""] = /<md:IDPSSODescriptor[\s\S]*<\/md:IDPSSODescriptor>/.exec(xml) ?? [];
    const old = role
      .replaceAll(SSO_URL, "https://idp.example/old")
      .replace(/protocolSupportEnumeration="[^"]*"/, 'protocolSupportEnumeration="urn:oasis:names:tc:SAML:1.1:protocol"');
    expect(old).toContain("SAML:1.1:protocol");
    expect(readMetadata(xml.replace(role, old + role))).toMatchObject(expected);
    expect(problem(xml.replace(role, role + role))).toBe("several_providers");
  });

  test("says what is wrong with it", () => {
    expect(problem("")).toBe("not_metadata");
    expect(problem("https://idp.example/metadata")).toBe("not_metadata");
    expect(problem("<html/>")).toBe("not_metadata");
    expect(problem(xml.replaceAll("IDPSSODescriptor", "SPSSODescriptor"))).toBe("service_provider");
    expect(problem(xml.replace(/ entityID="[^"]*"/, ""))).toBe("no_entity_id");
    expect(problem(xml.replaceAll(SSO_URL, "http://idp.example/sso"))).toBe("no_sign_on_url");
    expect(problem(xml.replaceAll(SSO_URL, "javascript:alert(1)"))).toBe("no_sign_on_url");
    expect(problem(xml.replace(/<md:KeyDescriptor[\s\S]*<\/md:KeyDescriptor>/, ""))).toBe("no_certificate");
    expect(problem(xml.replace(/(<ds:X509Certificate>)[^<]*/, "$1AAAA"))).toBe("bad_certificate");
    const entity = xml.replace(/^<\?xml[^>]*>/, "");
    expect(problem(`<md:EntitiesDescriptor xmlns:md="${NS.md}">${entity}${entity}</md:EntitiesDescriptor>`)).toBe(
      "several_providers",
    );
  });

  test("uses the same gate as messages", () => {
    for (const [metadata, reason] of [
      [`<!DOCTYPE x>${xml.replace(/^<\?xml[^>]*>/, "")}`, "doctype"],
      [xml.replace("<md:IDP", `${"<md:Extensions/>".repeat(10_000)}<md:IDP`), "too_large"],
      [xml.replace("<md:IDP", `<md:x y="${"z".repeat(9_000)}"/><md:IDP`), "value_too_long"],
    ] as const) {
      expect(() => readMetadata(metadata)).toThrow(new SamlRefusal(reason));
    }
  });

  test("accepts a sign-on URL with https, or http on the machine itself, and none with a password in it", () => {
    for (const url of ["https://idp.example/sso", "http://localhost:8080/sso", "http://127.0.0.1/sso", "http://[::1]:1/"]) {
      expect(isSignOnUrl(url)).toBe(true);
    }
    for (const url of [
      "http://idp.example",
      "ftp://idp.example",
      "https://a:b@idp.example",
      "//idp.example",
      "https://idp.example/#/sso",
      "",
      "http://localhost.example",
    ]) {
      expect(isSignOnUrl(url)).toBe(false);
    }
  });
});

describe("certificates", () => {
  test("are read as PEM or bare base64; keys, weak keys and anything else are told apart", () => {
    const { certificate } = makeKey("p-384");
    const bare = certificate.replaceAll(/-----[A-Z ]+-----/g, "");
    const read = readCertificate(certificate);
    expect(read).toMatchObject({ subject: "CN=Test IdP" });
    expect(readCertificate(certificate.replaceAll("\n", "\\n"))).toEqual(read);
    expect(readCertificate(`<ds:X509Certificate>${bare}</ds:X509Certificate>`)).toEqual(read);
    expect(readCertificate(`\n  ${bare.replaceAll("\n", " \r\n")}`)).toEqual(read);
    expect(readCertificate(makeKey("rsa-1024").certificate)).toEqual({ problem: "weak_key" });
    const { privateKey } = makeKey("p-256");
    expect(readCertificate(toPem(privateKey))).toEqual({ problem: "private_key" });
    for (const text of ["", "AAAA", "hello", certificate.slice(0, 200), "A".repeat(20_000)]) {
      expect(readCertificate(text)).toEqual({ problem: "not_a_certificate" });
    }
  });
});

describe("our own metadata", () => {
  let service: { privateKey: string; certificate: string };
  const about: Omit<SpMetadata, "certificates"> = {
    spEntityId: "https://whoot.example/sso/c1",
    acsUrl: "https://whoot.example/sso/c1/acs",
    takesEncrypted: false,
  };
  beforeAll(async () => {
    service = await makeServiceKey("whoot", new Date());
  });
  const write = (changes: Partial<SpMetadata> = {}) =>
    passGate(
      writeMetadata({ ...about, certificates: [service.certificate], ...changes }, createPrivateKey(service.privateKey)),
      "metadata",
    );

  test("name the connection, say that requests are signed, and ask for no NameID format", () => {
    const root = parse(write());
    expect(attribute(root, "entityID")).toBe(about.spEntityId);
    const role = only(root, NS.md, "SPSSODescriptor");
    const acs = only(role, NS.md, "AssertionConsumerService");
    expect([attribute(role, "AuthnRequestsSigned"), attribute(acs, "Binding"), attribute(acs, "Location")]).toEqual([
      "true",
      POST_BINDING,
      about.acsUrl,
    ]);
    expect(Array.from(walk(root)).map(({ localName }) => localName)).not.toContain("NameIDFormat");
  });

  test("offer a key for encryption only where the connection takes encrypted assertions", () => {
    const uses = (metadata: ReturnType<typeof write>) =>
      all(only(parse(metadata), NS.md, "SPSSODescriptor"), NS.md, "KeyDescriptor").map((one) => attribute(one, "use"));
    expect(uses(write())).toEqual(["signing"]);
    expect(uses(write({ takesEncrypted: true }))).toEqual(["signing", "encryption"]);
    const former = makeKey().certificate;
    expect(uses(write({ certificates: [service.certificate, former] }))).toEqual(["signing", "signing"]);
  });

  test("are signed with the connection's key", () => {
    const metadata = write();
    const root = parse(metadata);
    const certificate = readCertificate(service.certificate);
    if ("problem" in certificate) throw new Error(certificate.problem);
    const { element } = verifyEnveloped(root, only(root, NS.ds, "Signature"), [certificate]);
    expect(attribute(element, "entityID")).toBe(about.spEntityId);
  });
});
