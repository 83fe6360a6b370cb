/** Independent programs verify our signatures, and we verify theirs: xmlsec1 (libxml2, OpenSSL) and OpenSSL itself. */
import { spawnSync } from "node:child_process";
import { createPrivateKey, createPublicKey } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { debianProgram } from "../../testing/debian-program.ts";
import { postField, redirectUrl } from "./authn-request.ts";
import { writeMetadata } from "./metadata.ts";
import { ENVELOPED, EXCLUSIVE_C14N, NS } from "./names.ts";
import { makeServiceKey } from "./service-key.ts";
import { makeIdp } from "./testing/idp.ts";
import { makeKey, toPem } from "./testing/keys.ts";
import { makeKeys, makeScene, PERSON, TO } from "./testing/scene.ts";
import { type Shape, SHAPES } from "./testing/shapes.ts";

const xmlsec1Path = debianProgram("xmlsec1", "whether another program accepts our SAML signatures, and we its");
const opensslPath = debianProgram("openssl", "whether OpenSSL's own program accepts our redirect signatures");

const folder = mkdtempSync(join(tmpdir(), "whoot-saml-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let files = 0;
function file(content: string | Buffer): string {
  files += 1;
  const path = join(folder, String(files));
  writeFileSync(path, content);
  return path;
}

function xmlsec1(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(xmlsec1Path!, args, { encoding: "utf8" });
}

const ELEMENTS = { Response: NS.samlp, Assertion: NS.saml, AuthnRequest: NS.samlp, EntityDescriptor: NS.md };
const IDS = Object.entries(ELEMENTS).flatMap(([name, namespace]) => ["--id-attr:ID", `${namespace}:${name}`]);

/** @param signed the element whose own Signature is verified */
function isValid(xml: string, certificate: string, signed: keyof typeof ELEMENTS): boolean {
  const signature = `//*[local-name()='${signed}']/*[local-name()='Signature']`;
  const { status, stderr } = xmlsec1(
    "--verify",
    ...IDS,
    "--trusted-pem",
    file(certificate),
    "--node-xpath",
    signature,
    file(xml),
  );
  if (status !== 0 && !stderr.includes("FAIL") && !stderr.includes("failed")) throw new Error(stderr);
  return status === 0;
}

let service: { privateKey: string; certificate: string };
beforeAll(async () => {
  service = await makeServiceKey("whoot", new Date());
});
const key = () => createPrivateKey(service.privateKey);
const request = () => ({ ...TO, id: "_r1", destination: "https://idp.example/sso", issuedAt: new Date() });

describe.skipIf(!xmlsec1Path)("xmlsec1", () => {
  test("accepts our signed AuthnRequest and metadata, and refuses them altered", () => {
    const xml = Buffer.from(postField(request(), key(), service.certificate), "base64").toString();
    expect(isValid(xml, service.certificate, "AuthnRequest")).toBe(true);
    expect(
      isValid(xml.replace('ID="_r1" Version', 'ForceAuthn="true" ID="_r1" Version'), service.certificate, "AuthnRequest"),
    ).toBe(false);
    const certificates = [service.certificate, makeKey().certificate];
    const metadata = writeMetadata({ ...TO, certificates, takesEncrypted: true }, key());
    expect(isValid(metadata, service.certificate, "EntityDescriptor")).toBe(true);
    expect(isValid(metadata.replace(TO.acsUrl, "https://evil.example"), service.certificate, "EntityDescriptor")).toBe(false);
  });

  // The xmlsec1 of Debian 12 (1.2.37) does not know RSASSA-PSS.
  const known = (Object.entries(SHAPES) as Array<[string, Shape]>).filter(([, { algorithm }]) => !algorithm.includes("MGF1"));
  test.each(known)("accepts what our test provider sends as %s", (_name, shape) => {
    const idp = makeIdp(shape, makeKey(shape.key), PERSON);
    const xml = idp.write(TO);
    const elements = { response: ["Response"], assertion: ["Assertion"], both: ["Response", "Assertion"] } as const;
    for (const signed of elements[shape.signs]) {
      expect(isValid(xml, idp.key.certificate, signed)).toBe(true);
      expect(isValid(xml.replace(PERSON.firstName, "Eve"), idp.key.certificate, signed)).toBe(false);
    }
  });

  test("opens what our test provider encrypts", () => {
    for (const content of ["aes128-gcm", "aes256-gcm", "aes256-cbc"] as const) {
      const keys = makeKeys();
      const encryption = { certificate: keys.service.certificate, content };
      const xml = makeScene(keys).write({ encryption });
      const { status, stdout } = xmlsec1("--decrypt", "--privkey-pem", file(toPem(keys.service.privateKey)), file(xml));
      expect(status).toBe(0);
      expect(stdout).toContain(PERSON.email);
    }
  });

  test("signs a response with every character that canonicalization treats specially, and our verifier accepts it", () => {
    const keys = makeKeys();
    const scene = makeScene(keys);
    const name = "a<b>&\"'\t\u00e9\u{1f600}]]";
    for (const element of ["Response", "Assertion"] as const) {
      const id = element === "Response" ? "_r" : "_a";
      const template =
        `<ds:Signature xmlns:ds="${NS.ds}"><ds:SignedInfo><ds:CanonicalizationMethod Algorithm="${EXCLUSIVE_C14N}"/><ds:SignatureMethod ` +
        `Algorithm="http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"/><ds:Reference URI="#${id}"><ds:Transforms><ds:Transform ` +
        `Algorithm="${ENVELOPED}"/><ds:Transform Algorithm="${EXCLUSIVE_C14N}"><ec:InclusiveNamespaces xmlns:ec="${NS.ec}" ` +
        `PrefixList="xs"/></ds:Transform></ds:Transforms><ds:DigestMethod Algorithm="${NS.xenc}sha256"/><ds:DigestValue/></ds:Reference>` +
        "</ds:SignedInfo><ds:SignatureValue/></ds:Signature>";
      const unsigned = scene.write({
        signs: "nothing",
        responseId: "_r",
        assertionId: "_a",
        attributes: [{ name: "n", values: [name, "two\nlines", " spaces "] }],
        edit: (xml) =>
          xml
            .replace(new RegExp(`(<\\w+:${element} [\\s\\S]*?</saml:Issuer>)`), `$1\n  ${template}\n`)
            .replaceAll("><saml:", ">\n    <saml:")
            .replace("<samlp:Status>", "<samlp:Status\n  >"),
      });
      const signed = xmlsec1("--sign", ...IDS, "--privkey-pem", file(toPem(keys.idp.privateKey)), file(unsigned));
      expect(signed.status).toBe(0);
      const signIn = scene.verify(signed.stdout);
      expect(signIn.attributes).toEqual([{ name: "n", values: [name, "two\nlines", " spaces "] }]);
      expect(scene.judge(signed.stdout.replace("two", "too"))).toBe("signature");
    }
  });
});

describe.skipIf(!opensslPath)("OpenSSL", () => {
  const openssl = (...args: string[]) => spawnSync(opensslPath!, args, { encoding: "utf8" });

  test("accepts the signature of our redirect", () => {
    const url = redirectUrl(request(), "handle", key());
    const [, signed = "", signature = ""] = /(SAMLRequest=.*)&Signature=(.*)$/.exec(url) ?? [];
    const publicKey = createPublicKey(key()).export({ type: "spki", format: "pem" });
    const bytes = file(Buffer.from(decodeURIComponent(signature), "base64"));
    const verified = openssl("dgst", "-sha256", "-verify", file(publicKey), "-signature", bytes, file(signed));
    expect(verified.stdout).toContain("Verified OK");
  });

  test("accepts the certificates that we write, RSA and EC", () => {
    for (const certificate of [service.certificate, makeKey("p-256").certificate]) {
      const path = file(certificate);
      const verified = openssl("verify", "-CAfile", path, path);
      expect(verified.stdout).toContain(": OK");
    }
  });
});
