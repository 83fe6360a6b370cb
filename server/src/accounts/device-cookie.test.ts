import { expect, test } from "vitest";
import { deriveKey } from "../platform/keys.ts";
import { MASTER_KEY } from "../testing/master-key.ts";
import { makeDeviceCookies } from "./device-cookie.ts";

const DAY_MS = 86_400_000;
let now = Date.parse("2026-03-01T12:00:00Z");
const keysOf = (master: Buffer) => ({ platformKey: (purpose: string) => deriveKey(master, Buffer.alloc(0), purpose) });
const cookies = makeDeviceCookies(keysOf(MASTER_KEY), () => now);

const ada = { email: "ada@example.com", deviceEpoch: 1 };
const ben = { email: "ben@example.com", deviceEpoch: 7 };

test("a device cookie has an entry with its own id for each account that signed in", () => {
  const both = cookies.add(cookies.add(null, ada), ben);
  const [first, second] = [cookies.find(both, ada.email), cookies.find(both, ben.email)];
  expect([first?.epoch, second?.epoch]).toEqual([1, 7]);
  expect(first?.id).not.toBe(second?.id);
  expect(cookies.find(both, "cleo@example.com")).toBeNull();
  expect(cookies.find(null, ada.email)).toBeNull();
});

test("a device's id, by which its attempts are counted, survives another sign-in and changes with the device epoch", () => {
  const once = cookies.add(null, ada);
  const id = cookies.find(once, ada.email)?.id;
  expect(cookies.find(cookies.add(once, ada), ada.email)?.id).toBe(id);
  expect(cookies.find(cookies.add(once, { ...ada, deviceEpoch: 2 }), ada.email)?.id).not.toBe(id);
});

test("a device cookie has the same length for one account as for many, fits a header, and keeps the sixteen newest", () => {
  let cookie = cookies.add(null, ada);
  const lengthForOne = cookie.length;
  for (let other = 0; other < 40; other++) cookie = cookies.add(cookie, { email: `p${other}@example.com`, deviceEpoch: 1 });
  expect(cookie).toHaveLength(lengthForOne);
  expect(cookie).toMatch(/^[\w-]{1,1000}$/);
  expect(cookies.find(cookie, ada.email)).toBeNull();
  expect(cookies.find(cookie, "p24@example.com")).not.toBeNull();
  expect(cookies.find(cookie, "p23@example.com")).toBeNull();
});

test("a browser whose device cookie was altered, made by another server or made up counts as a stranger", () => {
  const cookie = cookies.add(null, ada);
  const changed = `${cookie.slice(0, 100)}${cookie[100] === "A" ? "B" : "A"}${cookie.slice(101)}`;
  const foreign = makeDeviceCookies(keysOf(Buffer.alloc(32, 9)), () => now).add(null, ada);
  for (const sent of [changed, foreign, cookie.slice(1), `${cookie}A`, "", "%00", "x".repeat(cookie.length), "💥"]) {
    expect(cookies.find(sent, ada.email)).toBeNull();
    expect(cookies.find(cookies.add(sent, ben), ben.email)).not.toBeNull();
  }
});

test("a browser counts as a stranger again 400 days after its last sign-in", () => {
  const cookie = cookies.add(null, ada);
  now += 399 * DAY_MS;
  expect(cookies.find(cookie, ada.email)).not.toBeNull();
  now += 2 * DAY_MS;
  expect(cookies.find(cookie, ada.email)).toBeNull();
});
