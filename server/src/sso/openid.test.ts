/** OpenID Connect on the real server, with a provider that says what a test wants: claims in all their shapes, and forged ID tokens. */
import { createHmac, createPublicKey } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { makeKey } from "../security/saml/testing/keys.ts";
import { type HttpClient, httpClient } from "../testing/http.ts";
import { addMember, freshDomain, makeWorkspace, type Person, signUpPerson, type Workspace } from "../testing/people.ts";
import { useServer } from "../testing/server.ts";
import { LOOPBACK } from "./testing/metadata-server.ts";
import {
  CLIENT,
  encode,
  leave,
  openOidcConnection,
  type OpenIdConnection,
  type Said,
  signed,
  signInByOidc,
  startOpenId,
  type TestOpenId,
} from "./testing/openid-side.ts";
import { holdDomain } from "./testing/saml-side.ts";

const server = useServer({ outbound: LOOPBACK });
let owner: Person;
let provider: TestOpenId;
let workspace: Workspace;
let connection: OpenIdConnection;
let domain: string;
beforeAll(async () => {
  provider = await startOpenId();
  owner = await signUpPerson(server, "Olga");
  workspace = await makeWorkspace(owner);
  domain = freshDomain();
  await holdDomain(server, workspace, domain);
  const joining = { joining: "just_in_time", defaultRoleId: workspace.roles.Member };
  connection = await openOidcConnection(server, owner, { workspace, provider, ...joining });
});
afterAll(() => provider.close());

const newBrowser = () => httpClient(server.url);

/** Why the newest sign-in was refused, as the audit log says it. */
async function lastReason(): Promise<string> {
  const { items } = (await owner.get(`${workspace.path}/audit-log?limit=100`)).json as { items: Array<Record<string, any>> };
  return items.find(({ action }) => action === "sso.refused")?.["changes"].reason.to;
}

/** @returns "in", or the reason of the refusal */
async function outcome(said: Said, browser: HttpClient = newBrowser()): Promise<string> {
  const answer = await signInByOidc(browser, connection, said);
  if (answer.status === 200) return "in";
  expect(answer).toMatchObject({ status: 403, code: "sso_refused" });
  return lastReason();
}

let people = 0;
/** Claims of somebody whom whoot doesn't know. */
const newcomer = (more: object = {}) => {
  people += 1;
  return { sub: `new-${people}`, email: `new-${people}@${domain}`, ...more };
};

describe("email_verified", () => {
  test.each([
    [true, "in"],
    ["true", "in"],
    [undefined, "in"],
    [null, "in"],
    ["yes", "in"],
    [false, "address_unverified"],
    ["false", "address_unverified"],
  ])("%j of a newcomer on a verified domain: %s", async (email_verified, expected) => {
    const claims = newcomer({ email_verified });
    expect(await outcome({ claims })).toBe(expected);
    // As in most providers, the claim may be in userinfo alone.
    const { sub, email, ...userinfo } = newcomer({ email_verified });
    expect(await outcome({ claims: { sub }, userinfo: { email, ...userinfo } })).toBe(expected);
    const rows = await server.database.query("select 1 from accounts where email = any($1)", [[claims.email, email]]);
    expect(rows).toHaveLength(expected === "in" ? 2 : 0);
  });

  test("email_verified: false keeps out nobody whose account is joined, and true proves no address on another domain", async () => {
    const claims = newcomer();
    expect(await outcome({ claims })).toBe("in");
    expect(await outcome({ claims: { ...claims, email_verified: false } })).toBe("in");
    const foreign = { ...newcomer(), email: `somebody@${freshDomain()}`, email_verified: true };
    expect(await outcome({ claims: foreign })).toBe("address_foreign");
  });
});

describe("userinfo", () => {
  test("userinfo about another subject is refused, for that reason", async () => {
    const claims = newcomer();
    expect(await outcome({ claims, userinfo: { sub: "somebody-else" } })).toBe("userinfo");
    expect(await outcome({ claims, userinfo: { sub: claims.sub.toUpperCase() } })).toBe("userinfo");
  });

  test("userinfo adds what the ID token leaves out, and changes nothing that it says", async () => {
    const [one, other] = [newcomer(), newcomer()];
    const browser = newBrowser();
    expect(await outcome({ claims: one, userinfo: { email: other.email, name: "Una" } }, browser)).toBe("in");
    expect((await browser.get("/api/v1/me")).json.account).toMatchObject({ email: one.email, name: "Una" });
  });
});

