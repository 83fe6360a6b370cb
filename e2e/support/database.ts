/** Access to the server's embedded PostgreSQL, for states that would take long to reach, such as an expired link. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Client } from "pg";
import type { Whoot } from "./server.ts";

/** The superuser's URL of a whoot's database. */
export function superuserUrl({ dataFolder }: Pick<Whoot, "dataFolder">): string {
  const folder = join(dataFolder, "postgres");
  // The fourth line of PostgreSQL's pid file is its port.
  const port = Number(readFileSync(join(folder, "cluster", "postmaster.pid"), "utf8").split("\n")[3]);
  return `postgres://postgres:${readFileSync(join(folder, "password"), "utf8").trim()}@127.0.0.1:${port}/whoot`;
}

export async function runSql(whoot: Whoot, text: string, values: unknown[]): Promise<void> {
  const client = new Client({ connectionString: superuserUrl(whoot) });
  await client.connect();
  try {
    await client.query(text, values);
  } finally {
    await client.end();
  }
}
