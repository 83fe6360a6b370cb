/** An OpenID Connect provider that answers whatever a test wants, and browsers that sign in through it. */
import { createHash, createPublicKey, type KeyObject, sign } from "node:crypto";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import tls from "node:tls";
import { TEST_AUTHORITY, TEST_CERTIFICATE, TEST_CERTIFICATE_KEY } from "../../platform/outbound/testing/certificates.ts";
import { makeKey } from "../../security/saml/testing/keys.ts";
import type { Answer, HttpClient } from "../../testing/http.ts";
import type { Workspace } from "../../testing/people.ts";
import type { TestServer } from "../../testing/server.ts";
import { expectStatus, markTested } from "./saml-side.ts";

export const CLIENT = { id: "whoot-test", secret: "a-secret-of-the-test" };
const KEY_ID = "own";

type Json = Record<string, unknown>;

/** How the provider's answer differs from an honest one. An undefined claim is left out. */
export interface Said {
  header?: Json;
  claims?: Json;
  userinfo?: Json;
  /** The key that signs the ID token. */
  key?: KeyObject;
  /** Makes the whole ID token. */
  idToken?: (content: { header: Json; claims: Json }) => string;
  /** Changes what the browser brings back. */
  answer?: { iss?: string | undefined };
}

export interface TestOpenId {
  issuer: string;
  key: KeyObject;
  /** The requests that whoot sent. */
  asked: Array<{ path: string; form: URLSearchParams; authorization: string }>;
  /** TLS connections that whoot opened. */
  readonly connections: number;
  /** Sets the answer for the next browser. */
  prepare(nonce: string, said: Said): void;
  close(): void;
}

export const encode = (value: Json | Buffer | string) =>
  (Buffer.isBuffer(value) ? value : Buffer.from(typeof value === "string" ? value : JSON.stringify(value))).toString("base64url");

export function signed(header: Json, claims: Json, key: KeyObject): string {
  const content = `${encode(header)}.${encode(claims)}`;
  return `${content}.${encode(sign("sha256", Buffer.from(content), key))}`;
}

/** Every server in this process trusts its certificate. */
export async function startOpenId(): Promise<TestOpenId> {
  tls.setDefaultCACertificates([...tls.getCACertificates("default"), TEST_AUTHORITY]);
  const { privateKey: key } = makeKey();
  const asked: TestOpenId["asked"] = [];
  let [nonce, said]: [string, Said] = ["", {}];
  let issuer = "";

  function idToken(): string {
    const now = Math.floor(Date.now() / 1_000);
    const header = { alg: "RS256", kid: KEY_ID, typ: "JWT", ...said.header };
    const usual = { iss: issuer, sub: "sub-1", aud: CLIENT.id, nonce, iat: now, exp: now + 300 };
    const claims = { ...usual, ...said.claims };
    return said.idToken?.({ header, claims }) ?? signed(header, claims, said.key ?? key);
  }

  function answerTo(path: string): Json {
    switch (path) {
      case "/.well-known/openid-configuration":
        return {
          issuer,
          authorization_endpoint: `${issuer}/authorize`,
          token_endpoint: `${issuer}/token`,
          userinfo_endpoint: `${issuer}/userinfo`,
          jwks_uri: `${issuer}/keys`,
          id_token_signing_alg_values_supported: ["RS256", "none", "HS256"],
          authorization_response_iss_parameter_supported: true,
        };
      case "/keys":
        return { keys: [{ ...createPublicKey(key).export({ format: "jwk" }), kid: KEY_ID, alg: "RS256", use: "sig" }] };
      case "/token":
        return { token_type: "Bearer", access_token: "an-access-token", id_token: idToken() };
      default:
        return { sub: said.claims?.["sub"] ?? "sub-1", ...said.userinfo };
    }
  }

  const server = createServer({ key: TEST_CERTIFICATE_KEY, cert: TEST_CERTIFICATE }, (request, response) => {
    void text(request).then((form) => {
      const path = request.url ?? "";
      asked.push({ path, form: new URLSearchParams(form), authorization: request.headers.authorization ?? "" });
      response.setHeader("content-type", "application/json").end(JSON.stringify(answerTo(path)));
    });
  });
  let connections = 0;
  server.on("secureConnection", () => (connections += 1));
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  issuer = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    issuer,
    key,
    asked,
    get connections() {
      return connections;
    },
    prepare: (next, what) => void ([nonce, said] = [next, what]),
    close: () => void server.close().closeAllConnections(),
  };
}

export interface OpenIdConnection {
  connectionId: string;
  path: string;
  provider: TestOpenId;
}

/** A connection that the owner set up. It is switched on as if it had been tested. */
export async function openOidcConnection(
  server: TestServer,
  owner: HttpClient,
  { workspace, provider, ...edit }: { workspace: Workspace; provider: TestOpenId } & Json,
): Promise<OpenIdConnection> {
  const created = { name: "Corp", provider: "other", protocol: "oidc" };
  const { connectionId } = expectStatus(await owner.post(`${workspace.path}/sso/connections`, created), 201).json;
  const path = `${workspace.path}/sso/connections/${connectionId}`;
  const oidc = { issuer: provider.issuer, clientId: CLIENT.id, clientSecret: CLIENT.secret };
  expectStatus(await owner.patch(path, { oidc, ...edit }), 200);
  await markTested(server, workspace, connectionId);
  expectStatus(await owner.patch(path, { enabled: true }), 200);
  return { connectionId, path, provider };
}

/** Sends the browser to the provider. @returns the request that the provider gets */
export async function leave(browser: HttpClient, { connectionId }: OpenIdConnection, purpose = "sign_in") {
  const begun = expectStatus(await browser.post(`/api/v1/sso/${connectionId}/start`, { purpose }), 200);
  return new URL(begun.json.url).searchParams;
}

/** Signs in, from sending the browser to the provider to the answer of finishSso. */
export async function signInByOidc(browser: HttpClient, connection: OpenIdConnection, said: Said = {}): Promise<Answer> {
  const request = await leave(browser, connection);
  const { provider } = connection;
  provider.prepare(request.get("nonce") ?? "", said);
  const answer = await browser.post("/api/v1/sso/finish", {
    state: request.get("state"),
    code: "the-code",
    iss: provider.issuer,
    ...said.answer,
  });
  const verifier = provider.asked.findLast(({ path }) => path === "/token")?.form.get("code_verifier") ?? "";
  const challenge = createHash("sha256").update(verifier).digest("base64url");
  if (answer.status === 200 && challenge !== request.get("code_challenge")) throw new Error("the code verifier is another one");
  return answer;
}
