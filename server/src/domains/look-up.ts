/**
 * Looks for the record of a domain at the domain's own name servers. The system's resolver may cache an old or a negative answer for hours.
 *
 * Node shows neither the AA flag nor the owner of a record, so a server counts as authoritative only if it also answers for the SOA of the
 * zone.
 */
import { setTimeout as pause } from "node:timers/promises";
import { mayConnect } from "../platform/outbound/addresses.ts";
import { askDns, resolveAddresses } from "../platform/outbound/dns.ts";
import type { OutboundSettings } from "../platform/outbound/outbound.ts";
import type { Finding, ServerFinding } from "./finding.ts";
import { challengeName, registeredDomain } from "./names.ts";

const QUERY_MS = 3_000;
const WHOLE_MS = 20_000;
const MAX_CNAMES = 4;
const MAX_SERVERS = 12;
/** The most values of other records that a page shows. */
const MAX_VALUES = 5;
const MAX_VALUE_LENGTH = 200;

interface NameServer {
  name: string;
  /** Null: the server has no address that whoot may contact. */
  address: string | null;
}

interface Zone {
  name: string;
  servers: NameServer[];
}

interface Answer {
  server: NameServer;
  /** Null: the server gave no usable answer. */
  values: string[] | null;
  cname: string | null;
  serial: number | null;
  /** Why there is no usable answer. */
  failure: "private" | "timeout" | "refused" | null;
}

const isWithin = (name: string, domain: string) => name === domain || name.endsWith(`.${domain}`);
const codeOf = (error: unknown) => String((error as NodeJS.ErrnoException).code);
const isAbsence = (error: unknown) => ["ENOTFOUND", "ENODATA"].includes(codeOf(error));
const isTimeout = (error: unknown) => ["ETIMEOUT", "ECANCELLED", "ECONNREFUSED"].includes(codeOf(error));

/** The query's answer, or null for "there is none". Other failures throw. */
async function orNone<Result>(query: Promise<Result>): Promise<Result | null> {
  try {
    return await query;
  } catch (error) {
    if (isAbsence(error)) return null;
    throw error;
  }
}

const has = (value: string, token: string) => value.toLowerCase().includes(token);

/** The strings of one TXT record are one value (RFC 7208 §3.3, and the draft on domain verification). */
const joined = (records: string[][]) => records.map((strings) => strings.join(""));

