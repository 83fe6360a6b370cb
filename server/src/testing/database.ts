/** A database for each test file, cloned from the template. A connection that the file leaks fails it. */
import pg from "pg";
import { afterAll, beforeAll, inject } from "vitest";
import { createOwnerAndDatabase } from "../platform/db/prepare.ts";
import { TEMPLATE } from "./global-setup.ts";
import { MASTER_KEY } from "./master-key.ts";
import { until } from "./until.ts";

export interface TestDatabase {
  name: string;
  /** The owner's URL, as in DATABASE_URL. */
  ownerUrl: string;
  /** Queries as superuser, who sees every row of every table. */
  query<Row = Record<string, unknown>>(sql: string, values?: unknown[]): Promise<Row[]>;
  /** Makes the database unreachable: every connection breaks, and no new one is possible until it is back. */
  goAway(): Promise<void>;
  comeBack(): Promise<void>;
  /** Keeps a copy of the database, which `restore` puts back. Nothing but `query` may be connected. */
  backUp(): Promise<{ restore(): Promise<void>; remove(): Promise<void> }>;
  /** Closes `query`'s connection, fails if others are left, and drops the database. */
  drop(): Promise<void>;
}

function urlOf(url: string, database: string): string {
  const changed = new URL(url);
  changed.pathname = `/${database}`;
  return changed.href;
}

async function asAdmin<Result>(work: (client: pg.Client) => Promise<Result>): Promise<Result> {
  const client = new pg.Client({ connectionString: inject("adminUrl") });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

let clones = 0;

export async function cloneDatabase(): Promise<TestDatabase> {
  const name = `test_${process.pid}_${++clones}`;
  await asAdmin((client) => client.query(`create database ${name} template ${TEMPLATE} owner whoot_owner`));
  const ownerUrl = await ownerUrlOf(name);
  const pool = new pg.Pool({ connectionString: urlOf(inject("adminUrl"), name), max: 2 });
  pool.on("error", () => {}); // tests break connections on purpose
  return {
    name,
    ownerUrl,
    query: async (sql, values) => (await pool.query(sql, values)).rows as never,
    goAway: () =>
      asAdmin(async (client) => {
        await client.query(`alter database ${name} allow_connections false`);
        await client.query("select pg_terminate_backend(pid) from pg_stat_activity where datname = $1", [name]);
      }),
    comeBack: () => asAdmin(async (client) => void (await client.query(`alter database ${name} allow_connections true`))),
    backUp: () =>
      asAdmin(async (client) => {
        const copy = `${name}_backup_${++clones}`;
        const disconnect = (admin: pg.Client) =>
          admin.query("select pg_terminate_backend(pid, 5000) from pg_stat_activity where datname = $1", [name]);
        await disconnect(client);
        await client.query(`create database ${copy} template ${name} owner whoot_owner`);
        return {
          restore: () =>
            asAdmin(async (admin) => {
              await disconnect(admin);
              await admin.query(`drop database ${name} with (force)`);
              await admin.query(`create database ${name} template ${copy} owner whoot_owner`);
            }),
          remove: () => asAdmin(async (admin) => void (await admin.query(`drop database ${copy}`))),
        };
      }),
    async drop() {
      await pool.end();
      await asAdmin(async (client) => {
        const connected = async () =>
          (await client.query("select usename, query from pg_stat_activity where datname = $1", [name])).rows;
        try {
          await until("every connection to be closed", async () => (await connected()).length === 0);
        } catch {
          throw new Error(`connections were leaked: ${JSON.stringify(await connected())}`);
        } finally {
          await client.query(`drop database if exists ${name} with (force)`);
        }
      });
    },
  };
}

let owner: string | null = null;

async function ownerUrlOf(database: string): Promise<string> {
  owner ??= await createOwnerAndDatabase(inject("adminUrl"), MASTER_KEY, TEMPLATE);
  return urlOf(owner, database);
}

/** The test file's database, ready from its first `beforeAll` on. */
export function useDatabase(): TestDatabase {
  const holder = {} as TestDatabase;
  beforeAll(async () => void Object.assign(holder, await cloneDatabase()));
  afterAll(() => holder.drop());
  return holder;
}
