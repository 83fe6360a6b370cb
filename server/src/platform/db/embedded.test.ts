/** What a power failure can leave of `postmaster.pid`: real programs have its process id or its port. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer, type Server } from "node:net";
import { dirname, resolve } from "node:path";
import pg from "pg";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { temporaryFolder } from "../../testing/folders.ts";
import { type EmbeddedPostgres, findEmbeddedPostgres, startEmbeddedPostgres } from "./embedded.ts";

const QUICK = ["fsync=off", "shared_buffers=16MB"];

const parent = temporaryFolder("whoot-test-embedded-");
const folder = resolve(parent, "postgres");
const pidFile = resolve(folder, "cluster", "postmaster.pid");
const strangers = new Set<ChildProcess>();
let running: EmbeddedPostgres | null = null;

const start = async () => {
  running = await startEmbeddedPostgres(folder, QUICK);
  return running;
};
const stop = async () => {
  await running?.stop();
  running = null;
};

async function query(adminUrl: string, sql: string): Promise<unknown> {
  const client = new pg.Client({ connectionString: adminUrl });
  await client.connect();
  try {
    return Object.values((await client.query(sql)).rows[0] ?? {})[0];
  } finally {
    await client.end();
  }
}

/** Starts a program and waits until it runs. */
async function stranger(script: string): Promise<ChildProcess & { pid: number }> {
  const child = spawn(process.execPath, ["-e", `${script}\nconsole.log("up"); setInterval(() => {}, 1e6)`], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  strangers.add(child);
  await once(child.stdout, "data");
  return child as ChildProcess & { pid: number };
}

const lines = (pid: number | string, port: number) =>
  `${pid}\n${resolve(folder, "cluster")}\n1700000000\n${port}\n\n127.0.0.1\n  1234567         1\nready   \n`;

/** Listens, and answers any message with these bytes. */
async function listener(answer: Buffer): Promise<{ server: Server; port: number; heard: () => Buffer }> {
  let heard = Buffer.alloc(0);
  const server = createServer((socket) => {
    socket.on("error", () => {});
    socket.on("data", (bytes: Buffer) => {
      heard = Buffer.concat([heard, bytes]);
      socket.write(answer);
    });
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  return { server, port: (server.address() as AddressInfo).port, heard: () => heard };
}

beforeAll(async () => {
  const { adminUrl } = await start();
  await query(adminUrl, "create table kept as select 7 as value");
  await stop();
});
afterEach(async () => {
  await stop();
  for (const child of strangers) child.kill("SIGKILL");
  strangers.clear();
});
afterAll(() => rmSync(parent, { recursive: true, force: true }));

test("when another program takes the port just before PostgreSQL, the next port is used", async () => {
  const other = await listener(Buffer.alloc(0));
  const next = await listener(Buffer.alloc(0));
  next.server.close();
  await once(next.server, "close");
  const ports = [other.port, next.port];
  try {
    running = await startEmbeddedPostgres(folder, QUICK, async () => ports.shift() ?? 0);
    expect(new URL(running.adminUrl).port).toBe(String(next.port));
    expect(await query(running.adminUrl, "select value from kept")).toBe(7);
  } finally {
    other.server.close();
  }
});

test("with another program's process id in postmaster.pid, PostgreSQL starts and stops without signalling that program", async () => {
  const ignoring =
    "for (const name of ['SIGTERM', 'SIGINT', 'SIGQUIT', 'SIGHUP', 'SIGUSR1', 'SIGUSR2']) process.on(name, () => console.log(name))";
  for (const script of ["", ignoring]) {
    const other = await stranger(script);
    let signals = "";
    other.stdout?.on("data", (bytes: Buffer) => (signals += bytes.toString()));
    writeFileSync(pidFile, lines(other.pid, 1));
    expect(await findEmbeddedPostgres(folder)).toBe(null);
    const { adminUrl } = await start();
    expect(await query(adminUrl, "select value from kept")).toBe(7);
    expect(await findEmbeddedPostgres(folder)).toBe(adminUrl);
    await stop();
    expect(existsSync(pidFile)).toBe(false);
    expect([other.exitCode, other.signalCode, signals]).toEqual([null, null, ""]);
  }
  expect(readdirSync(dirname(pidFile)).filter((name) => name.includes(".stale"))).toEqual([]);
});

test("with the port of another whoot's PostgreSQL in postmaster.pid, that PostgreSQL is neither adopted nor stopped", async () => {
  const neighbour = resolve(parent, "neighbour");
  mkdirSync(neighbour, { recursive: true });
  writeFileSync(resolve(neighbour, "password"), readFileSync(resolve(folder, "password")));
  const other = await startEmbeddedPostgres(neighbour, QUICK);
  try {
    writeFileSync(pidFile, readFileSync(resolve(neighbour, "cluster", "postmaster.pid")));
    expect(await findEmbeddedPostgres(folder)).toBe(null);
    const { adminUrl } = await start();
    expect(adminUrl).not.toBe(other.adminUrl);
    expect(await query(adminUrl, "select value from kept")).toBe(7);
    await stop();
    expect(await query(other.adminUrl, "select 1")).toBe(1);
  } finally {
    await other.stop();
  }
});

test("a program that listens on the port of a stale postmaster.pid and asks for a cleartext password does not get it", async () => {
  const other = await stranger("");
  const asksInClear = await listener(Buffer.from([0x52, 0, 0, 0, 8, 0, 0, 0, 3]));
  const asksNothing = await listener(Buffer.from([0x52, 0, 0, 0, 8, 0, 0, 0, 0, 0x5a, 0, 0, 0, 5, 0x49]));
  for (const { server, port, heard } of [asksInClear, asksNothing]) {
    writeFileSync(pidFile, lines(other.pid, port));
    await start();
    expect(heard().toString("latin1")).toContain("postgres");
    expect(heard().toString("latin1")).not.toContain(readFileSync(resolve(folder, "password"), "utf8"));
    await stop();
    server.close();
  }
});

test.each([
  ["empty", ""],
  ["full of zeros", "\0".repeat(64)],
  ["cut off after its process id", `${process.pid}`],
  ["naming a process that does not exist", lines(2 ** 22 + 1, 1)],
])("a postmaster.pid that is %s does not keep PostgreSQL from starting", async (_what, content) => {
  writeFileSync(pidFile, content);
  expect(await query((await start()).adminUrl, "select value from kept")).toBe(7);
});

test("a PostgreSQL that runs on the folder but can't prove it is neither replaced nor stopped", async () => {
  const { adminUrl } = await start();
  const passwordFile = resolve(folder, "password");
  const [password, before] = [readFileSync(passwordFile), readFileSync(pidFile)];
  writeFileSync(passwordFile, "another");
  expect(await findEmbeddedPostgres(folder)).toBe(null);
  await expect(startEmbeddedPostgres(folder)).rejects.toThrow(
    /PostgreSQL didn't start on .*\n.*shared memory block .* is still in use/s,
  );
  expect(readFileSync(pidFile)).toEqual(before);
  writeFileSync(passwordFile, password);
  expect(await query(adminUrl, "select value from kept")).toBe(7);
  expect(await findEmbeddedPostgres(folder)).toBe(adminUrl);
});

test("a folder name with shell characters works, and a path that is too long is refused with a sentence", async () => {
  const odd = resolve(parent, `it's "so" $(odd) \`here\` ; ü`);
  const postgres = await startEmbeddedPostgres(odd, QUICK);
  expect(await query(postgres.adminUrl, "show data_directory")).toBe(resolve(odd, "cluster"));
  await postgres.stop();
  expect(existsSync(resolve(odd, "cluster", "postmaster.pid"))).toBe(false);

  await expect(startEmbeddedPostgres(resolve(parent, "two\nlines"))).rejects.toThrow(
    /^PostgreSQL couldn't create its folder .*: shell command argument contains a newline/s,
  );
  await expect(startEmbeddedPostgres(resolve(parent, ...Array(5).fill("x".repeat(200))))).rejects.toThrow(
    "The data folder's path is too long for PostgreSQL",
  );
});

test("a password file that is missing beside a cluster is reported, not created anew", async () => {
  const passwordFile = resolve(folder, "password");
  const password = readFileSync(passwordFile);
  rmSync(passwordFile);
  await expect(startEmbeddedPostgres(folder)).rejects.toThrow(/password of the embedded PostgreSQL, can't be read \(ENOENT\)/);
  expect(existsSync(passwordFile)).toBe(false);
  writeFileSync(passwordFile, password, { mode: 0o600 });
});
