import { createPrivateKey, createVerify } from "node:crypto";
import { inflateRawSync } from "node:zlib";
import { beforeAll, expect, test } from "vitest";
import { type AuthnRequest, makeRequestId, postField, redirectUrl } from "./authn-request.ts";
import { readCertificate } from "./certificate.ts";
import { attribute, children, only, parse, text, walk } from "./dom.ts";
import { passGate } from "./gate.ts";
import { NS, POST_BINDING } from "./names.ts";
import { makeServiceKey } from "./service-key.ts";
import { verifyEnveloped } from "./signature.ts";

const REQUEST: AuthnRequest = {
  id: "_r1",
  spEntityId: "https://whoot.example/sso/c1?a=1&b=2",
  acsUrl: "https://whoot.example/sso/c1/acs",
  destination: "https://idp.example/sso?idpid=C01",
  issuedAt: new Date("2026-11-30T12:00:00Z"),
};
let service: { privateKey: string; certificate: string };
const key = () => createPrivateKey(service.privateKey);

beforeAll(async () => {
  service = await makeServiceKey("whoot", new Date());
});

function requestOf(url: string) {
  const deflated = Buffer.from(new URL(url).searchParams.get("SAMLRequest") ?? "", "base64");
  return parse(passGate(inflateRawSync(deflated).toString()));
}

test("a request names its connection, and asks for no NameID format and no authentication context", () => {
  const request = requestOf(redirectUrl(REQUEST, "handle", key()));
  expect(Object.fromEntries(Array.from(request.attributes, ({ name, value }) => [name, value]))).toMatchObject({
    ID: "_r1",
    Version: "2.0",
    IssueInstant: "2026-11-30T12:00:00.000Z",
    Destination: REQUEST.destination,
    ProtocolBinding: POST_BINDING,
    AssertionConsumerServiceURL: REQUEST.acsUrl,
  });
  expect(attribute(request, "ForceAuthn")).toBeNull();
  expect(text(only(request, NS.saml, "Issuer"))).toBe(REQUEST.spEntityId);
  expect(children(request).map(({ localName }) => localName)).toEqual(["Issuer"]);
  expect(Array.from(walk(request)).map(({ localName }) => localName)).not.toContain("RequestedAuthnContext");
});

test("re-authentication asks the provider to ask the person again", () => {
  expect(attribute(requestOf(redirectUrl({ ...REQUEST, forceAuthn: true }, "", key())), "ForceAuthn")).toBe("true");
});

test("the redirect's signature covers the query as it is sent", () => {
  for (const relayState of ["a handle+with/characters=", ""]) {
    const url = redirectUrl(REQUEST, relayState, key());
    expect(url.startsWith("https://idp.example/sso?idpid=C01&SAMLRequest=")).toBe(true);
    const [, signed = "", signature = ""] = /(SAMLRequest=.*)&Signature=(.*)$/.exec(url) ?? [];
    const verifier = createVerify("sha256").update(signed);
    expect(verifier.verify(service.certificate, decodeURIComponent(signature), "base64")).toBe(true);
    expect(new URL(url).searchParams.get("RelayState") ?? "").toBe(relayState);
  }
});

test("a RelayState of more than 80 bytes throws a RangeError", () => {
  expect(() => redirectUrl(REQUEST, "ü".repeat(41), key())).toThrow(RangeError);
});

test("the form of the POST binding holds a signed request", () => {
  const request = parse(passGate(Buffer.from(postField(REQUEST, key(), service.certificate), "base64").toString()));
  const certificate = readCertificate(service.certificate);
  if ("problem" in certificate) throw new Error(certificate.problem);
  const { element } = verifyEnveloped(request, only(request, NS.ds, "Signature"), [certificate]);
  expect(attribute(element, "ID")).toBe("_r1");
  // The signature must follow the issuer (SAML core §5.4).
  expect(children(request).map(({ localName }) => localName)).toEqual(["Issuer", "Signature"]);
});

test("request ids have 160 random bits and don't begin with a digit", () => {
  const ids = Array.from({ length: 100 }, makeRequestId);
  expect(new Set(ids).size).toBe(100);
  for (const id of ids) expect(id).toMatch(/^_[0-9a-f]{40}$/);
});
