/** A server in this process with its own embedded PostgreSQL, for tests that need a whole data folder. */
import { rmSync } from "node:fs";
import { resolve } from "node:path";
import pg from "pg";
import { startServer, type Server } from "../main.ts";
import { findEmbeddedPostgres } from "../platform/db/embedded.ts";
import { ownerUrlOf } from "../platform/db/prepare.ts";
import type { TestDatabase } from "./database.ts";
import { temporaryFolder } from "./folders.ts";
import { onFreePort } from "./free-port.ts";
import { testConfig, type TestServer } from "./server.ts";
import { openMailbox } from "./mailbox.ts";

export interface EmbeddedServer extends TestServer {
  /** Stops the server and removes its folder. */
  remove(): Promise<void>;
}

export async function startEmbeddedServer(): Promise<EmbeddedServer> {
  const dataFolder = temporaryFolder("whoot-test-embedded-");
  let running: Server | null = null;

  const adminUrl = async () => (await findEmbeddedPostgres(resolve(dataFolder, "postgres"))) ?? "";
  /** The database functions that tests of one server use. */
  const database: Pick<TestDatabase, "name" | "ownerUrl" | "query"> = {
    name: "whoot",
    ownerUrl: "",
    async query(sql, values) {
      const url = new URL(await adminUrl());
      url.pathname = "/whoot";
      const client = new pg.Client({ connectionString: url.href });
      await client.connect();
      try {
        return (await client.query(sql, values)).rows as never;
      } finally {
        await client.end();
      }
    },
  };

  const server: EmbeddedServer = {
    url: "",
    config: testConfig(dataFolder),
    database: database as TestDatabase,
    mailTo: openMailbox(resolve(dataFolder, "outbox")),
    async stop() {
      await running?.close();
      running = null;
    },
    async restart() {
      await server.stop();
      running = await startServer(server.config);
      database.ownerUrl = ownerUrlOf(await adminUrl(), server.config.masterKey);
    },
    async remove() {
      await server.stop();
      rmSync(dataFolder, { recursive: true, force: true });
    },
  };
  await onFreePort(async (port) => {
    server.config = { ...server.config, port, mediaPort: port };
    server.url = `http://127.0.0.1:${port}`;
    await server.restart();
  });
  return server;
}