describe("ID tokens that are refused", () => {
  const rogue = makeKey().privateKey;
  const seconds = (ahead: number) => Math.floor(Date.now() / 1_000) + ahead;
  const hmac =
    (secret: string | Buffer): NonNullable<Said["idToken"]> =>
    ({ header, claims }) => {
      const content = `${encode({ ...header, alg: "HS256" })}.${encode(claims)}`;
      return `${content}.${encode(createHmac("sha256", secret).update(content).digest())}`;
    };
  const publicPem = () => createPublicKey(provider.key).export({ type: "spki", format: "pem" });
  const cases: Record<string, [said: () => Said, reason: string]> = {
    "an ID token without a signature is refused": [
      () => ({ idToken: ({ header, claims }) => `${encode({ ...header, alg: "none" })}.${encode(claims)}.` }),
      "id_token_signature",
    ],
    "an ID token with an HMAC by the provider's public key is refused": [
      () => ({ idToken: hmac(publicPem()) }),
      "id_token_signature",
    ],
    "an ID token with an HMAC by the client secret is refused": [() => ({ idToken: hmac(CLIENT.secret) }), "id_token_signature"],
    "an ID token signed by another key is refused": [() => ({ key: rogue }), "id_token_signature"],
    "an ID token signed by a key that it brings along is refused": [
      () => ({ key: rogue, header: { jwk: createPublicKey(rogue).export({ format: "jwk" }) } }),
      "id_token_signature",
    ],
    "an ID token signed by a key at an address that it names is refused": [
      () => ({
        key: rogue,
        header: { jku: `${provider.issuer}/rogue-keys`, x5u: `${provider.issuer}/rogue-keys`, kid: "rogue" },
      }),
      "id_token_signature",
    ],
    "an ID token whose claims were changed after it was signed is refused": [
      () => ({
        idToken({ header, claims }) {
          const [head = "", , signature = ""] = signed(header, claims, provider.key).split(".");
          return `${head}.${encode({ ...claims, sub: "somebody-else" })}.${signature}`;
        },
      }),
      "id_token_signature",
    ],
    "an ID token that ended more than a minute ago is refused": [() => ({ claims: { exp: seconds(-90) } }), "id_token_time"],
    "an ID token that begins in more than a minute is refused": [() => ({ claims: { nbf: seconds(90) } }), "id_token_time"],
    "an ID token without an end is refused": [() => ({ claims: { exp: undefined } }), "id_token"],
    "an ID token for another client is refused": [() => ({ claims: { aud: "another-client" } }), "id_token"],
    "an ID token for several clients, issued to another of them is refused": [
      () => ({ claims: { aud: [CLIENT.id, "another-client"], azp: "another-client" } }),
      "id_token",
    ],
    "an ID token of another issuer is refused": [() => ({ claims: { iss: "https://idp.example" } }), "id_token"],
    "an ID token of an issuer that differs by a last slash is refused": [
      () => ({ claims: { iss: `${provider.issuer}/` } }),
      "id_token",
    ],
    "an ID token with another nonce is refused": [() => ({ claims: { nonce: "another" } }), "id_token"],
    "an ID token without a nonce is refused": [() => ({ claims: { nonce: undefined } }), "id_token"],
    "an ID token without a subject is refused": [() => ({ claims: { sub: undefined } }), "id_token"],
    "an ID token with an empty subject is refused": [() => ({ claims: { sub: "" } }), "id_token"],
    "an ID token that is a logout token (no nonce, events) is refused": [
      () => ({
        header: { typ: "logout+jwt" },
        claims: { nonce: undefined, events: { "http://schemas.openid.net/event/backchannel-logout": {} } },
      }),
      "id_token",
    ],
    "an ID token that is an access token (for a resource server) is refused": [
      () => ({ header: { typ: "at+jwt" }, claims: { aud: "https://api.example", client_id: CLIENT.id, nonce: undefined } }),
      "id_token",
    ],
  };

  test("an ID token without any of these mistakes lets its person in", async () => {
    expect(await outcome({ claims: newcomer() })).toBe("in");
  });

  test.each(Object.entries(cases))("%s", async (_what, [said, reason]) => {
    const { claims = {}, ...rest } = said();
    expect(await outcome({ ...rest, claims: { ...newcomer(), ...claims } })).toBe(reason);
  });

  test("an ID token that names addresses of keys makes whoot ask nothing there", () => {
    expect(provider.asked.filter(({ path }) => path.includes("rogue"))).toEqual([]);
  });
});

test("the answer of another provider is refused before its code goes anywhere, and a code goes to the provider alone whose connection began", async () => {
  const other = await startOpenId();
  try {
    const second = await openOidcConnection(server, owner, { workspace, provider: other });
    const tokensOf = ({ asked }: TestOpenId) => asked.filter(({ path }) => path === "/token").length;
    const before = [tokensOf(provider), tokensOf(other)];
    for (const iss of [other.issuer, `${provider.issuer}/`, undefined])
      expect(await outcome({ claims: newcomer(), answer: { iss } })).toBe("id_token");
    expect([tokensOf(provider), tokensOf(other)]).toEqual(before);
    // The victim's browser began at the other provider, which sends it to the first one's redirect URL.
    const browser = newBrowser();
    const state = (await leave(browser, second)).get("state");
    await browser.post("/api/v1/sso/finish", { state, code: "of-the-first-provider", iss: provider.issuer });
    expect([tokensOf(provider), tokensOf(other)]).toEqual(before);
  } finally {
    other.close();
  }
});

