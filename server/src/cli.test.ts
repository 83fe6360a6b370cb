/** The operator's commands: with a running server, with a stopped one, and without any data. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, existsSync, readdirSync, rmSync } from "node:fs";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { findEmbeddedPostgres } from "./platform/db/embedded.ts";
import { openOutbox } from "./platform/mail/outbox.ts";
import { temporaryFolder } from "./testing/folders.ts";
import { httpClient } from "./testing/http.ts";
import { COMPILED } from "./testing/process.ts";
import { PASSWORD, tokenOf } from "./testing/people.ts";
import { until } from "./testing/until.ts";

const folder = temporaryFolder("whoot-test-cli-");
const pidFile = resolve(folder, "postgres", "cluster", "postmaster.pid");
let server: ChildProcess;

function start(file: string, args: string[], dataFolder: string): { child: ChildProcess; output: () => string } {
  const child = spawn(process.execPath, [fileURLToPath(new URL(file, import.meta.url)), ...args], {
    env: { ...COMPILED, PATH: process.env.PATH, WHOOT_DATA: dataFolder, PORT: "0", WHOOT_LOG: "error" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream?.on("data", (data: Buffer) => (output += data.toString()));
  return { child, output: () => output };
}

async function whoot(args: string, dataFolder = folder): Promise<{ code: number; output: string }> {
  const { child, output } = start("cli.ts", args.split(" ").filter(Boolean), dataFolder);
  const [code] = (await once(child, "close")) as [number];
  return { code, output: output() };
}

/** As PostgreSQL's superuser, who may change anything. */
async function tamper(sql: string): Promise<void> {
  const url = new URL((await findEmbeddedPostgres(resolve(folder, "postgres"))) ?? "");
  url.pathname = "/whoot";
  const client = new pg.Client({ connectionString: url.href });
  await client.connect();
  await client.query(sql);
  await client.end();
}

beforeAll(async () => {
  const started = start("main.ts", [], folder);
  server = started.child;
  const url = await until("the server's address", () => /whoot runs at (http:\S+)/.exec(started.output())?.[1]);
  const browser = httpClient(url.replace("localhost", "127.0.0.1"));
  await browser.post("/api/v1/accounts", { email: "ada@example.com", name: "Ada", password: PASSWORD });
  const outbox = openOutbox(resolve(folder, "outbox"));
  const mail = await until("the mail", async () => (await outbox.list())[0]);
  await browser.post("/api/v1/accounts/verification", { token: tokenOf(mail.link) });
  expect((await browser.post("/api/v1/tenants", { name: "Acme", slug: "acme" })).status).toBe(201);
  expect((await browser.post("/api/v1/tenants/acme/channels", { name: "Ops" })).status).toBe(201);
});

test("account reset-mfa turns two-step verification off, mails the person, and says when there is nothing to turn off", async () => {
  expect(await whoot("account reset-mfa")).toMatchObject({ code: 2 });
  expect((await whoot("account reset-mfa nobody@example.com")).output).toContain("There is no account");
  expect(await whoot("account reset-mfa ada@example.com")).toMatchObject({ code: 1 });
  await tamper(`insert into totp_factors (account_id, secret_sealed, last_step)
    select account_id, '\\x00', 0 from accounts where email = 'ada@example.com'`);
  await tamper(`insert into passkeys (passkey_id, account_id, rp_id, credential_id, public_key, sign_count, transports, name, verifies_user)
    select gen_random_uuid(), account_id, 'localhost', '\\x00', '\\x00', 0, '{}', 'Key', true from accounts where email = 'ada@example.com'`);
  const reset = await whoot("account reset-mfa Ada@Example.com");
  expect(reset).toMatchObject({ code: 0 });
  expect(reset.output).toContain("Two-step verification of ada@example.com is off.");
  const outbox = openOutbox(resolve(folder, "outbox"));
  await until("the mail", async () => (await outbox.list()).find(({ subject }) => /turned off for you/.test(subject)));
  expect((await whoot("account reset-mfa ada@example.com")).output).toContain("has no two-step verification");
});

afterAll(async () => {
  if (server.exitCode === null) {
    server.kill("SIGTERM");
    await once(server, "exit");
  }
  rmSync(folder, { recursive: true, force: true });
});

