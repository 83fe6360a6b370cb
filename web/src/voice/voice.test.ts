import { expect, test } from "vitest";
import { retryDelay } from "./backoff.ts";
import { midsToSendOn, endpointOf } from "./sdp.ts";
import { tailMs } from "./tail.ts";
import { audioTroubleWords, hearWords } from "./words.ts";

test("pauses between reconnects grow to 15 s and no further, and each is lengthened by up to a quarter at random", () => {
  expect([0, 1, 2, 3, 4, 99].map((attempt) => retryDelay(attempt, 0))).toEqual([1_000, 2_000, 4_000, 8_000, 15_000, 15_000]);
  expect(retryDelay(0, 1)).toBe(1_250);
});

test("the microphone's m-lines are those on which the offer receives, in its order", () => {
  const section = (mid: string, direction: string) => `m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:${mid}\r\na=${direction}\r\n`;
  const up = section("mic", "recvonly") + section("mic2", "recvonly");
  expect(
    midsToSendOn(`v=0\r\na=group:BUNDLE s0 mic mic2 s1\r\n${section("s0", "sendonly")}${up}${section("s1", "sendonly")}`),
  ).toEqual(["mic", "mic2"]);
  expect(midsToSendOn(`v=0\r\n${section("s0", "sendonly")}`)).toEqual([]);
});

test("the server's address and port are read from its ICE candidate", () => {
  expect(endpointOf("candidate:1 1 UDP 2114977791 192.0.2.2 3000 typ host")).toBe("192.0.2.2:3000");
  expect(endpointOf("candidate:1 1 UDP 2114977791 fd00::2 3000 typ host")).toBe("[fd00::2]:3000");
  expect(endpointOf("candidate:1")).toBe(null);
});

test("the tail has the chosen length, is longer for a microphone with a known delay, is at most half a second, and stays 0 when 0 is chosen", () => {
  expect(tailMs(100, null)).toBe(100);
  expect(tailMs(100, 10)).toBe(100);
  expect(tailMs(100, 180)).toBe(200);
  expect(tailMs(100, 3_000)).toBe(500);
  expect(tailMs(0, 180)).toBe(0);
  expect(tailMs(100, Number.NaN)).toBe(100);
});

test("the people who can hear are counted, and up to two who cannot are named", () => {
  const [ada, ben, cid, dan] = ["Ada", "Ben", "Cid", "Dan"].map((name) => ({ name, hears: true }));
  const deaf = (person: typeof ada) => ({ ...person!, hears: false });
  expect(hearWords([])).toBe("Nobody else is here to hear you");
  expect(hearWords([ada!])).toBe("1 person can hear you");
  expect(hearWords([ada!, ben!])).toBe("2 people can hear you");
  expect(hearWords([ada!, deaf(ben)])).toBe("1 of 2 can hear you: not Ben");
  expect(hearWords([deaf(ada)])).toBe("Ada is here but can't hear you");
  expect(hearWords([deaf(ada), deaf(ben)])).toBe("None of 2 can hear you: not Ada and Ben");
  expect(hearWords([ada!, deaf(ben), deaf(cid), deaf(dan)])).toBe("1 of 4 can hear you");
});

test("audio that does not come up says what was tried and which settings the operator has", () => {
  const words = (servers: string[], hasNetwork = true, hostname = "voice.example.com") =>
    Object.values(audioTroubleWords({ servers, hasNetwork }, hostname)).join(" ");
  expect(words([])).toContain("The server offered no audio connection");
  expect(words(["127.0.0.1:3000"])).toMatch(/own machine only.*127\.0\.0\.1:3000.*WHOOT_MEDIA_HOST and WHOOT_MEDIA_ADDRESS/);
  expect(words(["127.0.0.1:3000"], true, "localhost")).toContain("Open UDP port 3000");
  expect(words(["203.0.113.7:4000", "10.0.0.2:4000"])).toMatch(/203\.0\.113\.7:4000 and 10\.0\.0\.2:4000.*UDP port 4000/);
  expect(words(["203.0.113.7:4000"], false)).toContain("no network on this computer");
});