test("the way back asks for metadata, tokens, keys and userinfo over one connection, which no other sign-in uses", async () => {
  const [asked, connections] = [provider.asked.length, provider.connections];
  expect(await outcome({ claims: newcomer() })).toBe("in");
  expect(provider.asked.slice(asked).map(({ path }) => path)).toEqual([
    "/.well-known/openid-configuration",
    "/.well-known/openid-configuration",
    "/token",
    "/keys",
    "/userinfo",
  ]);
  // One to begin, and one to come back.
  expect(provider.connections - connections).toBe(2);
  expect(await outcome({ claims: newcomer() })).toBe("in");
  expect(provider.connections - connections).toBe(4);
});

test("a second factor counts only when the provider says that it checked one, or the connection vouches for it", async () => {
  const place = await makeWorkspace(owner);
  const corp = freshDomain();
  await holdDomain(server, place, corp);
  const joining = { joining: "just_in_time", defaultRoleId: place.roles.Member };
  const here = await openOidcConnection(server, owner, { workspace: place, provider, ...joining });
  await server.database.query("update tenants set mfa_policy = 'enforced' where tenant_id = $1", [place.tenantId]);
  const enter = async (claims: object, userinfo: Record<string, unknown> = {}) => {
    const browser = newBrowser();
    await signInByOidc(browser, here, { claims: { sub: "two", email: `two@${corp}`, ...claims }, userinfo });
    const { status, code } = await browser.get(place.path);
    return code ?? status;
  };
  expect(await enter({})).toBe("mfa_required");
  for (const amr of [["pwd"], ["otp"], "mfa-like", ["mfaX"], {}, null, true])
    expect([amr, await enter({ amr })]).toEqual([amr, "mfa_required"]);
  expect(await enter({ acr: "mfa" })).toBe("mfa_required");
  // Userinfo may hold what people write in their own profile.
  expect(await enter({}, { amr: ["mfa"] })).toBe("mfa_required");
  expect(await enter({ amr: ["pwd", "mfa"] })).toBe(200);
  await server.database.query("update sso_connections set counts_as_mfa = true where connection_id = $1", [here.connectionId]);
  expect(await enter({ amr: ["pwd"] })).toBe(200);
});

test("a member is confirmed by `auth_time` alone: without it, or from an earlier sign-in, the provider asked nobody", async () => {
  const ben = await signUpPerson(server, "Ben", `ben@${domain}`);
  await addMember(server, owner, workspace, ben, workspace.roles.Member);
  const claims = { sub: "ben", email: ben.email };
  expect(await outcome({ claims }, ben)).toBe("in");
  const confirm = async (auth_time?: number, userinfo = {}) => {
    const request = await leave(ben, connection, "confirm");
    expect([request.get("prompt"), request.get("max_age")]).toEqual(["login", "0"]);
    provider.prepare(request.get("nonce") ?? "", { claims: { ...claims, auth_time }, userinfo });
    const answer = { state: request.get("state"), code: "the-code", iss: provider.issuer };
    const { status, json } = await ben.post("/api/v1/sso/finish", answer);
    return status === 200 ? json.outcome : lastReason();
  };
  const now = Math.floor(Date.now() / 1_000);
  expect(await confirm()).toBe("not_asked_again");
  expect(await confirm(undefined, { auth_time: now })).toBe("not_asked_again");
  expect(await confirm(now - 3_600)).toBe("not_asked_again");
  expect(await confirm(now)).toBe("confirmed");
});

test("more groups than the provider lists leave the role as it is, and a test says what to change", async () => {
  const place = await makeWorkspace(owner);
  const corp = freshDomain();
  await holdDomain(server, place, corp);
  const { Member: defaultRoleId, Admin: roleId } = place.roles;
  const roles = { joining: "just_in_time", defaultRoleId, groupRoles: [{ group: "bosses", roleId }] };
  const here = await openOidcConnection(server, owner, { workspace: place, provider, ...roles });
  const claims = { sub: "ada", email: `ada@${corp}` };
  const roleAfter = async (more: object) => {
    const browser = newBrowser();
    expect((await signInByOidc(browser, here, { claims: { ...claims, ...more } })).status).toBe(200);
    return (await browser.get(place.path)).json.self.roleName;
  };
  expect(await roleAfter({ groups: ["bosses"] })).toBe("Admin");
  const overage = [
    { hasgroups: true },
    { _claim_names: { groups: "src1" }, _claim_sources: { src1: { endpoint: "https://graph.example" } } },
  ];
  for (const one of overage) expect(await roleAfter(one)).toBe("Admin");
  for (const one of overage) {
    const { url } = (await owner.post(`${here.path}/test`)).json;
    const request = new URL(url).searchParams;
    provider.prepare(request.get("nonce") ?? "", { claims: { ...claims, ...one } });
    const answer = { state: request.get("state"), code: "the-code", iss: provider.issuer };
    const { report } = (await owner.post("/api/v1/sso/finish", answer)).json;
    expect(report).toMatchObject({ refusal: null, person: { groups: null } });
    expect(report.notes.join(" ")).toContain("Send only the groups that are assigned to this application");
  }
});
