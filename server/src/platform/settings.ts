/** How each setting is parsed. An unusable value becomes a sentence that says so. Nothing is looked up or created here. */
import { MAX_OWN_ROLES } from "#contract/http/roles.ts";
import addressparser from "nodemailer/lib/addressparser/index.js";
import { readFileSync } from "node:fs";
import { isIP } from "node:net";
import { availableParallelism } from "node:os";
import { domainToASCII } from "node:url";
import { z } from "zod";
import { readAddress } from "./ip.ts";
import { readAllowList } from "./outbound/allow-list.ts";

export const MASTER_KEY = /^[0-9a-fA-F]{64}$/;

const HOST_NAME = /^(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)*\.?$/i;
/** Names of address ranges that Fastify knows. */
const RANGES = new Set(["loopback", "linklocal", "uniquelocal"]);

const word = () => z.string().trim();

/** A setting whose value is parsed by `read`. @param read returns null for an unusable value */
function setting<Value>(read: (text: string) => Value | null, rule: string) {
  return word().transform((text, context) => {
    const value = read(text);
    if (value !== null) return value;
    context.addIssue(rule);
    return z.NEVER;
  });
}

const Port = setting(
  (text) => (/^\d{1,5}$/.test(text) && Number(text) <= 65_535 ? Number(text) : null),
  "must be a port, a whole number from 0 to 65535",
);

/** Multicast and reserved addresses, which no machine has (RFC 5771, RFC 1112 §4, RFC 4291 §2.7). */
const NO_MACHINE = /^(?:22[4-9]|2[34]\d|25[0-5])\.|^ff[0-9a-f]{2}:/i;

/** Brackets are removed. Null for text with a port, a scheme or a path. */
function readHost(text: string): string | null {
  const bare = text.replace(/^\[(.*)\]$/, "$1");
  if (isIP(bare)) return bare.includes("%") || NO_MACHINE.test(bare) ? null : readAddress(bare);
  return HOST_NAME.test(text) && !/^[\d.]+$/.test(text) ? text.toLowerCase() : null;
}

const Host = setting(readHost, "must be an IP address or a host name, without port, such as 127.0.0.1 or ::1");

const MediaHost = setting((text) => {
  const host = readHost(text);
  return host === "localhost" ? "127.0.0.1" : host !== null && isIP(host) ? host : null;
}, "must be an IP address of this machine, such as 0.0.0.0 for all of them (names are for WHOOT_HOST)");

/** "This network" (RFC 791 §3.2) and "no address" (RFC 4291 §2.5.2): nobody can be reached there. */
const UNSPECIFIED = /^0\.[\d.]+$|^::$/;

const MediaAddress = setting((text) => {
  const host = readHost(text);
  return host === null || UNSPECIFIED.test(host) ? null : host;
}, "must be the IP address that browsers send audio to, or a name that leads to it, without port");

/** Fastify refuses ranges with every address there is, and never matches an address with a zone. */
function isNetwork(text: string): boolean {
  const [address = "", prefix = "32", ...rest] = text.split("/");
  const bits = isIP(address) === 4 ? 32 : 128;
  const isPrefix = /^\d{1,3}$/.test(prefix) && Number(prefix) > 0 && Number(prefix) <= bits;
  return isIP(address) > 0 && !address.includes("%") && rest.length === 0 && isPrefix;
}

const TrustProxy = setting((text) => {
  const entries = text.split(",").map((entry) => entry.trim());
  return entries.every((entry) => RANGES.has(entry) || isNetwork(entry)) ? entries.join(",") : null;
}, "must be the IP addresses of your proxies, separated by commas, such as 127.0.0.1 or 10.0.0.0/8");

function parseUrl(text: string, protocols: readonly string[]): URL | null {
  const url = URL.canParse(text) ? new URL(text) : null;
  return url && protocols.includes(url.protocol) && url.hostname !== "" ? url : null;
}

