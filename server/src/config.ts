/** Every setting, parsed once from the environment. An unusable one stops the start with a sentence that names it. */
import { randomBytes } from "node:crypto";
import { chmodSync, existsSync, linkSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { z } from "zod";

const LOOPBACK = new Set(["127.0.0.1", "::1", "localhost"]);

const MASTER_KEY = /^[0-9a-fA-F]{64}$/;

const Port = z.coerce.number().int().min(0).max(65_535);

const Environment = z.object({
  PORT: Port.default(3000),
  WHOOT_HOST: z.string().default("127.0.0.1"),
  WHOOT_DATA: z.string().default("data"),
  WHOOT_URL: z.url({ protocol: /^https?$/ }).optional(),
  WHOOT_TRUST_PROXY: z.string().optional(),
  WHOOT_KEYS: z.string().optional(),
  WHOOT_MASTER_KEY: z.string().regex(MASTER_KEY, "must be 64 hexadecimal digits (32 bytes)").optional(),
  WHOOT_MEDIA_PORT: Port.optional(),
  WHOOT_MEDIA_HOST: z.string().optional(),
  WHOOT_MEDIA_ADDRESS: z.string().optional(),
  WHOOT_LOG: z.enum(["debug", "info", "warn", "error", "silent"]).default("info"),
  DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/ }).optional(),
  SMTP_URL: z.url({ protocol: /^smtps?$/ }).optional(),
  WHOOT_MAIL_FROM: z.string().default("whoot <whoot@localhost>"),
});

export interface Config {
  port: number;
  host: string;
  /** Absolute path of the data folder. */
  dataFolder: string;
  /** Where people reach the server, without a trailing slash. Links in mails begin with it. Null: follow the bound port. */
  url: string | null;
  /** Cookies are Secure and `__Host-`; false only for http on loopback, where Safari drops Secure cookies. */
  secureCookies: boolean;
  /** True when only this machine can reach the server: no other address, no proxy. */
  loopbackOnly: boolean;
  /** fastify's trustProxy: which proxies' X-Forwarded-For to believe. */
  trustProxy: string | null;
  keysFolder: string;
  masterKey: Buffer;
  mediaPort: number;
  /** An IP address: names are for HTTP. */
  mediaHost: string;
  mediaAddress: string | null;
  logLevel: string;
  /** Owner's connection to a PostgreSQL elsewhere; null runs the embedded one. */
  databaseUrl: string | null;
  /** Null: mails go to the outbox folder. */
  smtpUrl: string | null;
  mailFrom: string;
}

/** A setting, folder or port that cannot be used. The message is for the operator and needs no stack trace. */
export class StartupError extends Error {
  override name = "StartupError";
}

/** With its parents. Node's own `recursive` never ends where the system says ENOENT to a folder that it won't have (/proc). */
function makeFolder(folder: string, mode = 0o777): void {
  const parent = dirname(folder);
  if (parent !== folder && !existsSync(parent)) makeFolder(parent, mode);
  try {
    mkdirSync(folder, { mode });
  } catch (error) {
    if (!existsSync(folder)) throw error;
  }
}

function makeDataFolder(folder: string): void {
  try {
    makeFolder(folder);
    const probe = resolve(folder, ".write-test");
    writeFileSync(probe, "");
    rmSync(probe);
  } catch (error) {
    throw new StartupError(
      `The data folder ${folder} can't be written (${(error as NodeJS.ErrnoException).code}). ` +
        "Give this user the right to write there, or set WHOOT_DATA to another folder.",
    );
  }
}

