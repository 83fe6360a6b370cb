/**
 * The route that "list channels" is compared with: fastify and pg with the same query, and nothing else. No session, member or role, no
 * transaction, no row-level security (it connects as a superuser, who bypasses policies), no security headers, no rate limiter, no log.
 * It runs in a process of its own: fork this file, send it a `Bare`, get its address.
 */
import fastify from "fastify";
import pg from "pg";
import { fileURLToPath } from "node:url";

export interface Bare {
  databaseUrl: string;
  /** The server's own query with the tenant written out, because no policy adds it. */
  sql: string;
  values: unknown[];
  /** Maximum number of connections to the database. */
  connections: number;
  /** The abilities in each channel's answer. */
  can: object;
}

interface Row {
  channelId: string;
  name: string;
  description: string;
  recording: boolean;
  transmission: string;
  createdAt: Date;
}

function start({ databaseUrl, sql, values, connections, can }: Bare): Promise<string> {
  const pool = new pg.Pool({ connectionString: databaseUrl, max: connections });
  const app = fastify();
  const present = (rows: Row[]) => ({
    items: rows.map((row) => ({
      channelId: row.channelId,
      name: row.name,
      description: row.description,
      recording: row.recording,
      transmission: row.transmission,
      createdAt: row.createdAt.toISOString(),
      can,
    })),
    nextCursor: null,
  });
  // Without a schema, fastify serializes with JSON.stringify.
  app.get("/plain", async () => present((await pool.query<Row>(sql, values)).rows));
  app.get("/prepared", async () => present((await pool.query<Row>({ name: "channels", text: sql, values })).rows));
  return app.listen({ port: 0, host: "127.0.0.1" });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  process.once("message", (bare: Bare) => void start(bare).then((url) => process.send?.(url)));
  process.once("disconnect", () => process.exit(0));
}
