/**
 * The OpenID Connect half of the trial provider: authorization code flow with PKCE. Its ID tokens have only the subject; address, name and
 * groups are in userinfo.
 */
import { createHash, createPublicKey, randomBytes, sign } from "node:crypto";
import type { TestPerson } from "../../../security/saml/testing/shapes.ts";
import { CLIENT, PEOPLE, type State } from "./state.ts";
import type { Choice } from "./saml.ts";

const TOKEN_SECONDS = 300;
/** How many codes and tokens are kept. */
const KEPT = 100;
const KEY_ID = "try";

const base64url = (value: object | string) =>
  Buffer.from(typeof value === "string" ? value : JSON.stringify(value)).toString("base64url");

interface Grant {
  person: TestPerson;
  redirectUrl: string;
  nonce: string;
  challenge: string;
}

export interface Json {
  status: number;
  json: object;
  /** The scheme of a WWW-Authenticate header. */
  challenge?: "Basic" | "Bearer";
}

export interface OpenId {
  configuration(): object;
  keys(): object;
  /** One form for each person, which leads back here. Null if the URL is no request from whoot. */
  choices(url: URL): Choice[] | null;
  /** The URL to which the browser takes its code. Null if the URL is no request from whoot. */
  authorize(url: URL, personId: string): string | null;
  token(form: URLSearchParams, authorization: string): Json;
  userinfo(authorization: string): Json;
}

/** Adds a value under a new random key, and removes the oldest entry when there are too many. @returns the key */
function keep<Value>(map: Map<string, Value>, value: Value): string {
  const name = randomBytes(24).toString("base64url");
  map.set(name, value);
  for (const oldest of map.keys()) {
    if (map.size <= KEPT) break;
    map.delete(oldest);
  }
  return name;
}

/** Client id and secret are form-encoded first (RFC 6749 §2.3.1). */
function isClient(authorization: string): boolean {
  const [id = "", secret = ""] = Buffer.from(authorization.replace(/^Basic /, ""), "base64")
    .toString()
    .split(":");
  return decodeURIComponent(id) === CLIENT.id && decodeURIComponent(secret) === CLIENT.secret;
}

function readRequest({ searchParams: query }: URL): Omit<Grant, "person"> | null {
  const get = (name: string) => query.get(name) ?? "";
  const [redirectUrl, challenge] = [get("redirect_uri"), get("code_challenge")];
  const isWhoots = URL.canParse(redirectUrl) && /^https?:\/\/[^/]+\/sso\/callback\/[\w-]+$/.test(redirectUrl);
  if (!isWhoots || get("client_id") !== CLIENT.id || get("response_type") !== "code") return null;
  if (challenge === "" || get("code_challenge_method") !== "S256") return null;
  return { redirectUrl, challenge, nonce: get("nonce") };
}

export function makeOpenId(state: State): OpenId {
  const { issuer, origin } = state;
  const codes = new Map<string, Grant>();
  const tokens = new Map<string, TestPerson>();

  function signToken(claims: object): string {
    const content = `${base64url({ alg: "RS256", kid: KEY_ID })}.${base64url(claims)}`;
    return `${content}.${sign("sha256", Buffer.from(content), state.signingKey().privateKey).toString("base64url")}`;
  }

  function idToken({ person, nonce }: Grant): string {
    const now = Math.floor(state.now().getTime() / 1_000);
    const about = { iss: issuer, sub: person.id, aud: CLIENT.id, nonce };
    return signToken({ ...about, iat: now, auth_time: now, exp: now + TOKEN_SECONDS });
  }

  return {
    configuration: () => ({
      issuer,
      // Without https, because browsers would warn of the certificate, which only whoot trusts.
      authorization_endpoint: `${origin}/authorize`,
      token_endpoint: `${issuer}/token`,
      userinfo_endpoint: `${issuer}/userinfo`,
      jwks_uri: `${issuer}/keys`,
      response_types_supported: ["code"],
      subject_types_supported: ["public"],
      id_token_signing_alg_values_supported: ["RS256"],
      scopes_supported: ["openid", "email", "profile", "groups"],
      code_challenge_methods_supported: ["S256"],
      token_endpoint_auth_methods_supported: ["client_secret_basic"],
      authorization_response_iss_parameter_supported: true,
    }),
    keys: () => ({
      keys: [
        {
          ...createPublicKey(state.shownKey().privateKey).export({ format: "jwk" }),
          kid: KEY_ID,
          alg: "RS256",
          use: "sig",
        },
      ],
    }),
    choices(url) {
      if (!readRequest(url)) return null;
      const action = `${url.pathname}${url.search}`;
      return PEOPLE.map((person) => ({ person, action, fields: { person: person.id } }));
    },
    authorize(url, personId) {
      const request = readRequest(url);
      const person = PEOPLE.find(({ id }) => id === personId);
      if (!request || !person) return null;
      const to = new URL(request.redirectUrl);
      to.searchParams.set("code", keep(codes, { ...request, person }));
      to.searchParams.set("state", url.searchParams.get("state") ?? "");
      to.searchParams.set("iss", issuer);
      return to.href;
    },
    token(form, authorization) {
      if (!isClient(authorization)) return { status: 401, json: { error: "invalid_client" }, challenge: "Basic" };
      const code = form.get("code") ?? "";
      const grant = codes.get(code);
      codes.delete(code);
      const challenge = createHash("sha256")
        .update(form.get("code_verifier") ?? "")
        .digest("base64url");
      if (!grant || grant.redirectUrl !== form.get("redirect_uri") || grant.challenge !== challenge) {
        return { status: 400, json: { error: "invalid_grant" } };
      }
      const lasts = { token_type: "Bearer", expires_in: TOKEN_SECONDS };
      return { status: 200, json: { ...lasts, access_token: keep(tokens, grant.person), id_token: idToken(grant) } };
    },
    userinfo(authorization) {
      const person = tokens.get(authorization.replace(/^Bearer /, ""));
      if (!person) return { status: 401, json: { error: "invalid_token" }, challenge: "Bearer" };
      const { id, email, firstName, lastName, groups } = person;
      return {
        status: 200,
        json: { sub: id, email, email_verified: true, given_name: firstName, family_name: lastName, groups },
      };
    },
  };
}
