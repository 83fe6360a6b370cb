/**
 * What "list channels" is measured against: a fastify route with the same query by pg, and nothing around it. No session, member or role,
 * no transaction, no row-level security (a superuser connects, whom policies do not hold), no security headers, no rate limiter, no log.
 * In a process of its own: fork this file, send it a `Bare`, get its address.
 */
import fastify from "fastify";
import pg from "pg";
import { fileURLToPath } from "node:url";

export interface Bare {
  databaseUrl: string;
  /** The server's own query, with the tenant as $1: without a policy the text has to say it. */
  sql: string;
  tenantId: string;
  /** At most, to the database. */
  connections: number;
  /** The abilities that each channel is shown with. */
  can: object;
}

interface Row {
  channelId: string;
  name: string;
  description: string;
  recording: boolean;
  transmission: string;
  createdAt: Date;
  talkerRoleIds: string[];
  talkerMemberIds: string[];
}

function start({ databaseUrl, sql, tenantId, connections, can }: Bare): Promise<string> {
  const pool = new pg.Pool({ connectionString: databaseUrl, max: connections });
  const app = fastify();
  const present = (rows: Row[]) => ({
    items: rows.map((row) => ({
      channelId: row.channelId,
      name: row.name,
      description: row.description,
      recording: row.recording,
      transmission: row.transmission,
      talkers: { roleIds: row.talkerRoleIds, memberIds: row.talkerMemberIds },
      createdAt: row.createdAt.toISOString(),
      can,
    })),
  });
  // Without a schema fastify answers with JSON.stringify.
  app.get("/plain", async () => present((await pool.query<Row>(sql, [tenantId])).rows));
  app.get("/prepared", async () => present((await pool.query<Row>({ name: "channels", text: sql, values: [tenantId] })).rows));
  return app.listen({ port: 0, host: "127.0.0.1" });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  process.once("message", (bare: Bare) => void start(bare).then((url) => process.send?.(url)));
  process.once("disconnect", () => process.exit(0));
}
