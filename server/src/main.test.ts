/** The program itself with its embedded PostgreSQL: killed, restarted, started twice, stopped. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, rmSync } from "node:fs";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, test } from "vitest";
import { openOutbox } from "./platform/mail/outbox.ts";
import { temporaryFolder } from "./testing/folders.ts";
import { httpClient } from "./testing/http.ts";
import { COMPILED } from "./testing/process.ts";
import { PASSWORD, tokenOf } from "./testing/people.ts";
import { until } from "./testing/until.ts";

const MAIN = fileURLToPath(new URL("main.ts", import.meta.url));
const folder = temporaryFolder("whoot-test-main-");
const running = new Set<ChildProcess>();
const pidFile = resolve(folder, "postgres", "cluster", "postmaster.pid");

afterAll(async () => {
  for (const child of running) {
    child.kill("SIGTERM");
    await once(child, "exit");
  }
  rmSync(folder, { recursive: true, force: true });
});

interface Program {
  child: ChildProcess;
  output: () => string;
  exit: Promise<number | null>;
}

function start(environment: Record<string, string> = {}): Program {
  const child = spawn(process.execPath, [MAIN], {
    env: { ...COMPILED, PATH: process.env.PATH, WHOOT_DATA: folder, PORT: "0", WHOOT_LOG: "error", ...environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
  running.add(child);
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream?.on("data", (data: Buffer) => (output += data.toString()));
  const exit = once(child, "exit").then(([code]) => {
    running.delete(child);
    return code as number | null;
  });
  return { child, output: () => output, exit };
}

const urlOf = ({ output, child }: Program) =>
  until("the server's address", () => {
    if (child.exitCode !== null) throw new Error(`it ended: ${output()}`);
    return /whoot runs at (http:\S+)/.exec(output())?.[1]?.replace("localhost", "127.0.0.1");
  });

test("after a kill it starts again on the same folder with all data, and a second one on that folder is refused", async () => {
  // Two simultaneous first starts on an empty folder: one sets it up, the other says why it can't.
  const pair = [start(), start()];
  const loser = await Promise.race(
    pair.map(async (program) => ((await program.exit) === 1 ? program : new Promise<never>(() => {}))),
  );
  expect(loser.output()).toMatch(/^whoot can't start\. Another whoot is running on the data folder/m);
  expect(loser.output()).not.toMatch(/ at .*\.ts:\d+/);
  const first = pair.find((program) => program !== loser) as Program;

  const browser = httpClient(await urlOf(first));
  // A backup script finds both folders before anything is recorded or deleted.
  expect(readdirSync(folder)).toEqual(expect.arrayContaining(["deletions", "keys", "recordings"]));
  const email = "ada@example.com";
  await browser.post("/api/v1/accounts", { email, name: "Ada", password: PASSWORD });
  const outbox = openOutbox(resolve(folder, "outbox"));
  const mail = await until("the mail", async () => (await outbox.list())[0]);
  await browser.post("/api/v1/accounts/verification", { token: tokenOf(mail.link) });
  expect((await browser.post("/api/v1/tenants", { name: "Acme", slug: "acme" })).status).toBe(201);

  const late = start();
  expect(await late.exit).toBe(1);
  expect(late.output()).toMatch(/Another whoot is running on the data folder/);
  expect((await browser.get("/api/v1/tenants/acme")).status).toBe(200);

  first.child.kill("SIGKILL");
  await first.exit;
  expect(existsSync(pidFile)).toBe(true);

  const second = start();
  browser.url = await urlOf(second);
  const secondClient = httpClient(browser.url);
  // On loopback the cookie's name contains the port, and this start has another port.
  const { port } = new URL(browser.url);
  for (const [name, value] of browser.cookies) secondClient.cookies.set(name.replace(/\d+$/, port), value);
  expect((await secondClient.get("/api/v1/tenants/acme")).json).toMatchObject({ slug: "acme", name: "Acme" });

  second.child.kill("SIGTERM");
  expect(await second.exit).toBe(0);
  expect(existsSync(pidFile)).toBe(false);
  expect(readdirSync(resolve(folder, "keys", "tenants"))).toHaveLength(1);
});

test("an unusable setting ends the program with a sentence and no stack trace", async () => {
  const program = start({ PORT: "x" });
  expect(await program.exit).toBe(1);
  expect(program.output()).toMatch(/^whoot can't start\. These settings can't be used:\n {2}PORT: /);
  expect(program.output()).not.toMatch(/ at .*:\d+/);
});
