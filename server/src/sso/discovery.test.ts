/** Reads a provider's configuration from a real server, through the guard for outgoing requests. */
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import tls from "node:tls";
import { pino } from "pino";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { makeOutbound } from "../platform/outbound/outbound.ts";
import { TEST_AUTHORITY, TEST_CERTIFICATE, TEST_CERTIFICATE_KEY } from "../platform/outbound/testing/certificates.ts";
import { SsoRefusal } from "./asserted.ts";
import { discover, findIssuer, isSharedIssuer } from "./oidc.ts";

const authorities = tls.getCACertificates("default");
const allow = { hosts: new Set<string>(), networks: [["127.0.0.1", 32] as const] };
const outbound = makeOutbound({ allow, dnsServers: null, dnsPort: 53 }, pino({ level: "silent" }));
/** The provider's configuration, and the paths that were requested. */
let said: object = {};
let asked: Array<string | undefined> = [];
const server = createServer({ key: TEST_CERTIFICATE_KEY, cert: TEST_CERTIFICATE }, ({ url }, response) => {
  asked.push(url);
  response.setHeader("content-type", "application/json").end(JSON.stringify(said));
});
let origin = "";

beforeAll(async () => {
  tls.setDefaultCACertificates([...authorities, TEST_AUTHORITY]);
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  origin = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  tls.setDefaultCACertificates(authorities);
  server.close().closeAllConnections();
});

/** Reads a usual configuration with these changes. @returns "read", or the refusal */
async function read(changes: object, issuer = origin): Promise<unknown> {
  asked = [];
  said = {
    issuer,
    authorization_endpoint: `${origin}/authorize`,
    token_endpoint: `${origin}/token`,
    jwks_uri: `${origin}/keys`,
    ...changes,
  };
  return discover(outbound, issuer).then(
    () => "read",
    (error: unknown) => {
      if (error instanceof SsoRefusal) return { reason: error.reason, ...error.details };
      throw error;
    },
  );
}

describe("browsers are sent over https, or to their own machine:", () => {
  test.each(["https://idp.example/authorize?a=1", "http://127.0.0.1:1/authorize", "http://localhost/authorize"])(
    "%s is taken",
    async (url) => {
      expect(await read({ authorization_endpoint: url })).toBe("read");
    },
  );

  test.each([
    "javascript:alert(document.domain)",
    "data:text/html,<script>alert(1)</script>",
    "http://idp.example/authorize",
    "http://localhost.example/authorize",
    "https://ada:secret@idp.example/authorize",
    "https://idp.example/authorize#there",
    "/authorize",
  ])("%s is refused", async (url) => {
    expect(await read({ authorization_endpoint: url })).toEqual({ reason: "provider_endpoint", received: url });
  });
});

test("the URL of a provider's configuration leads to its issuer, with or without a last slash", async () => {
  const issuer = `${origin}/realms/whoot`;
  const url = `${issuer}/.well-known/openid-configuration`;
  for (const own of [issuer, `${issuer}/`]) {
    await read({}, own);
    expect(await findIssuer(outbound, url)).toBe(own);
    expect(await findIssuer(outbound, own)).toBe(own);
  }
  await read({ issuer: "https://idp.example" }, issuer);
  await expect(findIssuer(outbound, url)).rejects.toThrow(SsoRefusal);
});

test("an issuer with a last slash is the provider's, and the same without it is another one, and the other way round", async () => {
  const issuer = `${origin}/application/o/whoot/`;
  expect(await read({}, issuer)).toBe("read");
  expect(asked).toEqual(["/application/o/whoot/.well-known/openid-configuration"]);
  const bare = issuer.slice(0, -1);
  expect(await read({ issuer }, bare)).toEqual({ reason: "provider_issuer", expected: bare, received: issuer });
  expect(await read({ issuer: bare }, issuer)).toEqual({ reason: "provider_issuer", expected: issuer, received: bare });
});

test("a configuration without what a sign-in needs can't be read", async () => {
  for (const missing of ["authorization_endpoint", "token_endpoint", "jwks_uri"]) {
    expect(await read({ [missing]: undefined })).toMatchObject({ reason: "provider_unreachable" });
  }
});

test("an issuer that Entra shares between all its tenants is refused before anything is asked", async () => {
  for (const shared of ["common", "organizations", "consumers", "{tenantid}"]) {
    const issuer = `https://login.microsoftonline.com/${shared}/v2.0`;
    expect(await read({}, issuer)).toEqual({ reason: "provider_shared", received: issuer });
    expect(asked).toEqual([]);
  }
  expect(isSharedIssuer("https://login.microsoftonline.com/1f2b9d9e-7c4f-4c0a-9d0e-52b1d6a8c3f1/v2.0")).toBe(false);
});
