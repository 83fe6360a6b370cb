/** The real server, as main.ts starts it, on ports of its own, a temporary data folder and the file's database. */
import { once } from "node:events";
import { rmSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { resolve } from "node:path";
import { afterAll, beforeAll } from "vitest";
import type { Config } from "../config.ts";
import { type Server, startServer } from "../main.ts";
import { openOutbox, type OutboxMail } from "../platform/mail/outbox.ts";
import { type TestDatabase, useDatabase } from "./database.ts";
import { temporaryFolder } from "./folders.ts";
import { MASTER_KEY } from "./master-key.ts";
import { until } from "./until.ts";

export function testConfig(dataFolder: string, changes: Partial<Config> = {}): Config {
  return {
    port: 0,
    host: "127.0.0.1",
    dataFolder,
    url: null,
    secureCookies: false,
    loopbackOnly: true,
    trustProxy: null,
    keysFolder: resolve(dataFolder, "keys"),
    masterKey: MASTER_KEY,
    mediaPort: 0,
    mediaHost: "127.0.0.1",
    mediaAddress: null,
    logLevel: process.env.WHOOT_TEST_LOG ?? "silent",
    databaseUrl: null,
    smtpUrl: null,
    mailFrom: "whoot <whoot@localhost>",
    ...changes,
  };
}

/** Known before the start, and the same after a restart: people keep their address. */
export async function freePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, "close");
  return port;
}

export interface TestServer {
  url: string;
  config: Config;
  database: TestDatabase;
  /** The newest mail to the address, with such a subject, that is not yet taken; each is given out once. */
  mailTo(email: string, subject?: RegExp): Promise<OutboxMail>;
  stop(): Promise<void>;
  /** Stops if it runs, and starts on the same data. */
  restart(): Promise<void>;
}

/** @param logTo takes the server's log. `server.url` and the rest are there from the file's first `beforeAll` on. */
export function useServer(changes: Partial<Config> = {}, logTo?: { write(line: string): void }): TestServer {
  const database = useDatabase();
  const dataFolder = temporaryFolder("whoot-test-data-");
  const outbox = openOutbox(resolve(dataFolder, "outbox"));
  const taken = new Set<string>();
  let running: Server | null = null;

  const holder: TestServer = {
    url: "",
    config: testConfig(dataFolder, changes),
    database,
    mailTo: (email, subject = /./) =>
      until(`a mail to ${email}`, async () => {
        const mail = (await outbox.list()).find((of) => of.to === email && subject.test(of.subject) && !taken.has(of.mailId));
        if (mail) taken.add(mail.mailId);
        return mail;
      }),
    async stop() {
      await running?.close();
      running = null;
    },
    async restart() {
      await holder.stop();
      holder.config = { ...holder.config, port: holder.config.port || (await freePort()), databaseUrl: database.ownerUrl };
      running = await startServer({ ...holder.config, mediaPort: 0 }, logTo);
      holder.url = `http://127.0.0.1:${holder.config.port}`;
    },
  };
  beforeAll(() => holder.restart());
  // Registered after the database's afterAll: vitest runs these last first.
  afterAll(async () => {
    await holder.stop();
    rmSync(dataFolder, { recursive: true, force: true });
  });
  return holder;
}
