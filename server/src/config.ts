/**
 * Every setting, parsed once from the environment before anything is opened. An unusable one prevents the start with a sentence that names it.
 * platform/settings.ts parses each.
 */
import { StartupError } from "./platform/startup-error.ts";
import { randomBytes } from "node:crypto";
import { chmodSync, existsSync, linkSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { isIP } from "node:net";
import { lookup } from "node:dns/promises";
import { isLoopback } from "./platform/ip.ts";
import type { OutboundSettings } from "./platform/outbound/outbound.ts";
import { MASTER_KEY, Settings, unknownSettings } from "./platform/settings.ts";

/** Limits of what one workspace, or one person, may have. */
export interface Quotas {
  channels: number;
  /** Roles and members that may talk on restricted channels. Each counts once per channel. */
  talkers: number;
  /** Custom roles. */
  roles: number;
  /** Open invitations: neither accepted nor withdrawn. */
  invitations: number;
  /** Access reviews started within 24 hours. Each stores a row for every member. */
  reviews: number;
  /** Requests in progress at once. */
  requests: number;
  requestsPerPerson: number;
  /** Database connections that one person may hold when all are free. */
  connectionsPerPerson: number;
}

export interface StripeSettings {
  key: string;
  /** Events are accepted with any of them. */
  webhookSecrets: readonly string[];
  /** The address of the tests' stand-in for Stripe. No setting sets it. */
  standIn: { host: "127.0.0.1"; port: number } | null;
}

export interface Config {
  port: number;
  host: string;
  /** Absolute path of the data folder. */
  dataFolder: string;
  /** The public URL, without a trailing slash. Links in mails begin with it. Null means http://localhost and the bound port. */
  url: string | null;
  /** Cookies are Secure and `__Host-`; false only for http on loopback, where Safari drops Secure cookies. */
  secureCookies: boolean;
  /** Whether only this machine can reach the server: it listens on loopback, without a proxy. */
  loopbackOnly: boolean;
  /** fastify's trustProxy: the proxies whose X-Forwarded-For is trusted. */
  trustProxy: string | null;
  keysFolder: string;
  masterKey: Buffer;
  mediaPort: number;
  /** An IP address after `resolveNames`; before, it may be the name in WHOOT_HOST. */
  mediaHost: string;
  /** An IP address after `resolveNames`. */
  mediaAddress: string | null;
  /** Whether audio is only for browsers on this machine: nobody else can reach HTTP, and no setting says where audio listens. */
  mediaThisMachineOnly: boolean;
  /** Which servers named by people of a workspace whoot may send requests to. */
  outbound: OutboundSettings;
  /** The catalogue's file; `sample` for the catalogue that comes with whoot; `off`; null without the setting. */
  billing: { file: string } | "sample" | "off" | null;
  /** Null: invoices are paid by transfer. */
  stripe: StripeSettings | null;
  /** The file of breached passwords that nobody may choose, or null. */
  breachedPasswords: string | null;
  quotas: Quotas;
  logLevel: string;
  /** The owner's connection to an external PostgreSQL; null for the embedded one. */
  databaseUrl: string | null;
  /** Null when mails go to the outbox folder. */
  smtpUrl: string | null;
  mailFrom: string;
  /** Sentences about settings that have no effect. */
  warnings: string[];
}

/** Creates a folder and its parents. Node's own `recursive` never ends where the system answers ENOENT for a new folder (/proc). */
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
        "Give this user permission to write there, or set WHOOT_DATA to another folder.",
    );
  }
}

function makeMasterKey(keysFolder: string, file: string): void {
  const tenantKeys = resolve(keysFolder, "tenants");
  if (existsSync(tenantKeys) && readdirSync(tenantKeys).length > 0) {
    throw new StartupError(
      `${file} is missing, but there are tenant keys that only it can open. Put it back from your backup: with a new one, every recording would be lost.`,
    );
  }
  // A link fails if the name is taken, so there is only ever one complete file.
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

/** Without a setting, `billing.json` in the data folder if it is there. */
function findCatalogue(setting: string | undefined, dataFolder: string): Config["billing"] {
  if (setting === "sample" || setting === "off") return setting;
  if (setting !== undefined) return { file: resolve(setting) };
  const file = resolve(dataFolder, "billing.json");
  return existsSync(file) ? { file } : null;
}

/** @throws StartupError for one without the other, because whoot learns from Stripe's events what people pay on its pages */
function stripeSettings(key: string | undefined, webhookSecrets: string[] | undefined): StripeSettings | null {
  if (key === undefined && webhookSecrets === undefined) return null;
  if (key === undefined)
    throw new StartupError("WHOOT_STRIPE_WEBHOOK_SECRET has no use without WHOOT_STRIPE_KEY. Set both, or neither.");
  if (webhookSecrets === undefined) {
    throw new StartupError(
      "WHOOT_STRIPE_KEY needs WHOOT_STRIPE_WEBHOOK_SECRET: without Stripe's events, whoot would not learn what people pay there.",
    );
  }
  return { key, webhookSecrets, standIn: null };
}

/** The key that seals every tenant's key. It is created at the first start, readable only by the server's user. */
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
        "Give this user permission to read and write there, or set WHOOT_KEYS to another folder.",
    );
  }
  if (!MASTER_KEY.test(text)) {
    throw new StartupError(`${file} isn't a master key (64 hexadecimal digits). Put the right one back from your backup.`);
  }
  return Buffer.from(text, "hex");
}

