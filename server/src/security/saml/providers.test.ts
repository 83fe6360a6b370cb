/** pysaml2 and lasso act as identity providers: they read our metadata and requests, and we read their responses. */
import { spawnSync } from "node:child_process";
import { createPrivateKey } from "node:crypto";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, test } from "vitest";
import { debianProgram } from "../../testing/debian-program.ts";
import { type AuthnRequest, postField, redirectUrl } from "./authn-request.ts";
import { writeMetadata } from "./metadata.ts";
import { SamlRefusal } from "./refusal.ts";
import { makeServiceKey } from "./service-key.ts";
import { makeIdp } from "./testing/idp.ts";
import { toPem } from "./testing/keys.ts";
import { makeKeys, PERSON } from "./testing/scene.ts";
import { SHAPES } from "./testing/shapes.ts";
import { verifyResponse } from "./verify.ts";

const xmlsec1 = debianProgram("xmlsec1", "whether other programs take our SAML requests");
const UNTESTED = "whether it takes our SAML requests, and we its responses";
const judges = [
  {
    name: "lasso",
    is: debianProgram("lasso", UNTESTED),
    script: "judge-lasso.py",
    ciphers: "with the key in our metadata, and we open it",
    opened: "ada",
  },
  {
    name: "pysaml2",
    is: debianProgram("pysaml2", UNTESTED) && xmlsec1,
    script: "judge-pysaml2.py",
    ciphers: "with 3DES and RSA 1.5, whatever our metadata say, and we refuse that",
    opened: "encryption_algorithm",
  },
];

const IDP = "https://idp.example/saml";
const SSO_URL = "https://idp.example/sso?tenant=a&b=c";
const SP = { spEntityId: "https://whoot.example/api/v1/sso/c1/metadata", acsUrl: "https://whoot.example/api/v1/sso/c1/acs" };
const { idp: idpKey } = makeKeys();
const idpMetadata = makeIdp({ ...SHAPES.JumpCloud, entityId: IDP }, idpKey, PERSON).metadata(SSO_URL);

let service: { privateKey: string; certificate: string };
beforeAll(async () => {
  service = await makeServiceKey("whoot", new Date());
});
const key = () => createPrivateKey(service.privateKey);

interface Asked {
  binding: "redirect" | "post";
  encrypt?: boolean;
  /** What the provider signs, if that can be chosen. */
  signs?: "response" | "assertion" | "both";
  forceAuthn?: boolean;
  /** Changes the message that whoot sends: the query, or the XML of the form field. */
  change?: (sent: string) => string;
}

/** Our metadata and request, as a provider gets them. */
function describeWhoot({ binding, encrypt = false, signs = "both", forceAuthn = false, change = (sent) => sent }: Asked) {
  const request: AuthnRequest = { id: "_r1", ...SP, destination: SSO_URL, issuedAt: new Date(), forceAuthn };
  const query = change(new URL(redirectUrl(request, "handle", key())).search.slice(1));
  const field = Buffer.from(postField(request, key(), service.certificate), "base64").toString();
  const sent = new URLSearchParams(query);
  return {
    binding,
    encrypt,
    signs,
    query,
    request: binding === "redirect" ? sent.get("SAMLRequest") : Buffer.from(change(field)).toString("base64"),
    relayState: sent.get("RelayState"),
    sigAlg: sent.get("SigAlg"),
    signature: sent.get("Signature"),
    destination: SSO_URL,
    entityId: SP.spEntityId,
    metadata: writeMetadata({ ...SP, certificates: [service.certificate], takesEncrypted: encrypt }, key()),
    certificate: service.certificate,
    idpEntityId: IDP,
    idpMetadata,
    idpKey: toPem(idpKey.privateKey),
    idpCertificate: idpKey.certificate,
    xmlsec1,
    now: new Date().toISOString(),
    later: new Date(Date.now() + 300_000).toISOString(),
  };
}

function open(response: string) {
  const decryptionKeys = [service.privateKey];
  return verifyResponse(response, { idpEntityId: IDP, ...SP, certificates: [idpKey.certificate], decryptionKeys }, new Date());
}

/** The subject of an encrypted response, or the reason why we refuse it. */
function encrypted(response: string): string {
  try {
    const { nameId, isEncrypted } = open(response);
    return isEncrypted ? nameId.value : "not encrypted";
  } catch (error) {
    if (error instanceof SamlRefusal) return error.reason;
    throw error;
  }
}

/** @returns how the provider reads our messages, and its response */
function askBy(script: string, asked: Asked): Record<string, any> {
  const path = fileURLToPath(new URL(`testing/${script}`, import.meta.url));
  const input = JSON.stringify(describeWhoot(asked));
  const { stdout, stderr } = spawnSync("/usr/bin/python3", [path], { input, encoding: "utf8" });
  if (stdout === "") throw new Error(stderr);
  return JSON.parse(stdout) as Record<string, any>;
}

describe.each(judges)("$name", ({ is, script, ciphers, opened }) => {
  const ask = (asked: Asked) => askBy(script, asked);

  test.skipIf(!is).each(["redirect", "post"] as const)(
    "reads our metadata and our signed request by %s, and we its signed response",
    (binding) => {
      const { response, wantsAssertionsSigned: _, ...read } = ask({ binding, forceAuthn: true });
      expect(read).toEqual({
        issuer: SP.spEntityId,
        id: "_r1",
        acsUrl: SP.acsUrl,
        destination: SSO_URL,
        asksAgain: true,
        takesResponsesAt: SP.acsUrl,
      });
      expect(open(response)).toMatchObject({ requestId: "_r1", nameId: { value: "ada" }, isEncrypted: false });
    },
  );

  test.skipIf(!is)(`encrypts for us ${ciphers}`, () => {
    const { response, asksAgain } = ask({ binding: "redirect", encrypt: true });
    expect(asksAgain).toBe(false);
    expect(encrypted(response)).toEqual(opened);
  });

  test.skipIf(!is)("refuses a request that was changed after we signed it", () => {
    const other = (query: string) => query.replace("RelayState=handle", "RelayState=other");
    expect(ask({ binding: "redirect", change: other })["refused"]).toMatch(/signature|signed/i);
    expect(ask({ binding: "post", change: (xml) => xml.replace("_r1", "_r2") })["refused"]).toMatch(/signature|signed/i);
  });
});

test.skipIf(!judges.find(({ name }) => name === "pysaml2")?.is).each(["response", "assertion"] as const)(
  "pysaml2 reads in our metadata no demand for signed assertions, and we take what it sends with the %s alone signed",
  (signs) => {
    const { response, wantsAssertionsSigned } = askBy("judge-pysaml2.py", { binding: "redirect", signs });
    expect(wantsAssertionsSigned).toBe(false);
    const xml = Buffer.from(response, "base64").toString();
    expect(xml.match(/<[a-z0-9]*:?Signature[ >]/g)).toHaveLength(1);
    expect(open(response).nameId.value).toBe("ada");
  },
);
