/** Prepares a PostgreSQL for serving: roles, database, migrations, boot check. */
import { createHmac } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { runMigrations } from "graphile-worker";
import pg from "pg";
import { StartupError } from "../startup-error.ts";
import { SERVER_LOCK } from "./server-lock.ts";
import { checkTenancy } from "./tenancy-check.ts";

const MIGRATIONS = new URL("../../../migrations/", import.meta.url);
/** If two servers start at once, the second waits for the first. Any constant works if only whoot uses it. */
export const MIGRATION_LOCK = 0x77686f6f74;

export interface DatabaseUrls {
  owner: string;
  app: string;
  platform: string;
}

/** The serving roles' passwords are derived from the master key, so that nothing needs to be stored. */
function rolePassword(masterKey: Buffer, role: string): string {
  return createHmac("sha256", masterKey).update(`database role ${role}`).digest("base64url");
}

function withUser(url: string, user: string, password: string): string {
  const changed = new URL(url);
  changed.username = user;
  changed.password = password;
  return changed.href;
}

async function connected<Result>(url: string, work: (client: pg.Client) => Promise<Result>): Promise<Result> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 10_000 });
  client.on("error", () => {}); // the query reports it
  try {
    await client.connect();
  } catch (error) {
    throw new StartupError(
      `PostgreSQL at ${new URL(url).host} can't be reached (${(error as Error).message}). Check DATABASE_URL, and that PostgreSQL is running.`,
    );
  }
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/** For the embedded server: the connection of the owner that createOwnerAndDatabase creates. */
export function ownerUrlOf(adminUrl: string, masterKey: Buffer, database = "whoot"): string {
  const url = new URL(withUser(adminUrl, "whoot_owner", rolePassword(masterKey, "whoot_owner")));
  url.pathname = `/${database}`;
  return url.href;
}

/** For the embedded server: creates the owner role and its database `whoot`. Returns the owner's connection. */
export async function createOwnerAndDatabase(adminUrl: string, masterKey: Buffer, database = "whoot"): Promise<string> {
  const password = rolePassword(masterKey, "whoot_owner");
  await connected(adminUrl, async (client) => {
    await whileContended(async () => {
      const { rowCount: role } = await client.query("select 1 from pg_roles where rolname = 'whoot_owner'");
      await client.query(
        `${role ? "alter" : "create"} role whoot_owner login createrole nosuperuser nobypassrls password '${password}'`,
      );
    });
    const { rowCount: exists } = await client.query("select 1 from pg_database where datname = $1", [database]);
    if (!exists) await client.query(`create database ${client.escapeIdentifier(database)} owner whoot_owner`);
  });
  return ownerUrlOf(adminUrl, masterKey, database);
}

/** Retries. Roles belong to the whole cluster, so servers that start on two of its databases may write the same role at once. */
async function whileContended(work: () => Promise<unknown>): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await work();
      return;
    } catch (error) {
      const contended = (error as { code?: unknown }).code === "XX000" || (error as { code?: unknown }).code === "23505";
      if (!contended || attempt === 20) throw error;
      await new Promise((resume) => setTimeout(resume, 20 * attempt));
    }
  }
}

/** Whether the role can log in with its password, and so needs no new one. @throws any error other than a refused login */
async function canLogIn(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 10_000 });
  client.on("error", () => {});
  try {
    await client.connect();
    return true;
  } catch (error) {
    // SQLSTATE class 28: the password is wrong, or the role may not log in.
    if (String((error as { code?: unknown }).code).startsWith("28")) return false;
    throw error;
  } finally {
    await client.end().catch(() => {});
  }
}

/** The databases of this PostgreSQL that another server uses: it holds the server lock, or is logged in as a serving role. */
async function otherServers(client: pg.Client): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>(
    `select distinct datname as name from pg_database where datname <> current_database() and (
       exists (select from pg_locks where database = pg_database.oid and locktype = 'advisory' and granted and objsubid = 1
         and ((classid::bigint << 32) | objid::bigint) = $1)
       or exists (select from pg_stat_activity where datid = pg_database.oid and usename = any($2)))`,
    [SERVER_LOCK, SERVING_ROLES],
  );
  return rows.map(({ name }) => name);
}