export function makeLookUp({ allow, dnsServers, dnsPort }: OutboundSettings) {
  const resolver = <Result>(query: Parameters<typeof askDns<Result>>[2]) => askDns(dnsServers, QUERY_MS, query);
  const at = (address: string) => [address.includes(":") ? `[${address}]:${dnsPort}` : `${address}:${dnsPort}`];

  async function addressesOf(name: string): Promise<NameServer[]> {
    const all = await resolveAddresses(dnsServers, QUERY_MS, name);
    const v4 = all.filter((address) => !address.includes(":"));
    const usable = (v4.length > 0 ? v4 : all).filter((address) => mayConnect(allow, address));
    return usable.length > 0 ? usable.slice(0, 2).map((address) => ({ name, address })) : [{ name, address: null }];
  }

  /** The zone of a name with its servers; null when the resolver can't tell. */
  async function findZone(name: string): Promise<Zone | null> {
    for (let zone = name; zone !== ""; zone = zone.slice(zone.indexOf(".") + 1 || zone.length)) {
      try {
        // An alias is no zone. The resolver would answer with the servers of the alias's target.
        if (await orNone(resolver((dns) => dns.resolveCname(zone)))) continue;
        const names = await orNone(resolver((dns) => dns.resolveNs(zone)));
        if (!names || names.length === 0) continue;
        const servers = await Promise.all(names.toSorted().slice(0, MAX_SERVERS).map(addressesOf));
        return { name: zone, servers: servers.flat() };
      } catch {
        return null;
      }
    }
    return null;
  }

  async function ask(server: NameServer, zone: string, name: string, strict: boolean): Promise<Answer> {
    const none = { server, values: null, cname: null, serial: null };
    const { address } = server;
    if (address === null) return { ...none, failure: "private" };
    return askDns(at(address), QUERY_MS, async (dns) => {
      const [txt, soa] = await Promise.allSettled([dns.resolveTxt(name), dns.resolveSoa(zone)]);
      const serial = soa.status === "fulfilled" ? soa.value.serial : null;
      if (txt.status === "fulfilled") return { server, values: joined(txt.value), cname: null, serial, failure: null };
      const error: unknown = txt.reason;
      if (isTimeout(error)) return { ...none, failure: "timeout" };
      // Without an SOA it does not have the zone. Above the domain, "no data" may be a delegation; only "no such name" counts.
      if (!isAbsence(error) || serial === null || (strict && codeOf(error) !== "ENOTFOUND"))
        return { ...none, failure: "refused" };
      let cnames: string[] | null;
      try {
        cnames = await orNone(dns.resolveCname(name));
      } catch {
        return { ...none, failure: "refused" };
      }
      return { server, values: [], cname: cnames?.[0]?.toLowerCase() ?? null, serial, failure: null };
    });
  }

  /** Looks for the record where people put it by mistake. */
  async function findElsewhere(domain: string, zone: Zone, token: string): Promise<Finding["elsewhere"]> {
    const name = challengeName(domain);
    const places = [
      { kind: "doubled", name: `${name}.${zone.name}` },
      { kind: "parent", name: challengeName(zone.name) },
      { kind: "apex", name: domain },
    ] as const;
    const server = zone.servers.find(({ address }) => address !== null);
    if (!server?.address) return null;
    const servers = at(server.address);
    const found = await Promise.all(
      places.map(async (place) => {
        if (place.name === name) return null;
        const values = await askDns(servers, QUERY_MS, (dns) => dns.resolveTxt(place.name)).catch(() => []);
        return joined(values).some((value) => has(value, token)) ? place : null;
      }),
    );
    return found.find((place) => place !== null) ?? null;
  }

  function toServer({ server, values, serial, failure }: Answer, token: string): ServerFinding {
    const says = failure ?? (values?.some((value) => has(value, token)) ? "token" : values?.length ? "other" : "nothing");
    return { name: server.name, address: server.address, says, serial };
  }

  /** Asks the system's resolver. Its answer may be outdated, so only the record's presence counts. */
  async function askResolver(name: string, token: string): Promise<NonNullable<Finding["resolver"]>> {
    try {
      const values = joined((await orNone(resolver((dns) => dns.resolveTxt(name)))) ?? []);
      return values.some((value) => has(value, token)) ? "token" : values.length > 0 ? "other" : "nothing";
    } catch {
      return "timeout";
    }
  }

  async function search(domain: string, token: string): Promise<Finding> {
    const cnames: string[] = [];
    const finding = { name: challengeName(domain), cnames, values: [], servers: [], resolver: null, elsewhere: null };
    let name = challengeName(domain);
    let first: Zone | null = null;
    for (;;) {
      const zone = await findZone(name);
      first ??= zone;
      // A zone above the registered domain: it is not registered any more, or the resolver does not know its servers yet.
      const own = zone !== null && isWithin(zone.name, registeredDomain(name));
      const answers = zone ? await Promise.all(zone.servers.map((server) => ask(server, zone.name, name, !own))) : [];
      const servers = answers.map((answer) => toServer(answer, token));
      const values = [...new Set(answers.flatMap((answer) => answer.values ?? []))];
      const shown = values.slice(0, MAX_VALUES).map((value) => value.slice(0, MAX_VALUE_LENGTH));
      if (servers.some(({ says }) => says === "token")) return { ...finding, outcome: "found", servers, values: shown };
      const target = answers.find(({ cname }) => cname !== null)?.cname;
      if (target && cnames.length < MAX_CNAMES) {
        cnames.push(target);
        name = target;
        continue;
      }
      if (!answers.some(({ failure }) => failure === null)) {
        const resolverFinding = await askResolver(name, token);
        return { ...finding, outcome: resolverFinding === "token" ? "found" : "unknown", servers, resolver: resolverFinding };
      }
      const outcome = answers.every(({ failure }) => failure === null) && !target ? "absent" : "unknown";
      const elsewhere = first ? await findElsewhere(domain, first, token) : null;
      return { ...finding, outcome, servers, values: shown, elsewhere };
    }
  }

  /** Looks for the token's record, within 20 seconds. */
  return async function lookUp(domain: string, token: string): Promise<Finding> {
    const over = new AbortController();
    const late = pause(WHOLE_MS, null, { signal: over.signal }).catch(() => null);
    try {
      const finding = await Promise.race([search(domain, token), late]);
      const name = challengeName(domain);
      return finding ?? { name, outcome: "unknown", cnames: [], values: [], servers: [], resolver: null, elsewhere: null };
    } finally {
      over.abort();
    }
  };
}
