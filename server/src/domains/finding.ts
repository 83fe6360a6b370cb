/** The result of a check, stored as JSON in the domain's row, and its sentences for people. */
import { registeredDomain, showDomain } from "./names.ts";

export interface ServerFinding {
  name: string;
  /** Null: the server has no address that whoot may contact. */
  address: string | null;
  says: "token" | "other" | "nothing" | "private" | "timeout" | "refused";
  /** Serial number of the zone; null when the server didn't give it. */
  serial: number | null;
}

export interface Finding {
  /** The name at which the record belongs. */
  name: string;
  /** absent: every name server says so. unknown: no name server could tell. */
  outcome: "found" | "absent" | "unknown";
  /** Aliases that were followed from the name, in order. */
  cnames: string[];
  /** TXT values at the name, the token's included. */
  values: string[];
  servers: ServerFinding[];
  /** The answer of the system's resolver, which is asked when no name server answers. */
  resolver: "token" | "other" | "nothing" | "timeout" | null;
  /** The record is at another name. */
  elsewhere: { kind: "doubled" | "parent" | "apex"; name: string } | null;
}

const list = new Intl.ListFormat("en", { type: "conjunction" });

/** Each name server once, with the serial number of its zone when that tells servers apart. */
function nameList(servers: readonly ServerFinding[], withSerial = false): string {
  const serials = new Map(servers.map(({ name, serial }) => [name, serial]));
  return list.format([...serials].map(([name, serial]) => (withSerial && serial !== null ? `${name} (serial ${serial})` : name)));
}

function whyNoAnswer(servers: readonly ServerFinding[]): string[] {
  const serversThatSay = (says: ServerFinding["says"]) => servers.filter((server) => server.says === says);
  const isPrivate = serversThatSay("private");
  const silent = serversThatSay("timeout");
  const refused = serversThatSay("refused");
  return [
    ...(isPrivate.length > 0
      ? [
          `${nameList(isPrivate)} has no public address, so whoot doesn't ask it. If it is inside your network, ask whoever runs whoot to list it (WHOOT_OUTBOUND_ALLOW).`,
        ]
      : []),
    ...(silent.length > 0 ? [`${nameList(silent)} didn't answer.`] : []),
    ...(refused.length > 0 ? [`${nameList(refused)} couldn't answer for the domain.`] : []),
  ];
}

const quoted = (values: readonly string[]) => list.format(values.map((value) => `“${value}”`));

function whereElse({ elsewhere, name }: Finding): string[] {
  switch (elsewhere?.kind) {
    case "doubled":
      return [
        `The record is at ${elsewhere.name}: your DNS provider adds the domain itself. Enter only the part before it as the name.`,
      ];
    case "parent":
      return [`The record is at ${elsewhere.name}. It must be at ${name}.`];
    case "apex":
      return [`The record is at ${elsewhere.name} itself. It must be at ${name}.`];
    case undefined:
      return [];
  }
}

function resolverSays({ resolver, name }: Finding): string[] {
  switch (resolver) {
    case "token":
      return ["So whoot asked its own DNS resolver, which has the record."];
    case "other":
    case "nothing":
      return [
        `So whoot asked its own DNS resolver, which doesn't have the record at ${name}. Its answer may be hours old and doesn't count.`,
      ];
    case "timeout":
      return ["whoot's own DNS resolver couldn't answer either. Try again in a few minutes."];
    case null:
      return [];
  }
}

/** The check in sentences: what was found, and what to do. */
export function tellFinding(finding: Finding): string[] {
  const { name, servers, cnames, values } = finding;
  const target = cnames.at(-1);
  const place = target ?? name;
  const alias = target ? [`${name} is an alias (CNAME) of ${target}.`] : [];
  const have = servers.filter(({ says }) => says === "token");
  const lack = servers.filter(({ says }) => says === "nothing" || says === "other");
  if (finding.outcome === "found" && finding.resolver === null) {
    if (lack.length === 0) return [...alias, `${nameList(have)} has the record.`, ...whyNoAnswer(servers)];
    return [
      ...alias,
      `The name servers disagree: ${nameList(have, true)} has the record, ${nameList(lack, true)} doesn't have it yet.`,
      ...whyNoAnswer(servers),
    ];
  }
  if (servers.length === 0 && finding.resolver !== "token") {
    return [
      ...alias,
      `The name servers of ${showDomain(registeredDomain(place))} can't be found just now, so nothing is known. Try again in a few minutes.`,
    ];
  }
  const other = lack.some(({ says }) => says === "other");
  const found = other
    ? [`${place} has the TXT record ${quoted(values)}, which isn't this workspace's. Set it to the value shown here.`]
    : lack.length > 0
      ? [`${nameList(lack, true)} has no TXT record at ${place}.`]
      : [];
  const asked = finding.resolver === null ? [] : resolverSays(finding);
  const patience =
    finding.outcome === "absent" && !other && finding.elsewhere === null && cnames.length === 0
      ? ["If you've just added it, your DNS provider may take some minutes to publish it."]
      : [];
  const fix = cnames.length > 0 && finding.outcome === "absent" ? [`Put the record there, or replace the alias with it.`] : [];
  return [...alias, ...found, ...whereElse(finding), ...whyNoAnswer(servers), ...asked, ...fix, ...patience];
}