function makeMasterKey(keysFolder: string, file: string): void {
  const tenantKeys = resolve(keysFolder, "tenants");
  if (existsSync(tenantKeys) && readdirSync(tenantKeys).length > 0) {
    throw new StartupError(
      `${file} is missing, and there are tenant keys that only it opens. Put it back from your backup; a new one would lose every recording.`,
    );
  }
  // Whole or not at all, and one only: a link fails where the name is taken.
  const fresh = `${file}.${process.pid}`;
  writeFileSync(fresh, `${randomBytes(32).toString("hex")}\n`, { mode: 0o600, flush: true });
  try {
    linkSync(fresh, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  } finally {
    rmSync(fresh);
  }
}

/** The key that seals every tenant's key. Made at the first start, readable by the server's user alone. */
function loadMasterKey(keysFolder: string, fromEnvironment: string | undefined): Buffer {
  if (fromEnvironment) return Buffer.from(fromEnvironment, "hex");
  const file = resolve(keysFolder, "master.key");
  let text: string;
  try {
    makeFolder(keysFolder, 0o700);
    if (!existsSync(file)) makeMasterKey(keysFolder, file);
    chmodSync(file, 0o600);
    text = readFileSync(file, "utf8").trim();
  } catch (error) {
    if (error instanceof StartupError) throw error;
    throw new StartupError(
      `The key folder ${keysFolder} can't be used (${(error as NodeJS.ErrnoException).code}). ` +
        "Give this user the right to read and write there, or set WHOOT_KEYS to another folder.",
    );
  }
  if (!MASTER_KEY.test(text)) {
    throw new StartupError(`${file} isn't a master key (64 hexadecimal digits). Put the right one back from your backup.`);
  }
  return Buffer.from(text, "hex");
}

/**
 * Parses the environment and makes the data and key folders.
 * @throws StartupError naming the setting and what to do.
 */
export function loadConfig(environment: NodeJS.ProcessEnv): Config {
  const present = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ""));
  const parsed = Environment.safeParse(present);
  if (!parsed.success) {
    const problems = parsed.error.issues.map((issue) => `  ${issue.path.join(".")}: ${issue.message}`);
    throw new StartupError(`These settings can't be used:\n${problems.join("\n")}`);
  }
  const env = parsed.data;
  const loopbackHost = LOOPBACK.has(env.WHOOT_HOST);
  const url = env.WHOOT_URL ? new URL(env.WHOOT_URL) : null;
  const tls = url?.protocol === "https:";

  if (!loopbackHost && (!tls || !env.SMTP_URL)) {
    throw new StartupError(
      `WHOOT_HOST=${env.WHOOT_HOST} lets other machines in. That needs TLS in front of whoot (set WHOOT_URL to its https ` +
        "address and WHOOT_TRUST_PROXY to the proxy's address; browsers give no microphone to an insecure page) and a mail " +
        "server (SMTP_URL), because the outbox page is for this machine only.",
    );
  }
  if (url && !tls && !LOOPBACK.has(url.hostname)) {
    throw new StartupError("WHOOT_URL must be https: browsers give no microphone to an insecure page.");
  }

  const dataFolder = resolve(env.WHOOT_DATA);
  makeDataFolder(dataFolder);
  const keysFolder = env.WHOOT_KEYS ? resolve(env.WHOOT_KEYS) : resolve(dataFolder, "keys");

  return {
    port: env.PORT,
    host: env.WHOOT_HOST,
    dataFolder,
    url: url ? url.href.replace(/\/$/, "") : null,
    secureCookies: tls,
    loopbackOnly: loopbackHost && !tls && !env.WHOOT_TRUST_PROXY,
    trustProxy: env.WHOOT_TRUST_PROXY ?? null,
    keysFolder,
    masterKey: loadMasterKey(keysFolder, env.WHOOT_MASTER_KEY),
    mediaPort: env.WHOOT_MEDIA_PORT ?? env.PORT,
    mediaHost: env.WHOOT_MEDIA_HOST ?? (env.WHOOT_HOST === "localhost" ? "127.0.0.1" : env.WHOOT_HOST),
    mediaAddress: env.WHOOT_MEDIA_ADDRESS ?? null,
    logLevel: env.WHOOT_LOG,
    databaseUrl: env.DATABASE_URL ?? null,
    smtpUrl: env.SMTP_URL ?? null,
    mailFrom: env.WHOOT_MAIL_FROM,
  };
}
