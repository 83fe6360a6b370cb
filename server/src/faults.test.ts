/** Faults around a server: each is reported in a sentence for the operator, and nothing is left running. */
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { appendFileSync, rmSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { resolve } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import type { Config } from "./config.ts";
import { StartupError } from "./platform/startup-error.ts";
import { startServer } from "./main.ts";
import { openKeys } from "./platform/keys.ts";
import { useDatabase } from "./testing/database.ts";
import { httpClient } from "./testing/http.ts";
import { temporaryFolder } from "./testing/folders.ts";
import { makeWorkspace, type Person, signUpPerson, tokenOf, freshEmail, PASSWORD, type Workspace } from "./testing/people.ts";
import { testConfig, useServer } from "./testing/server.ts";
import { until } from "./testing/until.ts";

const server = useServer();
/** A database for a second server that must not meet the first one there. */
const spare = useDatabase();
let ada: Person;
let workspace: Workspace;
beforeAll(async () => {
  ada = await signUpPerson(server, "Ada");
  workspace = await makeWorkspace(ada);
});

/** Tries to start a second server, in a new folder unless told otherwise. useDatabase checks for leaks. */
async function refusal(changes: Partial<Config>, dataFolder = temporaryFolder("whoot-test-fault-")): Promise<string> {
  const config = testConfig(dataFolder, { databaseUrl: spare.ownerUrl, ...changes });
  const error = await startServer(config).then(
    async (started) => {
      await started.close();
      return "it started";
    },
    (failure: unknown) => failure,
  );
  if (dataFolder !== server.config.dataFolder) rmSync(dataFolder, { recursive: true, force: true });
  expect(error).toBeInstanceOf(StartupError);
  return (error as StartupError).message;
}

describe("a server refuses to start when", () => {
  test("its port is taken, and names the port", async () => {
    expect(await refusal({ port: server.config.port })).toBe(
      `Port ${server.config.port} is in use by another program. Set PORT to a free one.`,
    );
  });

  test("its UDP port for audio is taken, and names the port", async () => {
    const socket = createSocket("udp4").bind(0, "127.0.0.1");
    await once(socket, "listening");
    const { port } = socket.address();
    try {
      expect(await refusal({ mediaPort: port })).toMatch(
        new RegExp(`UDP port ${port} can't be used for audio.*WHOOT_MEDIA_PORT`),
      );
    } finally {
      socket.close();
    }
  });

  test("there is no PostgreSQL, or one that refuses the login", async () => {
    const closed = createServer().listen(0, "127.0.0.1");
    await once(closed, "listening");
    const { port } = closed.address() as AddressInfo;
    closed.close();
    const message = await refusal({ databaseUrl: `postgres://whoot:secret@127.0.0.1:${port}/whoot` });
    expect(message).toMatch(new RegExp(`PostgreSQL at 127\\.0\\.0\\.1:${port} can't be reached .*DATABASE_URL`));
    expect(message).not.toContain("secret");
    const wrong = new URL(spare.ownerUrl);
    wrong.password = "wrong";
    expect(await refusal({ databaseUrl: wrong.href })).toMatch(/can't be reached \(password authentication failed/);
  });

  test("another server uses its data folder, and that server is not affected", async () => {
    expect(await refusal({}, server.config.dataFolder)).toMatch(/Another whoot is running on the data folder .*WHOOT_DATA/);
    expect((await ada.get(workspace.path)).status).toBe(200);
  });

  test("another server uses its database, and says which and since when, whatever its folder and key", async () => {
    const says = new RegExp(`in use by whoot process ${process.pid} on \\S+ since 20.* UTC\\. .*DATABASE_URL`);
    expect(await refusal({ databaseUrl: server.database.ownerUrl })).toMatch(says);
    expect(await refusal({ databaseUrl: server.database.ownerUrl, masterKey: Buffer.alloc(32, 8) })).toMatch(says);
    // The serving roles' passwords come from the master key: the running server must still be able to log in.
    await server.database.query(
      "select pg_terminate_backend(pid) from pg_stat_activity where usename in ('whoot_app', 'whoot_platform') and datname = current_database()",
    );
    await until("a new connection", async () => (await ada.get(workspace.path)).status === 200);
  });

  test("another server with another master key uses another database of the same PostgreSQL, which shares its roles", async () => {
    expect(await refusal({ masterKey: Buffer.alloc(32, 8) })).toMatch(
      /Another whoot is running on the database \S+ of this PostgreSQL with another master key.*WHOOT_MASTER_KEY/,
    );
    expect((await httpClient(server.url).post("/api/v1/session", { email: ada.email, password: PASSWORD })).status).toBe(200);
  });

  test("its master key did not seal the tenants' keys, before it changes anything", async () => {
    const keysFolder = server.config.keysFolder;
    expect(await refusal({ keysFolder, masterKey: Buffer.alloc(32, 8) })).toMatch(
      /master key doesn't open the tenants' keys.*WHOOT_MASTER_KEY/,
    );
    // The serving roles' passwords come from the master key: the running server must still be able to log in.
    expect((await httpClient(server.url).post("/api/v1/session", { email: ada.email, password: PASSWORD })).status).toBe(200);
    // A key file that a crash left half written or half destroyed is no reason to refuse.
    appendFileSync(resolve(keysFolder, "tenants", "01900000-0000-7000-8000-000000000000.key"), "torn");
    openKeys(keysFolder, server.config.masterKey);
  });
});

describe("while the database is unreachable", () => {
  const away = async (work: () => Promise<void>) => {
    await server.database.goAway();
    try {
      await work();
    } finally {
      await server.database.comeBack();
    }
  };
  const recovers = () => until("the first successful answer", async () => (await ada.get(workspace.path)).status === 200);

  test("requests get 503 with what to do and no SQL, /healthz stays alive, /readyz is not ready, and everything recovers by itself", async () => {
    await away(async () => {
      for (const answer of [
        await ada.get(workspace.path),
        await ada.post("/api/v1/tenants", { name: "Late", slug: "late-slug" }),
        await httpClient(server.url).post("/api/v1/session", { email: ada.email, password: PASSWORD }),
        await ada.get(`${workspace.path}/gateway`),
      ]) {
        expect([answer.status, answer.code]).toEqual([503, "unavailable"]);
        expect(answer.text).not.toMatch(/node_modules|\.ts:|select|terminat|postgres|ECONN|database "/i);
      }
      expect((await ada.get("/healthz")).status).toBe(200);
      expect(await ada.get("/readyz")).toMatchObject({ status: 503, json: { status: "unavailable" } });
    });
    await recovers();
    expect((await ada.get("/readyz")).status).toBe(200);
  });

  test("requests whose connections break get 200 or 503, and never 500", async () => {
    const running = Array.from({ length: 30 }, () => ada.get(`${workspace.path}/channels`));
    await away(async () => {
      const statuses = new Set((await Promise.all(running)).map((answer) => answer.status));
      for (const status of statuses) expect([200, 503]).toContain(status);
    });
    await recovers();
  });

  test("after the database is back, mail is sent and signing out ends live connections", async () => {
    await away(async () => {});
    await recovers();
    const email = freshEmail("after");
    const browser = httpClient(server.url);
    expect((await browser.post("/api/v1/accounts", { email, name: "After", password: PASSWORD })).status).toBe(202);
    const mail = await server.mailTo(email);
    expect((await browser.post("/api/v1/accounts/verification", { token: tokenOf(mail.link) })).status).toBe(200);
    await until("the listener of changes to be back", async () => {
      const [row] = await server.database.query<{ count: string }>(
        "select count(*) from pg_stat_activity where datname = current_database() and application_name = 'whoot changes'",
      );
      return row?.count === "1";
    });
  });
});