test("audit verify finds a log intact, whether or not the server is running, and broken after somebody has changed it", async () => {
  const whole = await whoot("audit verify acme");
  expect(whole).toMatchObject({
    code: 0,
    output: expect.stringContaining("The audit log of acme is intact: 3 entries, no gaps."),
  });
  const [noted] = /3:[0-9a-f]{64}/.exec(whole.output) ?? [];
  expect(await whoot(`audit verify acme --expect ${noted}`)).toMatchObject({ code: 0 });
  expect((await whoot("audit verify acme")).output).toBe(whole.output);
  expect(server.exitCode).toBe(null);

  server.kill("SIGTERM");
  await once(server, "exit");
  expect(existsSync(pidFile)).toBe(false);
  // Two commands at once: one starts the database, and neither harms the other.
  const both = await Promise.all([whoot("audit verify acme"), whoot("audit verify acme")]);
  expect(both).toContainEqual(whole);
  for (const one of both.filter(({ code }) => code !== 0)) expect(one.output).toMatch(/ry again in a moment/);
  expect(existsSync(pidFile)).toBe(false);

  const secondServer = start("main.ts", [], folder);
  server = secondServer.child;
  await until("the server's address", () => /whoot runs at/.exec(secondServer.output()));
  await tamper("update audit_log set actor_name = 'Eve' where sequence = 2");
  expect(await whoot("audit verify acme")).toMatchObject({
    code: 1,
    output: expect.stringMatching(/^The audit log of acme is broken at entry 2\.\nEntry 2 doesn't match its hash/),
  });
});

test("a backup works with and without the running server, and is restored into a new folder", async () => {
  const elsewhere = temporaryFolder("whoot-test-restored-");
  const [beside = "", without = ""] = ["beside", "without"].map((name) => resolve(elsewhere, name));
  expect(await whoot(`backup ${beside}`)).toMatchObject({ code: 0, output: expect.stringContaining("1 workspace, 1 person") });
  expect(server.exitCode).toBe(null);
  expect(await whoot(`restore ${beside}`)).toMatchObject({ code: 2, output: expect.stringContaining("Stop it first") });
  server.kill("SIGTERM");
  await once(server, "exit");
  expect(await whoot(`backup ${without}`)).toMatchObject({ code: 0, output: expect.stringContaining("1 workspace, 1 person") });
  expect(existsSync(pidFile)).toBe(false);

  const data = resolve(elsewhere, "data");
  expect(await whoot(`restore ${without}`, data)).toMatchObject({
    code: 2,
    output: expect.stringContaining("master.key is missing"),
  });
  cpSync(resolve(folder, "keys"), resolve(data, "keys"), { recursive: true });
  expect(await whoot(`restore ${without}`, data)).toMatchObject({
    code: 1, // the log was changed before, and is reported as it is
    output: expect.stringMatching(
      /holds {4}1 workspace, 1 person[^]*The audit log of acme is broken at entry 2, as it was in the backup/,
    ),
  });
  const restored = start("main.ts", [], data);
  const url = await until("the server's address", () => /whoot runs at (http:\S+)/.exec(restored.output())?.[1]);
  const browser = httpClient(url.replace("localhost", "127.0.0.1"));
  expect((await browser.post("/api/v1/session", { email: "ada@example.com", password: PASSWORD })).status).toBe(200);
  expect((await browser.get("/api/v1/tenants/acme/channels")).json.items).toMatchObject([{ name: "Ops" }]);
  restored.child.kill("SIGTERM");
  await once(restored.child, "exit");
  rmSync(elsewhere, { recursive: true });
});

test("wrong arguments are explained, and a command without a server creates nothing", async () => {
  expect(await whoot("")).toMatchObject({ code: 0, output: expect.stringContaining("npm run whoot -- audit verify SLUG") });
  for (const [args, says] of [
    ["audit", /^Commands:/],
    ["audit burn acme", /^Commands:/],
    ["audit verify", /^Which workspace\?.*\nUsage: npm run whoot/],
    ["audit verify nobody", /^There is no workspace nobody\./],
    ["audit verify ../acme", /^There is no workspace/],
    ["audit verify acme --expect 3", /^--expect takes a line that this command/],
    ["audit verify acme now", /one argument too many/],
  ] as const) {
    expect([args, await whoot(args)]).toEqual([args, { code: 2, output: expect.stringMatching(says) }]);
  }
  const empty = temporaryFolder("whoot-test-nothing-");
  expect(await whoot("audit verify acme", empty)).toMatchObject({
    code: 2,
    output: expect.stringMatching(/is missing\. Set WHOOT_DATA/),
  });
  expect(readdirSync(empty)).toEqual([]);
  rmSync(empty, { recursive: true });
});
