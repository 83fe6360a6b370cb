/** The real server, as main.ts starts it, on its own ports, with a temporary data folder and the test file's database. */
import { rmSync } from "node:fs";
import { resolve } from "node:path";
import { afterAll, beforeAll } from "vitest";
import type { Config } from "../config.ts";
import { type Server, startServer } from "../main.ts";
import { type TestDatabase, useDatabase } from "./database.ts";
import { temporaryFolder } from "./folders.ts";
import { onFreePort } from "./free-port.ts";
import { MASTER_KEY } from "./master-key.ts";
import { type MailTo, openMailbox } from "./mailbox.ts";

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
    mediaThisMachineOnly: true,
    mediaAddress: null,
    // Nobody listens on this DNS server, so that no test asks a real one.
    breachedPasswords: null,
    outbound: { allow: { hosts: new Set(), networks: [] }, dnsServers: ["127.0.0.1:9"], dnsPort: 9 },
    billing: null,
    stripe: null,
    quotas: {
      channels: 1_000,
      talkers: 20_000,
      roles: 100,
      invitations: 20_000,
      reviews: 20,
      requests: 300,
      requestsPerPerson: 100,
      // On every machine, so that one person's requests at once still race.
      connectionsPerPerson: 2,
    },
    logLevel: process.env.WHOOT_TEST_LOG ?? "silent",
    databaseUrl: null,
    smtpUrl: null,
    mailFrom: "whoot <whoot@localhost>",
    warnings: [],
    ...changes,
  };
}

export interface TestServer {
  url: string;
  config: Config;
  database: TestDatabase;
  mailTo: MailTo;
  stop(): Promise<void>;
  /** Stops it if it is running, and starts it on the same data. */
  restart(): Promise<void>;
}

/** @param logTo receives the server's log. `server.url` and the rest are set from the file's first `beforeAll` on. */
export function useServer(changes: Partial<Config> = {}, logTo?: { write(line: string): void }): TestServer {
  const database = useDatabase();
  const dataFolder = temporaryFolder("whoot-test-data-");
  let running: Server | null = null;

  const holder: TestServer = {
    url: "",
    config: testConfig(dataFolder, changes),
    database,
    mailTo: openMailbox(resolve(dataFolder, "outbox")),
    async stop() {
      await running?.close();
      running = null;
    },
    async restart() {
      await holder.stop();
      const startOn = async (port: number) => {
        holder.config = { ...holder.config, port, mediaPort: port, databaseUrl: database.ownerUrl };
        running = await startServer(holder.config, logTo);
      };
      // The same port after a restart, so that people's URLs stay valid.
      await (holder.config.port === 0 ? onFreePort(startOn) : startOn(holder.config.port));
      holder.url = `http://127.0.0.1:${holder.config.port}`;
    },
  };
  beforeAll(() => holder.restart());
  // Registered after the database's afterAll, because vitest runs the last one first.
  afterAll(async () => {
    await holder.stop();
    rmSync(dataFolder, { recursive: true, force: true });
  });
  return holder;
}
