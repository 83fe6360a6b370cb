/** Runs `npm run try:idp` as a process, with a whoot that was started by the command that it prints. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { freePort, onFreePort } from "../testing/free-port.ts";
import { type Answer, type HttpClient, httpClient } from "../testing/http.ts";
import { makeWorkspace, type Person, signUpPerson, type Workspace } from "../testing/people.ts";
import { startProcess } from "../testing/process.ts";
import { useServer } from "../testing/server.ts";
import { expectStatus, fragmentOf } from "./testing/saml-side.ts";

const PROGRAM = new URL("./testing/try-idp.ts", import.meta.url).pathname;
const server = useServer();
let provider: HttpClient;
let printed = "";
let owner: Person;
const closing: Array<() => unknown> = [];

function startProvider(port: number): ChildProcess {
  return spawn(process.execPath, [PROGRAM, "--port", String(port)], { stdio: ["ignore", "pipe", "pipe"] });
}

beforeAll(async () => {
  await onFreePort(async (port) => {
    const child = startProvider(port);
    closing.push(() => child.kill());
    let said = "";
    child.stderr?.on("data", (bytes: Buffer) => (said += String(bytes)));
    for await (const bytes of child.stdout ?? []) {
      printed += String(bytes);
      if (printed.includes("Ctrl+C")) break;
    }
    if (printed === "") throw new Error(`perhaps port ${port} or the next one is in use: ${said}`);
    provider = httpClient(`http://127.0.0.1:${port}`);
  });
  const settings = Object.fromEntries(Array.from(printed.matchAll(/(\w+)=(\S+)/g), ([, name = "", value = ""]) => [name, value]));
  expect(Object.keys(settings)).toEqual(["NODE_EXTRA_CA_CERTS", "WHOOT_OUTBOUND_ALLOW"]);
  await server.stop();
  // The stopped server may still hold its own port for audio.
  const whoot = startProcess(server, { ...settings, WHOOT_MEDIA_PORT: String(await freePort("0.0.0.0")) });
  closing.push(() => whoot.kill());
  await whoot.serves;
  owner = await signUpPerson(server, "Olga");
});
afterAll(async () => {
  for (const close of closing) await close();
});

const unescape = (text: string) =>
  text.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&quot;", '"').replaceAll("&amp;", "&");

const valueOn = (page: string, id: string) => unescape(new RegExp(`id="${id}"[^>]*>([^<]*)<`).exec(page)?.[1] ?? "");

/** Opens the provider's page and presses the button with a person's name. */
async function choose(url: string, name: string): Promise<Answer> {
  const { pathname, search } = new URL(url);
  const page = (await provider.get(pathname + search)).text;
  const form = page.split("<form").find((part) => part.includes(`<button>${name}</button>`)) ?? "";
  const action = new URL(unescape(/action="([^"]+)"/.exec(form)?.[1] ?? ""), provider.url);
  const fields = Array.from(form.matchAll(/name="([^"]+)" value="([^"]*)"/g), ([, field = "", value = ""]) => [
    field,
    unescape(value),
  ]);
  return httpClient(action.origin.replace("localhost", "127.0.0.1")).send("POST", action.pathname + action.search, {
    body: new URLSearchParams(fields).toString(),
    headers: {
      "content-type": "application/x-www-form-urlencoded",
      origin: provider.url,
      "sec-fetch-site": action.origin === provider.url ? "same-origin" : "cross-site",
    },
  });
}

/** Sends what the browser that began brings back to whoot. */
async function finish(browser: HttpClient, begun: Answer, name: string): Promise<any> {
  expectStatus(begun, 200);
  const back = await choose(begun.json.url, name);
  expectStatus(back, 303);
  const { page, fragment } = fragmentOf(back);
  const { searchParams } = new URL(String(back.headers["location"]));
  const answer = page === "/sso/finish" ? { ticket: fragment } : Object.fromEntries(searchParams);
  return (await browser.post("/api/v1/sso/finish", answer)).json;
}

async function flip(fault: string): Promise<void> {
  expect((await provider.post(`/faults/${fault}`)).status).toBe(303);
}

async function connect(workspace: Workspace, protocol: "saml" | "oidc", settings: object): Promise<string> {
  const { path } = workspace;
  const created = await owner.post(`${path}/sso/connections`, { name: "Trial", provider: "other", protocol });
  const connectionId: string = created.json.connectionId;
  const saved = await owner.patch(`${path}/sso/connections/${connectionId}`, settings);
  expectStatus(saved, 200);
  return connectionId;
}

