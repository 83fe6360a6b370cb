import { describe, expect, it } from "vitest";
import { addressRule, addressSet, ownAddresses } from "./addresses.ts";

const OWN = ["127.0.0.1", "::1", "192.0.2.2", "fd00::2"];
const PORT = 3_000;

describe("addressRule", () => {
  const mayBeAt = addressRule(OWN, PORT, "203.0.113.7");

  it.each([
    ["allows the address of the client's connection", "203.0.113.7", 40_000, true],
    ["allows the address of the client's connection on the server's port number", "203.0.113.7", PORT, true],
    ["allows loopback", "127.0.0.1", 40_000, true],
    ["allows another address of this machine", "192.0.2.2", 40_000, true],
    ["allows an own IPv6 address in another notation", "FD00:0:0:0::2", 40_000, true],
    ["allows an own address written as IPv4 within IPv6", "::ffff:192.0.2.2", 40_000, true],
    ["refuses the server's own address and port", "192.0.2.2", PORT, false],
    ["refuses an address next to the client's", "203.0.113.8", 40_000, false],
    ["refuses an address next to this machine's", "192.0.2.3", 40_000, false],
    ["refuses the unspecified address", "0.0.0.0", 40_000, false],
    ["refuses the broadcast address", "255.255.255.255", 40_000, false],
    ["refuses an IPv4 multicast group", "224.0.0.251", 40_000, false],
    ["refuses an IPv6 multicast group", "ff02::fb", 40_000, false],
    ["refuses a host name", "internal.example", 40_000, false],
  ])("%s", (_name, address, port, allowed) => expect(mayBeAt(address, port)).toBe(allowed));

  it("understands a remote address that a dual-stack socket reports as IPv4 within IPv6", () => {
    expect(addressRule(OWN, PORT, "::ffff:203.0.113.7")("203.0.113.7", 40_000)).toBe(true);
  });

  it("allows only this machine when the client's address is unknown or not an IP address", () => {
    for (const remote of [undefined, "", "unknown", "fe80::1%eth0"]) {
      expect(addressRule(OWN, PORT, remote)("203.0.113.7", 40_000)).toBe(false);
      expect(addressRule(OWN, PORT, remote)("127.0.0.1", 40_000)).toBe(true);
    }
  });
});

it("ownAddresses includes loopback", () => {
  expect(addressSet(ownAddresses())("127.0.0.1")).toBe(true);
});
