/** From a PostgreSQL to one that whoot can serve from: roles, database, migrations, boot check. */
import { createHmac } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { runMigrations } from "graphile-worker";
import pg from "pg";
import { StartupError } from "../../config.ts";
import { checkTenancy } from "./tenancy-check.ts";

const MIGRATIONS = new URL("../../../migrations/", import.meta.url);
/** Two servers may start at once: the second waits for the first. Any constant does, as long as it is ours. */
const MIGRATION_LOCK = 0x77686f6f74;

export interface DatabaseUrls {
  owner: string;
  app: string;
  platform: string;
}

/** Passwords of the two serving roles follow from the master key: nothing to store, and every server knows them. */
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
  client.on("error", () => {}); // what is under way fails, and says so
  try {
    await client.connect();
  } catch (error) {
    throw new StartupError(
      `PostgreSQL at ${new URL(url).host} can't be reached (${(error as Error).message}). Check DATABASE_URL and that it runs.`,
    );
  }
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/** In the embedded server: the owner role and its database `whoot`. Returns the owner's connection. */
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
  const url = new URL(withUser(adminUrl, "whoot_owner", password));
  url.pathname = `/${database}`;
  return url.href;
}

/** Roles belong to the cluster: servers that start on two databases of it may write the same one at once. */
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

async function ensureServingRoles(client: pg.Client, masterKey: Buffer): Promise<void> {
  for (const role of ["whoot_app", "whoot_platform"]) {
    const password = rolePassword(masterKey, role);
    try {
      await whileContended(async () => {
        const { rowCount } = await client.query("select 1 from pg_roles where rolname = $1", [role]);
        await client.query(`${rowCount ? "alter" : "create"} role ${role} login password '${password}'`);
      });
    } catch (error) {
      throw new StartupError(
        `The database user of DATABASE_URL can't manage the role ${role} (${(error as Error).message}). ` +
          "It needs CREATEROLE, and ownership of the database.",
      );
    }
  }
}

async function migrate(client: pg.Client): Promise<void> {
  await client.query(
    "create table if not exists migrations (name text primary key, applied_at timestamptz not null default now())",
  );
  const { rows } = await client.query<{ name: string }>("select name from migrations");
  const applied = new Set(rows.map((row) => row.name));
  const files = readdirSync(MIGRATIONS)
    .filter((name) => /^\d{4}_\w+\.sql$/.test(name))
    .sort();
  const unknown = [...applied].filter((name) => !files.includes(name));
  if (unknown.length > 0) {
    throw new StartupError(
      `The database was migrated by a newer whoot (${unknown.join(", ")}). Start that version, or restore a backup.`,
    );
  }
  for (const name of files.filter((file) => !applied.has(file))) {
    await client.query("begin");
    try {
      await client.query(readFileSync(new URL(name, MIGRATIONS), "utf8"));
      await client.query("insert into migrations (name) values ($1)", [name]);
      await client.query("commit");
    } catch (error) {
      await client.query("rollback");
      throw new StartupError(`Migration ${name} failed and was undone: ${(error as Error).message}`);
    }
  }
}

/**
 * Makes the serving roles, migrates, and holds every table against the tenancy rules.
 * @throws StartupError naming the table and the rule, the migration, or what the owner role lacks.
 */
export async function prepareDatabase(ownerUrl: string, masterKey: Buffer): Promise<DatabaseUrls> {
  await connected(ownerUrl, async (client) => {
    await client.query("select pg_advisory_lock($1)", [MIGRATION_LOCK]);
    await ensureServingRoles(client, masterKey);
    // Before ours: enqueue_job calls into it. Its own migrations take its own lock.
    await runMigrations({ connectionString: ownerUrl });
    await migrate(client);
    const violations = await checkTenancy(client);
    if (violations.length > 0) {
      throw new StartupError(
        `The database breaks the rules that keep tenants apart; whoot doesn't start on it:\n` +
          violations.map((violation) => `  ${violation.table}: ${violation.rule}`).join("\n"),
      );
    }
  });
  return { owner: ownerUrl, ...servingUrls(ownerUrl, masterKey) };
}

/** How the serving roles reach a database that was prepared already. @param url any role's connection to it */
export function servingUrls(url: string, masterKey: Buffer): Omit<DatabaseUrls, "owner"> {
  return {
    app: withUser(url, "whoot_app", rolePassword(masterKey, "whoot_app")),
    platform: withUser(url, "whoot_platform", rolePassword(masterKey, "whoot_platform")),
  };
}