/** Switches the connection on, joins the owner's account, and comes in through it with a browser that is not signed in. */
async function signInThrough({ path, slug }: Workspace, connectionId: string): Promise<void> {
  const on = await owner.patch(`${path}/sso/connections/${connectionId}`, { enabled: true });
  expectStatus(on, 200);
  const link = await owner.post(`${path}/sso/connections/${connectionId}/link`);
  expect(await finish(owner, link, "Ada Okafor")).toMatchObject({ outcome: "linked" });
  const browser = httpClient(server.url);
  const start = await browser.post(`/api/v1/sso/${connectionId}/start`, { purpose: "sign_in" });
  expect(await finish(browser, start, "Ada Okafor")).toMatchObject({ outcome: "signed_in", slug });
  expect((await browser.get(path)).status).toBe(200);
}

const ADA = { subject: "u-1001", address: "ada@corp.example", name: "Ada Okafor", groups: ["staff", "dispatch"] };

test("the provider to try, by SAML: its page has the metadata, a test finds each fault, and a joined account comes in", async () => {
  const workspace = await makeWorkspace(owner);
  const connectionId = await connect(workspace, "saml", {
    saml: { metadata: valueOn((await provider.get("/")).text, "metadata") },
  });
  const path = `${workspace.path}/sso/connections/${connectionId}`;
  const testIt = async () => (await finish(owner, await owner.post(`${path}/test`), "Ada Okafor")).report;

  for (const [fault, reason] of [
    ["clock", "expired"],
    ["signature", "signature"],
  ] as const) {
    await flip(fault);
    expect((await testIt()).refusal).toMatchObject({ reason });
    await flip(fault);
    expect(await testIt()).toMatchObject({ refusal: null, person: ADA });
  }
  await flip("expired");
  expect((await testIt()).refusal).toBeNull();
  const metadataUrl = `${/Issuer +(\S+)/.exec(printed)?.[1]}/metadata`;
  const [refused] = (await owner.patch(path, { saml: { metadataUrl } })).json.fields;
  expect(refused).toMatchObject({ path: "saml.metadataUrl" });
  const metadata = valueOn((await provider.get("/")).text, "metadata");
  const [certificate] = (await owner.patch(path, { saml: { metadata } })).json.saml.certificates;
  expect(Date.parse(certificate.notAfter)).toBeLessThan(Date.now());
  expect((await testIt()).refusal).toBeNull();
  await flip("expired");
  expect((await owner.patch(path, { saml: { metadataUrl } })).status).toBe(200);
  expect((await testIt()).refusal).toBeNull();
  await signInThrough(workspace, connectionId);
});

test("the provider to try, by OpenID Connect: what it prints is enough, a test finds each fault, and a joined account comes in", async () => {
  const workspace = await makeWorkspace(owner);
  const value = (term: string) => new RegExp(`${term} +(\\S+)`).exec(printed)?.[1] ?? "";
  const oidc = { issuer: value("Issuer"), clientId: value("Client ID"), clientSecret: value("Client secret") };
  const connectionId = await connect(workspace, "oidc", { oidc });
  const path = `${workspace.path}/sso/connections/${connectionId}`;
  const testIt = async () => (await finish(owner, await owner.post(`${path}/test`), "Ada Okafor")).report;

  for (const [fault, refusal] of [
    ["clock", { reason: "id_token_time", seconds: expect.any(Number) }],
    ["signature", { reason: "id_token_signature" }],
  ] as const) {
    await flip(fault);
    expect((await testIt()).refusal).toMatchObject(refusal);
    await flip(fault);
    expect(await testIt()).toMatchObject({ refusal: null, person: ADA });
  }
  await flip("expired");
  expect((await owner.post(`${path}/test`)).json).toMatchObject({
    code: "sso_refused",
    detail: expect.stringContaining("can't read"),
  });
  await flip("expired");
  await owner.patch(path, { oidc: { ...oidc, clientSecret: "another one" } });
  expect((await testIt()).refusal).toMatchObject({ reason: "code_exchange", received: "invalid_client" });
  await owner.patch(path, { oidc });
  expect((await testIt()).refusal).toBeNull();
  await signInThrough(workspace, connectionId);
});

test("the provider to try says which ports it needs, where one is taken", async () => {
  const taken = createServer();
  await once(taken.listen(0, "127.0.0.1"), "listening");
  const { port } = taken.address() as { port: number };
  const child = startProvider(port);
  let said = "";
  child.stderr?.on("data", (bytes: Buffer) => (said += String(bytes)));
  expect(await once(child, "close")).toEqual([1, null]);
  expect(said).toBe(`Ports ${port} and ${port + 1} must both be free. Choose others with --port.\n`);
  taken.close();
});

test("the provider to try answers what is no request of whoot's with a page that says so", async () => {
  for (const path of [
    "/sso",
    "/sso?SAMLRequest=AAAA",
    "/authorize",
    "/authorize?client_id=whoot&redirect_uri=javascript:alert(1)",
  ]) {
    const answer = await provider.get(path);
    expect([answer.status, answer.text.includes("Start at whoot")]).toEqual([400, true]);
  }
});