/** No path, because links append to it, and cookies and origins ignore paths. */
const PublicUrl = setting((text) => {
  const url = parseUrl(text, ["https:", "http:"]);
  if (!url || url.port === "0" || !/^https?:\/\/[^\s\p{C}/\\?#@]+\/?$/iu.test(text)) return null;
  const host = readHost(url.hostname);
  return host === null || host.endsWith(".") || UNSPECIFIED.test(host) ? null : url;
}, "must be https:// and a name, with a port if needed: no path, no ?, no # and no user, such as https://voice.example.com");

/** Files that a connection to PostgreSQL may need, in its connection string. */
const CONNECTION_FILES = ["sslrootcert", "sslcert", "sslkey"];

function unreadableFile(url: URL): string | null {
  for (const name of CONNECTION_FILES) {
    const file = url.searchParams.get(name);
    try {
      if (file) readFileSync(file);
    } catch (error) {
      return `names ${name}=${file}, which can't be read (${(error as NodeJS.ErrnoException).code})`;
    }
  }
  return null;
}

const DatabaseUrl = setting((text) => {
  const url = parseUrl(text, ["postgres:", "postgresql:"]);
  return url && url.username !== "" && /^\/[^/]+$/.test(url.pathname) ? text : null;
}, "must be postgres://user:password@host:port/database (write @ # / in the password as %40 %23 %2F)").superRefine(
  (text, context) => {
    const problem = unreadableFile(new URL(text));
    if (problem !== null) context.addIssue(problem);
  },
);

const SmtpUrl = setting(
  (text) => (parseUrl(text, ["smtp:", "smtps:"]) ? text : null),
  "must be smtp:// or smtps://user:password@host:port (write @ # / in the password as %40 %23 %2F)",
);

/** The name before an address in angle brackets may have any letters. */
const MailFrom = setting((text) => {
  const parsed = addressparser(text);
  const [only] = parsed;
  if (parsed.length !== 1 || !only || !("address" in only) || /[\p{Cc}\p{Cf}]/u.test(text)) return null;
  const address = only.address ?? "";
  if (text !== address && !text.endsWith(`<${address}>`)) return null;
  const [local = "", domain = "", ...rest] = address.split("@");
  const isLocal = /^[^\s.<>(),;:"\\]+(?:\.[^\s.<>(),;:"\\]+)*$/.test(local) && local.length <= 64;
  const isDomain = HOST_NAME.test(domainToASCII(domain)) && !domain.endsWith(".");
  return isLocal && (isDomain || /^\[[\d.]+\]$/.test(domain)) && rest.length === 0 ? text : null;
}, "must be one email address, such as whoot <whoot@example.com>");

const OutboundAllowList = word().transform((text, context) => {
  const list = readAllowList(text);
  if (typeof list !== "string") return list;
  context.addIssue(list);
  return z.NEVER;
});

/** @returns "address" or "address:port", as node:dns takes it */
function readDnsServer(text: string): string | null {
  const [, bracketed, plain, port] = /^(?:\[([^\]]+)\]|([^:]*))(?::(\d{1,5}))?$/.exec(text) ?? [];
  const address = bracketed ?? plain ?? text;
  if (isIP(address) === 0 || address.includes("%") || Number(port ?? 53) > 65_535 || port === "0") return null;
  return port === undefined ? address : isIP(address) === 6 ? `[${address}]:${port}` : `${address}:${port}`;
}

const DnsServers = setting((text) => {
  const servers = text.split(",").map((entry) => readDnsServer(entry.trim()));
  return servers.every((server) => server !== null) ? servers : null;
}, "must be IP addresses of DNS servers, with a port if it is not 53, separated by commas, such as 10.0.0.53 or [2001:db8::53]:5353");

const StripeKey = setting(
  (text) => (/^(sk|rk)_(live|test)_[A-Za-z0-9]{8,240}$/.test(text) ? text : null),
  "must be an API key of Stripe that begins with sk_ or rk_ (never the publishable one, pk_)",
);

/** While a secret is replaced, Stripe signs with both. */
const MAX_WEBHOOK_SECRETS = 5;

const StripeWebhookSecrets = setting((text) => {
  const secrets = text.split(",").map((secret) => secret.trim());
  const usable = secrets.length <= MAX_WEBHOOK_SECRETS && secrets.every((secret) => /^whsec_[A-Za-z0-9+/=]{8,240}$/.test(secret));
  return usable ? secrets : null;
}, `must be what Stripe signs its events with (whsec_…): at most ${MAX_WEBHOOK_SECRETS}, separated by commas`);

