/** Identity providers that take requests by the POST binding alone: the page that posts, and the whole way through it. */
import { createHash } from "node:crypto";
import { beforeAll, expect, test } from "vitest";
import { readCertificate } from "../security/saml/certificate.ts";
import { attribute, only, parse } from "../security/saml/dom.ts";
import { passGate } from "../security/saml/gate.ts";
import { NS, POST_BINDING } from "../security/saml/names.ts";
import { verifyEnveloped } from "../security/saml/signature.ts";
import { type Answer, type HttpClient, httpClient } from "../testing/http.ts";
import { freshDomain, makeWorkspace, type Person, signUpPerson } from "../testing/people.ts";
import { useServer } from "../testing/server.ts";
import {
  fragmentOf,
  holdDomain,
  makeConnection,
  postResponse,
  type SamlConnection,
  SIGN_ON_URL,
  someone,
  start,
} from "./testing/saml-side.ts";

const server = useServer();
let owner: Person;
let connection: SamlConnection;
let domain: string;

/** Opens the page that the answer leads to. @returns the form that the page posts to the provider */
async function formOf(browser: HttpClient, started: Answer) {
  expect(started.status).toBe(200);
  const page = await browser.get(new URL(started.json.url).pathname);
  expect(page.status).toBe(200);
  const field = (name: string) => new RegExp(`name="${name}" value="([^"]*)"`).exec(page.text)?.[1] ?? "";
  const xml = Buffer.from(field("SAMLRequest"), "base64").toString();
  const action = / action="([^"]*)"/.exec(page.text)?.[1];
  return { page, action, xml, requestId: / ID="([^"]+)"/.exec(xml)?.[1] ?? "", relayState: field("RelayState") };
}

/** Signs a person in through the form, from start to end. */
async function visit(browser: HttpClient, started: Answer, email: string): Promise<Answer> {
  const { requestId, relayState } = await formOf(browser, started);
  const { acsUrl, entityId: spEntityId } = connection;
  const xml = connection.as(someone(email)).write({ requestId, acsUrl, spEntityId });
  const { page, fragment } = fragmentOf(await postResponse(server, connection, xml, relayState));
  expect(page).toBe("/sso/finish");
  return browser.post("/api/v1/sso/finish", { ticket: fragment });
}

beforeAll(async () => {
  owner = await signUpPerson(server, "Olga");
  const workspace = await makeWorkspace(owner);
  domain = freshDomain();
  await holdDomain(server, workspace, domain);
  connection = await makeConnection(owner, workspace, {
    joining: "just_in_time",
    defaultRoleId: workspace.roles.Member,
    source: (idp) => ({ metadata: idp.metadata(SIGN_ON_URL, { bindings: [POST_BINDING] }) }),
  });
  const tested = await visit(owner, await owner.post(`${connection.path}/test`), `tester@${domain}`);
  expect(tested.json).toMatchObject({ outcome: "tested", report: { refusal: null } });
  expect((await owner.patch(connection.path, { enabled: true })).json.saml).toMatchObject({
    signOnUrl: SIGN_ON_URL,
    signOnBinding: "post",
  });
});

test("somebody signs in through a provider that takes requests by form alone", async () => {
  const browser = httpClient(server.url);
  expect((await visit(browser, await start(browser, connection), `ben@${domain}`)).json.outcome).toBe("signed_in");
});

test("the page posts a signed request to the provider, under a policy that lets its own script run and no other", async () => {
  const browser = httpClient(server.url);
  const { page, action, xml, relayState } = await formOf(browser, await start(browser, connection));
  expect(action).toBe(SIGN_ON_URL);
  expect(relayState).toMatch(/^[A-Za-z0-9_-]{43}$/);
  const metadata = await browser.get(`/api/v1/sso/${connection.connectionId}/metadata`);
  const certificate = readCertificate(/<ds:X509Certificate>([^<]+)/.exec(metadata.text)?.[1] ?? "");
  if ("problem" in certificate) throw new Error(certificate.problem);
  const request = parse(passGate(xml));
  expect(attribute(request, "Destination")).toBe(SIGN_ON_URL);
  verifyEnveloped(request, only(request, NS.ds, "Signature"), [certificate]);

  const policy = String(page.headers["content-security-policy"]);
  const hashed = (element: string) => {
    const source = new RegExp(`<${element}>(.*?)</${element}>`).exec(page.text)?.[1] ?? "";
    return `'sha256-${createHash("sha256").update(source).digest("base64")}'`;
  };
  expect(policy.split("; ")).toEqual([
    "default-src 'none'",
    `style-src ${hashed("style")}`,
    "base-uri 'none'",
    "frame-ancestors 'none'",
    `script-src ${hashed("script")}`,
    "form-action https: https://idp.example",
  ]);
  expect(page.headers["cache-control"]).toBe("no-store");
});

test("another browser, an unknown address and a request that was answered get a page that says so, without a form", async () => {
  const browser = httpClient(server.url);
  const started = await start(browser, connection);
  const { pathname } = new URL(started.json.url);
  const stranger = httpClient(server.url);
  await start(stranger, connection);
  await visit(browser, started, `cleo@${domain}`);
  for (const [who, path] of [
    [stranger, pathname],
    [httpClient(server.url), pathname],
    [browser, `/api/v1/sso/requests/${"x".repeat(43)}`],
    [browser, pathname],
  ] as const) {
    const page = await who.get(path);
    expect([page.status, page.text.includes("<form")]).toEqual([410, false]);
    expect(page.headers["content-security-policy"]).toContain("form-action 'none'");
  }
});

test("by hand the binding is the admin's to say, and a change of it makes the test count no longer", async () => {
  const workspace = await makeWorkspace(owner);
  const byHand = await makeConnection(owner, workspace, { byFields: true });
  const certificates = [byHand.idp.key.certificate];
  const fields = { idpEntityId: "https://idp.example/hand", signOnUrl: SIGN_ON_URL, certificates };
  expect((await owner.patch(byHand.path, { saml: fields })).json.saml.signOnBinding).toBe("redirect");
  await server.database.query("update sso_connections set tested_at = now() where connection_id = $1", [byHand.connectionId]);
  const changed = await owner.patch(byHand.path, { saml: { ...fields, signOnBinding: "post" } });
  expect(changed.json).toMatchObject({ testedAt: null, saml: { signOnBinding: "post" } });
  expect((await owner.post(`${byHand.path}/test`)).json.url).toContain("/api/v1/sso/requests/");
});
