/** The commands beside a server: on its folder, whether or not it runs, and with nothing there at all. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, rmSync } from "node:fs";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { findEmbeddedPostgres } from "./platform/db/embedded.ts";
import { openOutbox } from "./platform/mail/outbox.ts";
import { temporaryFolder } from "./testing/folders.ts";
import { httpClient } from "./testing/http.ts";
import { PASSWORD, tokenOf } from "./testing/people.ts";
import { until } from "./testing/until.ts";

const folder = temporaryFolder("whoot-test-cli-");
const pidFile = resolve(folder, "postgres", "cluster", "postmaster.pid");
let server: ChildProcess;

function start(file: string, args: string[], dataFolder: string): { child: ChildProcess; output: () => string } {
  const child = spawn(process.execPath, [fileURLToPath(new URL(file, import.meta.url)), ...args], {
    env: { PATH: process.env.PATH, WHOOT_DATA: dataFolder, PORT: "0", WHOOT_LOG: "error" },
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

/** As PostgreSQL's superuser, past every grant. */
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
  const url = await until("its address", () => /whoot runs at (http:\S+)/.exec(started.output())?.[1], 60_000);
  const browser = httpClient(url.replace("localhost", "127.0.0.1"));
  await browser.post("/api/v1/accounts", { email: "ada@example.com", name: "Ada", password: PASSWORD });
  const outbox = openOutbox(resolve(folder, "outbox"));
  const mail = await until("the mail", async () => (await outbox.list())[0]);
  await browser.post("/api/v1/accounts/verification", { token: tokenOf(mail.link) });
  expect((await browser.post("/api/v1/tenants", { name: "Acme", slug: "acme" })).status).toBe(201);
  expect((await browser.post("/api/v1/tenants/acme/channels", { name: "Ops" })).status).toBe(201);
}, 90_000);

afterAll(async () => {
  if (server.exitCode === null) {
    server.kill("SIGTERM");
    await once(server, "exit");
  }
  rmSync(folder, { recursive: true, force: true });
}, 30_000);

test(
  "audit verify: whole while the server runs and while it doesn't, broken when somebody was at it",
  { timeout: 120_000 },
  async () => {
    const whole = await whoot("audit verify acme");
    expect(whole).toMatchObject({
      code: 0,
      output: expect.stringContaining("The audit log of acme is whole: 3 entries, no gap."),
    });
    const [noted] = /3:[0-9a-f]{64}/.exec(whole.output) ?? [];
    expect(await whoot(`audit verify acme --expect ${noted}`)).toMatchObject({ code: 0 });
    expect((await whoot("audit verify acme")).output).toBe(whole.output);
    expect(server.exitCode).toBe(null);

    server.kill("SIGTERM");
    await once(server, "exit");
    expect(existsSync(pidFile)).toBe(false);
    // Two at once: one starts the database, and neither harms the other.
    const both = await Promise.all([whoot("audit verify acme"), whoot("audit verify acme")]);
    expect(both).toContainEqual(whole);
    for (const one of both.filter(({ code }) => code !== 0)) expect(one.output).toMatch(/ry again in a moment/);
    expect(existsSync(pidFile)).toBe(false);

    const again = start("main.ts", [], folder);
    server = again.child;
    await until("its address", () => /whoot runs at/.exec(again.output()), 60_000);
    await tamper("update audit_log set actor_name = 'Eve' where sequence = 2");
    expect(await whoot("audit verify acme")).toMatchObject({
      code: 1,
      output: expect.stringMatching(/^The audit log of acme is broken at entry 2\.\nEntry 2 isn't what was written/),
    });
  },
);

test("what it is not told right, it says; where nothing is, it makes nothing", { timeout: 60_000 }, async () => {
  expect(await whoot("")).toMatchObject({ code: 0, output: expect.stringContaining("npm run whoot -- audit verify SLUG") });
  for (const [args, says] of [
    ["audit", /^Commands:/],
    ["audit burn acme", /^Commands:/],
    ["audit verify", /^Which workspace\?.*\nUsage: npm run whoot/],
    ["audit verify nobody", /^There is no workspace nobody\./],
    ["audit verify ../acme", /^There is no workspace/],
    ["audit verify acme --expect 3", /^--expect takes an end of the log/],
    ["audit verify acme now", /one word too many/],
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
