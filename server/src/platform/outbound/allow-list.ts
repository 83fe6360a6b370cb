/** Parses WHOOT_OUTBOUND_ALLOW: hosts and networks that whoot may contact although they are not public. */
import ipaddr from "ipaddr.js";
import { isIP } from "node:net";
import { hostKey, type OutboundAllow } from "./addresses.ts";

const LABEL = /^(?!-)[a-z0-9_-]{1,63}(?<!-)$/;

function isHostName(text: string): boolean {
  const labels = hostKey(text).split(".");
  return text.length <= 253 && labels.every((label) => LABEL.test(label)) && !/^\d+$/.test(labels.at(-1) ?? "");
}

type Entry = { host: string } | { network: readonly [string, number] };

/** @returns the parsed entry, or words that say what is wrong with it */
function readEntry(entry: string): Entry | string {
  if (entry === "") return "has an empty entry";
  if (entry.includes("://")) return "has a scheme: write the host alone";
  if (entry.includes("*")) return "has a wildcard: list each host, or the network they are in";
  if (/^\[.*\]/.test(entry) || /^[^:]*:\d+$/.test(entry)) return "has a port or brackets: write the host or the address alone";
  const [address = "", prefix, ...rest] = entry.split("/");
  const version = isIP(address);
  if (version === 0 || address.includes("%")) {
    if (prefix !== undefined) return "has a path, or is a range that does not begin with an IP address";
    return isHostName(entry) ? { host: hostKey(entry) } : "is neither a host name nor an IP address";
  }
  const most = version === 4 ? 32 : 128;
  if (prefix === undefined) return { network: [address, most] };
  const bits = /^\d{1,3}$/.test(prefix) && rest.length === 0 ? Number(prefix) : -1;
  if (bits < 0 || bits > most) return `must have a number from 1 to ${most} after the slash`;
  if (bits === 0) return "is every address there is: list the networks that are meant";
  const first = (version === 4 ? ipaddr.IPv4 : ipaddr.IPv6).networkAddressFromCIDR(entry).toString();
  return { network: [first, bits] };
}

/** @returns the list, or a sentence about the first entry that is wrong */
export function readAllowList(text: string): OutboundAllow | string {
  const hosts = new Set<string>();
  const networks: Array<readonly [string, number]> = [];
  for (const entry of text.split(",").map((part) => part.trim())) {
    const read = readEntry(entry);
    if (typeof read === "string") {
      const named = entry === "" ? "the list" : JSON.stringify(entry.slice(0, 100));
      return `must be host names, IP addresses and ranges, separated by commas, such as idp.corp.example, 10.1.2.0/24; ${named} ${read}`;
    }
    if ("host" in read) hosts.add(read.host);
    else networks.push(read.network);
  }
  return { hosts, networks };
}