/**
 * Parses the environment and creates the data and key folders.
 * @throws StartupError, which names the setting and says what to do
 */
export function loadConfig(environment: NodeJS.ProcessEnv): Config {
  const present = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ""));
  const parsed = Settings.safeParse(present);
  if (!parsed.success) {
    const problems = parsed.error.issues.map((issue) => `  ${issue.path.join(".")}: ${issue.message}`);
    throw new StartupError(`These settings can't be used:\n${problems.join("\n")}`);
  }
  const env = parsed.data;
  const loopbackHost = isLoopback(env.WHOOT_HOST);
  const url = env.WHOOT_URL ?? null;
  const tls = url?.protocol === "https:";

  if (!loopbackHost && (!tls || !env.SMTP_URL)) {
    throw new StartupError(
      `WHOOT_HOST=${env.WHOOT_HOST} lets other machines in. That needs TLS in front of whoot (set WHOOT_URL to its https ` +
        "address and WHOOT_TRUST_PROXY to the proxy's address; browsers give no microphone to an insecure page) and a mail " +
        "server (SMTP_URL), because the outbox page is for this machine only.",
    );
  }
  if (url && !tls && !isLoopback(url.hostname)) {
    throw new StartupError("WHOOT_URL must be https: browsers give no microphone to an insecure page.");
  }

  const stripe = stripeSettings(env.WHOOT_STRIPE_KEY, env.WHOOT_STRIPE_WEBHOOK_SECRET);
  const loopbackOnly = loopbackHost && !tls && !env.WHOOT_TRUST_PROXY;
  const mediaThisMachineOnly = loopbackOnly && env.WHOOT_MEDIA_HOST === undefined && env.WHOOT_MEDIA_ADDRESS === undefined;
  const httpHost = env.WHOOT_HOST === "localhost" ? "127.0.0.1" : env.WHOOT_HOST;

  const dataFolder = resolve(env.WHOOT_DATA);
  makeDataFolder(dataFolder);
  const keysFolder = env.WHOOT_KEYS ? resolve(env.WHOOT_KEYS) : resolve(dataFolder, "keys");

  return {
    port: env.PORT,
    host: env.WHOOT_HOST,
    dataFolder,
    url: url ? url.origin : null,
    secureCookies: tls,
    loopbackOnly,
    trustProxy: env.WHOOT_TRUST_PROXY ?? null,
    keysFolder,
    masterKey: loadMasterKey(keysFolder, env.WHOOT_MASTER_KEY),
    mediaPort: env.WHOOT_MEDIA_PORT ?? env.PORT,
    // Firefox sends no audio to loopback, so the machine's other addresses are needed too.
    mediaHost: env.WHOOT_MEDIA_HOST ?? (mediaThisMachineOnly ? "0.0.0.0" : httpHost),
    mediaThisMachineOnly,
    mediaAddress: env.WHOOT_MEDIA_ADDRESS ?? null,
    billing: findCatalogue(env.WHOOT_BILLING, dataFolder),
    breachedPasswords: env.WHOOT_BREACHED_PASSWORDS === undefined ? null : resolve(env.WHOOT_BREACHED_PASSWORDS),
    outbound: { allow: env.WHOOT_OUTBOUND_ALLOW, dnsServers: env.WHOOT_DNS_SERVERS ?? null, dnsPort: 53 },
    stripe,
    quotas: {
      channels: env.WHOOT_MAX_CHANNELS,
      talkers: env.WHOOT_MAX_TALKERS,
      roles: env.WHOOT_MAX_ROLES,
      invitations: env.WHOOT_MAX_INVITATIONS,
      reviews: env.WHOOT_MAX_REVIEWS,
      requests: env.WHOOT_MAX_REQUESTS,
      requestsPerPerson: env.WHOOT_MAX_REQUESTS_PER_PERSON,
      connectionsPerPerson: env.WHOOT_MAX_CONNECTIONS_PER_PERSON,
    },
    logLevel: env.WHOOT_LOG,
    databaseUrl: env.DATABASE_URL ?? null,
    smtpUrl: env.SMTP_URL ?? null,
    mailFrom: env.WHOOT_MAIL_FROM,
    warnings: unknownSettings(environment),
  };
}

/**
 * Looks up the names in settings that must be addresses.
 * @throws StartupError, which names the setting whose name has no address
 */
export async function resolveNames(config: Config): Promise<Config> {
  async function address(setting: string, host: string): Promise<string> {
    if (isIP(host)) return host;
    try {
      return (await lookup(host)).address;
    } catch (error) {
      throw new StartupError(`${setting}=${host} has no address (${(error as NodeJS.ErrnoException).code}).`);
    }
  }
  const { mediaHost, mediaAddress } = config;
  return {
    ...config,
    mediaHost: await address("WHOOT_HOST", mediaHost),
    mediaAddress: mediaAddress === null ? null : await address("WHOOT_MEDIA_ADDRESS", mediaAddress),
  };
}