const SERVING_ROLES = ["whoot_app", "whoot_platform"];

/** Creates the serving roles, which belong to the whole PostgreSQL. Never changes a password that another server uses. @throws StartupError */
export async function ensureServingRoles(client: pg.Client, ownerUrl: string, masterKey: Buffer): Promise<void> {
  for (const role of SERVING_ROLES) {
    const password = rolePassword(masterKey, role);
    try {
      await whileContended(async () => {
        const { rowCount: exists } = await client.query("select 1 from pg_roles where rolname = $1", [role]);
        if (exists && (await canLogIn(withUser(ownerUrl, role, password)))) return;
        const [other] = exists ? await otherServers(client) : [];
        if (other !== undefined) {
          throw new StartupError(
            `Another whoot is running on the database ${other} of this PostgreSQL with another master key, and the role ${role} uses its password. ` +
              "Give each whoot a PostgreSQL of its own, or the same WHOOT_MASTER_KEY.",
          );
        }
        await client.query(`${exists ? "alter" : "create"} role ${role} login password '${password}'`);
      });
    } catch (error) {
      if (error instanceof StartupError) throw error;
      throw new StartupError(
        `The database user of DATABASE_URL can't manage the role ${role} (${(error as Error).message}). ` +
          "It needs CREATEROLE and must own the database.",
      );
    }
  }
}

/** The names of all migrations of this version, in order. */
export function listMigrations(): string[] {
  return readdirSync(MIGRATIONS)
    .filter((name) => /^\d{4}_\w+\.sql$/.test(name))
    .sort();
}

/** Runs in the caller's transaction. */
export async function applyMigration(client: pg.Client, name: string): Promise<void> {
  await client.query(readFileSync(new URL(name, MIGRATIONS), "utf8"));
  await client.query("insert into migrations (name) values ($1)", [name]);
}

async function migrate(client: pg.Client): Promise<void> {
  await client.query(
    "create table if not exists migrations (name text primary key, applied_at timestamptz not null default now())",
  );
  const { rows } = await client.query<{ name: string }>("select name from migrations");
  const applied = new Set(rows.map((row) => row.name));
  const files = listMigrations();
  const unknown = [...applied].filter((name) => !files.includes(name));
  if (unknown.length > 0) {
    throw new StartupError(
      `The database was migrated by a newer whoot (${unknown.join(", ")}). Start that version, or restore a backup.`,
    );
  }
  for (const name of files.filter((file) => !applied.has(file))) {
    await client.query("begin");
    try {
      await applyMigration(client, name);
      await client.query("commit");
    } catch (error) {
      await client.query("rollback");
      throw new StartupError(`Migration ${name} failed and was rolled back: ${(error as Error).message}`);
    }
  }
}

/**
 * Creates the serving roles, migrates, and checks every table against the tenancy rules.
 * @throws StartupError, which names the table and the broken rule, the migration, or what the owner role lacks
 */
export async function prepareDatabase(ownerUrl: string, masterKey: Buffer): Promise<DatabaseUrls> {
  await connected(ownerUrl, async (client) => {
    await client.query("select pg_advisory_lock($1)", [MIGRATION_LOCK]);
    await ensureServingRoles(client, ownerUrl, masterKey);
    // Before our own migrations, because enqueue_job calls graphile-worker. Its migrations take a lock of their own.
    await runMigrations({ connectionString: ownerUrl });
    await migrate(client);
    const violations = await checkTenancy(client);
    if (violations.length > 0) {
      throw new StartupError(
        `The database breaks the rules that keep tenants apart, so whoot doesn't start:\n` +
          violations.map((violation) => `  ${violation.table}: ${violation.rule}`).join("\n"),
      );
    }
  });
  return { owner: ownerUrl, ...servingUrls(ownerUrl, masterKey) };
}

/** The serving roles' connections to a database that is already prepared. @param url any role's connection to it */
export function servingUrls(url: string, masterKey: Buffer): Omit<DatabaseUrls, "owner"> {
  return {
    app: withUser(url, "whoot_app", rolePassword(masterKey, "whoot_app")),
    platform: withUser(url, "whoot_platform", rolePassword(masterKey, "whoot_platform")),
  };
}
