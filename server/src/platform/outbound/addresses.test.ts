import { describe, expect, test } from "vitest";
import { mayConnect } from "./addresses.ts";
import { readAllowList } from "./allow-list.ts";

const NOTHING = { hosts: new Set<string>(), networks: [] };

describe("without a list, whoot connects to public addresses alone:", () => {
  test.each([
    ["this machine", ["127.0.0.1", "127.255.255.254", "::1"]],
    ["no address", ["0.0.0.0", "0.1.2.3", "::"]],
    ["private networks", ["10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1"]],
    ["link-local, where clouds keep their credentials", ["169.254.169.254", "fe80::1"]],
    ["a provider's own network (CGNAT)", ["100.64.0.1", "100.127.255.255"]],
    ["unique local IPv6", ["fc00::1", "fd00:ec2::254"]],
    ["site-local IPv6, deprecated", ["fec0::1"]],
    ["IPv4 inside IPv6", ["::ffff:127.0.0.1", "::ffff:8.8.8.8", "::ffff:a00:1", "::127.0.0.1"]],
    ["NAT64", ["64:ff9b::7f00:1", "64:ff9b::8.8.8.8", "64:ff9b:1::a00:1"]],
    ["6to4 and Teredo", ["2002:7f00:1::1", "2001:0:4136:e378:8000:63bf:3fff:fdd2"]],
    ["multicast and broadcast", ["224.0.0.1", "239.255.255.255", "255.255.255.255", "ff02::1"]],
    [
      "documentation, benchmarks and the future",
      ["192.0.2.1", "198.18.0.1", "203.0.113.7", "240.0.0.1", "2001:db8::1", "3fff::1"],
    ],
    ["unassigned IPv6", ["4000::1", "e000::1"]],
    ["no IP address at all", ["localhost", "", "127.0.0.1.nip.io"]],
  ])("%s is refused", (_what, addresses) => {
    expect(addresses.filter((address) => mayConnect(NOTHING, address))).toEqual([]);
  });

  test("public addresses are allowed", () => {
    const addresses = ["8.8.8.8", "1.1.1.1", "172.32.0.1", "192.167.255.255", "100.128.0.1", "2606:4700::1111", "2a00:1450::1"];
    expect(addresses.filter((address) => !mayConnect(NOTHING, address))).toEqual([]);
  });
});

test("a listed network is allowed, and no address outside it", () => {
  const allow = readAllowList("10.1.2.3/24, fd12::/32, 127.0.0.1, idp.corp.example.");
  if (typeof allow === "string") throw new Error(allow);
  expect(allow.hosts).toEqual(new Set(["idp.corp.example"]));
  const allowed = ["10.1.2.1", "10.1.2.255", "fd12::7", "127.0.0.1"];
  expect(allowed.filter((address) => !mayConnect(allow, address))).toEqual([]);
  const refused = ["10.1.3.1", "fd13::7", "127.0.0.2", "::ffff:10.1.2.1", "::1"];
  expect(refused.filter((address) => mayConnect(allow, address))).toEqual([]);
});
