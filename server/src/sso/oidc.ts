/**
 * The OpenID Connect side of a connection: authorization code flow with PKCE and nonce. Every request goes through the guard for outgoing
 * ones.
 */
import * as client from "openid-client";
import { z } from "zod";
import { chooseSubject, mapPerson } from "../security/saml/attributes.ts";
import type { SamlAttribute } from "../security/saml/assertion.ts";
import { isSignOnUrl } from "../security/saml/metadata.ts";
import { SamlRefusal } from "../security/saml/refusal.ts";
import type { Fetcher } from "../platform/outbound/outbound.ts";
import type { Services } from "../services.ts";
import { type Asserted, SsoRefusal } from "./asserted.ts";
import { exchangeRefusal, userinfoRefusal } from "./oidc-failures.ts";
import type { Connection } from "./queries.ts";
import { clientSecretContext, openSecret } from "./secrets.ts";
import { serviceProviderOf } from "./service-provider.ts";

const MAX_VALUES = 2_000;
const MAX_VALUE = 8 * 1024;
/** Seconds by which the provider's clock may differ from ours. */
const SKEW_SECONDS = 60;

/** Entra's issuers that serve every Entra tenant. Their tokens identify a person at a tenant of that person's choice. */
const SHARED_ISSUER =
  /^https:\/\/(?:login\.microsoftonline\.com|sts\.windows\.net)\/(?:common|organizations|consumers|\{tenantid\})(?:\/|$)/i;

export function isSharedIssuer(issuer: string): boolean {
  return SHARED_ISSUER.test(issuer);
}

export function isOidcReady({ issuer, clientId }: Connection): boolean {
  return issuer !== null && clientId !== null;
}

const WELL_KNOWN = "/.well-known/openid-configuration";

/** OpenID Connect Discovery §4.1: the issuer without its last slash, and the well-known path. */
const discoveryUrl = (issuer: string) => `${issuer.replace(/\/$/, "")}${WELL_KNOWN}`;

const Discovered = z.looseObject({
  issuer: z.string(),
  authorization_endpoint: z.string(),
  token_endpoint: z.string(),
  jwks_uri: z.string(),
});

/**
 * Reads the provider's configuration.
 * @throws SsoRefusal provider_unreachable, provider_issuer, provider_shared, provider_endpoint
 */
export async function discover(outbound: Fetcher, issuer: string): Promise<client.ServerMetadata> {
  if (isSharedIssuer(issuer)) throw new SsoRefusal("provider_shared", { received: issuer });
  let found: z.infer<typeof Discovered>;
  try {
    const answer = await outbound.fetch(discoveryUrl(issuer));
    if (!answer.ok) throw new Error("not found");
    found = Discovered.parse(await answer.json());
  } catch {
    throw new SsoRefusal("provider_unreachable", { expected: discoveryUrl(issuer) });
  }
  // Compared byte for byte, with slash and letter case (ASVS 5.0 §10.5.3).
  if (found.issuer !== issuer) throw new SsoRefusal("provider_issuer", { expected: issuer, received: found.issuer });
  if (!isSignOnUrl(found.authorization_endpoint))
    throw new SsoRefusal("provider_endpoint", { received: found.authorization_endpoint });
  return found as client.ServerMetadata;
}

/**
 * The issuer that an admin gives, as itself or as the URL of its configuration, which is the same with and without the issuer's last slash.
 * @throws SsoRefusal as `discover`
 */
export async function findIssuer(outbound: Fetcher, typed: string): Promise<string> {
  const issuer = typed.endsWith(WELL_KNOWN) ? typed.slice(0, -WELL_KNOWN.length) : typed;
  try {
    await discover(outbound, issuer);
    return issuer;
  } catch (error) {
    const isOther = error instanceof SsoRefusal && error.reason === "provider_issuer";
    if (!isOther || issuer === typed || error.details.received !== `${issuer}/`) throw error;
    await discover(outbound, `${issuer}/`);
    return `${issuer}/`;
  }
}

