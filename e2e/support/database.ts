/** The server's own embedded PostgreSQL, for what only time would bring about. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Client } from "pg";
import type { Whoot } from "./server.ts";

export async function runSql(whoot: Whoot, text: string, values: unknown[]): Promise<void> {
  const folder = join(whoot.dataFolder, "postgres");
  const client = new Client({
    host: "127.0.0.1",
    // The fourth line of PostgreSQL's pid file is its port.
    port: Number(readFileSync(join(folder, "cluster", "postmaster.pid"), "utf8").split("\n")[3]),
    user: "postgres",
    password: readFileSync(join(folder, "password"), "utf8").trim(),
    database: "whoot",
  });
  await client.connect();
  try {
    await client.query(text, values);
  } finally {
    await client.end();
  }
}
