import { expect, test } from "vitest";
import { tidyForwardedFor } from "./http/forwarded.ts";
import { isLoopback, readAddress } from "./ip.ts";

test.each([
  ["203.0.113.7", "203.0.113.7"],
  ["203.0.113.7:51234", "203.0.113.7"],
  [" 203.0.113.7 ", "203.0.113.7"],
  ["[203.0.113.7]:80", "203.0.113.7"],
  ["[2001:db8::1]:443", "2001:db8::1"],
  ["[2001:db8::1]", "2001:db8::1"],
  ["2001:DB8:0:0::1", "2001:db8::1"],
  ["fe80::1%eth0", "fe80::1"],
  ["[fe80::1%25eth0]:443", "fe80::1"],
  ["::ffff:203.0.113.7", "203.0.113.7"],
  ["::ffff:cb00:7107", "203.0.113.7"],
  ["::1", "::1"],
])("%j is read as the address %s", (text, address) => {
  expect(readAddress(text)).toBe(address);
});

test.each([
  "a".repeat(3000),
  "",
  "unknown",
  "_hidden",
  "203.0.113",
  "203.0.113.7.8",
  "203.0.113.256",
  "010.0.0.1",
  "203.0.113.7:",
  "203.0.113.7:123456",
  "203.0.113.7:8a",
  "[2001:db8::1",
  "[2001:db8::1]x",
  "[]:443",
  "<script>",
  "example.com:443",
  "2001:db8::1::2",
])("%j is not an address", (text) => {
  expect(readAddress(text)).toBe(null);
});

test("X-Forwarded-For keeps the addresses right of the last entry that is not an address", () => {
  expect(tidyForwardedFor("198.51.100.1:80, [2001:db8::1]:443")).toBe("198.51.100.1, 2001:db8::1");
  expect(tidyForwardedFor("198.51.100.1, unknown, 203.0.113.9:1")).toBe("203.0.113.9");
  expect(tidyForwardedFor("198.51.100.1,")).toBe(undefined);
  expect(tidyForwardedFor("junk")).toBe(undefined);
  expect(tidyForwardedFor(undefined)).toBe(undefined);
});

test("isLoopback knows this machine by its name and by every spelling of its addresses", () => {
  for (const host of ["localhost", "127.0.0.1", "127.8.9.1", "::1", "[::1]", "0:0:0:0:0:0:0:1", "::ffff:127.0.0.1"]) {
    expect([host, isLoopback(host)]).toEqual([host, true]);
  }
  for (const host of ["0.0.0.0", "::", "127.0.0.1.example.com", "localhost.example.com", "10.0.0.1", ""]) {
    expect([host, isLoopback(host)]).toEqual([host, false]);
  }
});