/** RFC 6749 §2.3.1. Unlike openid-client's own function, it leaves "-._~" as they are, for providers that don't decode the secret. */
function clientSecretBasic(secret: string): client.ClientAuth {
  return (_server, { client_id: id }, _body, headers) => {
    const credentials = `${encodeURIComponent(id)}:${encodeURIComponent(secret)}`;
    headers.set("authorization", `Basic ${Buffer.from(credentials).toString("base64")}`);
  };
}

async function configure(services: Services, outbound: Fetcher, connection: Connection): Promise<client.Configuration> {
  const { connectionId, issuer, clientId, clientSecretSealed } = connection;
  if (issuer === null || clientId === null) throw new SsoRefusal("switched_off");
  const server = await discover(outbound, issuer);
  const secret = clientSecretSealed && openSecret(services, clientSecretSealed, clientSecretContext(connectionId));
  const methods = server.token_endpoint_auth_methods_supported ?? ["client_secret_basic"];
  const authentication = !secret
    ? client.None()
    : methods.includes("client_secret_basic")
      ? clientSecretBasic(secret)
      : client.ClientSecretPost(secret);
  const configuration = new client.Configuration(server, clientId, { [client.clockTolerance]: SKEW_SECONDS }, authentication);
  configuration[client.customFetch] = (url, options) => outbound.fetch(url, options as RequestInit);
  configuration.timeout = 5;
  // By default, openid-client does not verify the signature of an ID token that came over TLS.
  client.enableNonRepudiationChecks(configuration);
  return configuration;
}

export interface OidcSecrets {
  nonce: string;
  codeVerifier: string;
}

/** @throws SsoRefusal */
export async function beginOidc(services: Services, connection: Connection, input: { handle: string; forceAuthn: boolean }) {
  const configuration = await configure(services, services.outbound, connection);
  // Only the browser requests this URL. `discover` has checked that a URL without https leads to the browser's own machine.
  client.allowInsecureRequests(configuration);
  const secrets: OidcSecrets = { nonce: client.randomNonce(), codeVerifier: client.randomPKCECodeVerifier() };
  const scopes = configuration.serverMetadata().scopes_supported;
  const groups = scopes?.includes("groups") ? " groups" : "";
  const url = client.buildAuthorizationUrl(configuration, {
    redirect_uri: serviceProviderOf(services, connection.connectionId).redirectUrl,
    scope: `openid email profile${groups}`,
    state: input.handle,
    nonce: secrets.nonce,
    code_challenge: await client.calculatePKCECodeChallenge(secrets.codeVerifier),
    code_challenge_method: "S256",
    response_mode: "query",
    ...(input.forceAuthn ? { prompt: "login", max_age: "0" } : {}),
  });
  return { url: url.href, secrets };
}

export interface OidcAnswer {
  state: string;
  code?: string | undefined;
  iss?: string | undefined;
  error?: string | undefined;
}

type Claims = Record<string, unknown>;

interface Exchanged {
  /** The claims of the ID token. How and when the person signed in is read only from here, because people may edit what userinfo says. */
  idToken: Claims;
  /** The claims of the ID token, and those that userinfo adds. */
  merged: Claims;
}

interface Exchange {
  services: Services;
  /** Requests metadata, tokens, keys and userinfo over one connection if they are on one host. */
  outbound: Fetcher;
  connection: Connection;
  answer: OidcAnswer;
  secrets: OidcSecrets;
}