/** A whole number from `least` to `most`. */
function count(least: number, most: number) {
  const rule = `must be a whole number from ${least.toLocaleString("en")} to ${most.toLocaleString("en")}`;
  return setting((text) => {
    const number = /^\d{1,9}$/.test(text) ? Number(text) : null;
    return number !== null && number >= least && number <= most ? number : null;
  }, rule);
}

/** No shell expands ~ in a file of settings. */
const Path = setting(
  (text) => (text === "" || /^~|^\w{2,}:\/\/|\p{Cc}/u.test(text) ? null : text),
  "must be a path, written out: no ~ and no URL",
);

export const Settings = z.object({
  PORT: Port.default(3000),
  WHOOT_HOST: Host.default("127.0.0.1"),
  WHOOT_DATA: Path.default("data"),
  WHOOT_URL: PublicUrl.optional(),
  WHOOT_TRUST_PROXY: TrustProxy.optional(),
  WHOOT_KEYS: Path.optional(),
  WHOOT_MASTER_KEY: word().regex(MASTER_KEY, "must be 64 hexadecimal digits (32 bytes)").optional(),
  WHOOT_MEDIA_PORT: Port.optional(),
  WHOOT_MEDIA_HOST: MediaHost.optional(),
  WHOOT_MEDIA_ADDRESS: MediaAddress.optional(),
  WHOOT_OUTBOUND_ALLOW: OutboundAllowList.default({ hosts: new Set(), networks: [] }),
  WHOOT_DNS_SERVERS: DnsServers.optional(),
  WHOOT_BILLING: Path.optional(),
  WHOOT_STRIPE_KEY: StripeKey.optional(),
  WHOOT_STRIPE_WEBHOOK_SECRET: StripeWebhookSecrets.optional(),
  WHOOT_BREACHED_PASSWORDS: Path.optional(),
  WHOOT_MAX_CHANNELS: count(1, 10_000).default(1_000),
  WHOOT_MAX_TALKERS: count(0, 1_000_000).default(20_000),
  WHOOT_MAX_ROLES: count(0, MAX_OWN_ROLES).default(100),
  WHOOT_MAX_INVITATIONS: count(1, 1_000_000).default(20_000),
  WHOOT_MAX_REVIEWS: count(1, 1_000).default(20),
  WHOOT_MAX_REQUESTS: count(10, 10_000).default(300),
  WHOOT_MAX_REQUESTS_PER_PERSON: count(10, 10_000).default(100),
  // Each connection can keep a core of the database busy, and nobody may keep all of a small machine's cores.
  WHOOT_MAX_CONNECTIONS_PER_PERSON: count(1, 10).default(availableParallelism() > 2 ? 2 : 1),
  WHOOT_LOG: word()
    .pipe(z.enum(["debug", "info", "warn", "error", "silent"], "must be debug, info, warn, error or silent"))
    .default("info"),
  DATABASE_URL: DatabaseUrl.optional(),
  SMTP_URL: SmtpUrl.optional(),
  WHOOT_MAIL_FROM: MailFrom.default("whoot <whoot@localhost>"),
});

/** Variables of the repository's own scripts and tests. */
const NOT_OURS = /^WHOOT_(CHROMIUM|E2E|PROPERTY|TALLY|TEST)(_|$)/;

/** The Levenshtein distance between two names. */
function distance(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (let i = 1; i <= one.length; i++) {
    const next = [i];
    for (let j = 1; j <= other.length; j++) {
      const changed = (row[j - 1] ?? 0) + (one[i - 1] === other[j - 1] ? 0 : 1);
      next.push(Math.min(changed, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}

/** A sentence for each WHOOT_ variable that is not a setting. */
export function unknownSettings(environment: NodeJS.ProcessEnv): string[] {
  const known = Object.keys(Settings.shape);
  return Object.keys(environment)
    .filter((name) => name.startsWith("WHOOT_") && name.length <= 100 && !known.includes(name) && !NOT_OURS.test(name))
    .map((name) => {
      const [nearest] = known.toSorted((one, other) => distance(name, one) - distance(name, other));
      const hint = nearest !== undefined && distance(name, nearest) <= 4 ? ` Did you mean ${nearest}?` : "";
      return `${name} is not a whoot setting.${hint}`;
    });
}
