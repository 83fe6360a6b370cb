import { expect, test } from "vitest";
import { retryDelay } from "./backoff.ts";
import { midToSendOn } from "./sdp.ts";

test("waits grow to 15 s and no further, spread by a quarter", () => {
  expect([0, 1, 2, 3, 4, 99].map((attempt) => retryDelay(attempt, 0))).toEqual([1_000, 2_000, 4_000, 8_000, 15_000, 15_000]);
  expect(retryDelay(0, 1)).toBe(1_250);
});

test("the line to send on is the one that the offer wants to receive on", () => {
  const section = (mid: string, direction: string) => `m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:${mid}\r\na=${direction}\r\n`;
  const offer = `v=0\r\na=group:BUNDLE s0 mic s1\r\n${section("s0", "sendonly")}${section("mic", "recvonly")}${section("s1", "sendonly")}`;
  expect(midToSendOn(offer)).toBe("mic");
  expect(midToSendOn(`v=0\r\n${section("s0", "sendonly")}`)).toBe(null);
});