/** @throws SsoRefusal provider_error, code_exchange, id_token, id_token_signature, id_token_time, userinfo, and as `discover` */
async function exchange({ services, outbound, connection, answer, secrets }: Exchange): Promise<Exchanged> {
  if (answer.error !== undefined || answer.code === undefined) {
    throw new SsoRefusal("provider_error", { received: answer.error ?? "no code" });
  }
  const configuration = await configure(services, outbound, connection);
  const url = new URL(serviceProviderOf(services, connection.connectionId).redirectUrl);
  url.searchParams.set("code", answer.code);
  url.searchParams.set("state", answer.state);
  if (answer.iss !== undefined) url.searchParams.set("iss", answer.iss);
  let tokens: Awaited<ReturnType<typeof client.authorizationCodeGrant>>;
  try {
    tokens = await client.authorizationCodeGrant(configuration, url, {
      pkceCodeVerifier: secrets.codeVerifier,
      expectedState: answer.state,
      expectedNonce: secrets.nonce,
      idTokenExpected: true,
    });
  } catch (error) {
    services.log.info(
      { connectionId: connection.connectionId, reason: (error as Error).message },
      "an OpenID Connect code was refused",
    );
    throw exchangeRefusal(error);
  }
  const idToken = (tokens.claims() ?? {}) as Claims;
  if (idToken["sub"] === "") throw new SsoRefusal("id_token", { received: 'sub: ""' });
  if (configuration.serverMetadata().userinfo_endpoint === undefined) return { idToken, merged: idToken };
  try {
    const userinfo = await client.fetchUserInfo(configuration, tokens.access_token, String(idToken["sub"]));
    return { idToken, merged: { ...userinfo, ...idToken } };
  } catch (error) {
    throw userinfoRefusal(error);
  }
}

function textsOf(value: unknown): string[] {
  const values = Array.isArray(value) ? value.slice(0, MAX_VALUES) : [value];
  return values
    .filter((one) => typeof one === "string" || typeof one === "number" || typeof one === "boolean")
    .map(String)
    .filter((one) => one !== "" && one.length <= MAX_VALUE);
}

/** The claims as attributes, so that both protocols are mapped by the same rules. */
function attributesOf(claims: Claims): SamlAttribute[] {
  return Object.entries(claims)
    .slice(0, MAX_VALUES)
    .map(([name, value]) => ({ name, values: textsOf(value) }))
    .filter(({ values }) => values.length > 0);
}

/** Whether Entra left the groups out, which it does above 200. */
function hasTooManyGroups({ hasgroups, _claim_names: names }: Claims): boolean {
  return hasgroups === true || hasgroups === "true" || (typeof names === "object" && names !== null && "groups" in names);
}

/** email_verified is a boolean; some providers send a string, and some leave it out. */
function readVerified(value: unknown): boolean | null {
  if (value === true || value === "true") return true;
  if (value === false || value === "false") return false;
  return null;
}

function readClaims({ subjectAttribute, mapping }: Connection, { idToken, merged: claims }: Exchanged): Asserted {
  const attributes = attributesOf(claims);
  const sub = { value: String(claims["sub"]), format: null };
  const subject = chooseSubject(sub, attributes, subjectAttribute === null ? { nameId: true } : { attribute: subjectAttribute });
  const { address, name, groups, tooManyGroups, from } = mapPerson(sub, attributes, mapping);
  const amr = textsOf(idToken["amr"] ?? []);
  const authTime = idToken["auth_time"];
  return {
    subject: subject.value,
    subjectIsAddress: subject.looksLikeAddress,
    nameId: null,
    attributes,
    address,
    // email_verified says nothing about addresses from other claims.
    addressVerified: from.address === "email" ? readVerified(claims["email_verified"]) : null,
    name,
    groups,
    tooManyGroups: tooManyGroups || (groups === null && hasTooManyGroups(claims)),
    authenticatedAt: typeof authTime === "number" ? authTime * 1_000 : null,
    sessionEndsAt: null,
    secondFactor: amr.includes("mfa"),
    signedBy: null,
  };
}

/** Exchanges the code and reads whom the provider asserts. @throws SsoRefusal */
export async function finishOidc(
  services: Services,
  connection: Connection,
  answer: OidcAnswer,
  secrets: OidcSecrets,
): Promise<Asserted> {
  const outbound = services.outbound.openClient();
  try {
    return readClaims(connection, await exchange({ services, outbound, connection, answer, secrets }));
  } catch (error) {
    if (error instanceof SamlRefusal) throw new SsoRefusal(error.reason, error.details);
    throw error;
  } finally {
    outbound.close();
  }
}
