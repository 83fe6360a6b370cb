import { describe, expect, it } from "vitest";
import { announcedCandidates, browserOffer, readAnswer, readCandidate } from "./sdp.ts";

const native = [
  "v=0",
  "o=rtc 1 0 IN IP4 127.0.0.1",
  "s=-",
  "t=0 0",
  "a=group:BUNDLE microphone",
  "a=group:LS microphone",
  `a=fingerprint:sha-256 ${"AB:".repeat(31)}AB`,
  "m=audio 9 UDP/TLS/RTP/SAVPF 111",
  "c=IN IP4 0.0.0.0",
  "a=mid:microphone",
  "a=sendrecv",
  "a=setup:actpass",
  "a=ice-ufrag:abcd",
  "a=ice-pwd:abcdefghijklmnopqrstuv",
  "",
].join("\r\n");

/** The answer of an honest client. */
const answer = browserOffer(native)
  .replaceAll("a=setup:actpass", "a=setup:active")
  .replaceAll("a=sendonly", "a=was-sendonly")
  .replaceAll("a=recvonly", "a=sendonly")
  .replaceAll("a=was-sendonly", "a=recvonly");

describe("browserOffer", () => {
  it("offers two microphone lines and six slots in one bundle", () => {
    const offer = browserOffer(native);
    expect(offer.match(/^m=audio 9 /gm)).toHaveLength(8);
    expect(offer.match(/^a=(recvonly|sendonly)$/gm)).toEqual(
      ["recvonly", "recvonly", ...Array(6).fill("sendonly")].map((d) => `a=${d}`),
    );
    expect(offer.match(/^a=group:.*$/gm)).toEqual(["a=group:BUNDLE microphone microphone2 slot0 slot1 slot2 slot3 slot4 slot5"]);
    expect(offer.match(/ssrc-audio-level/g)).toHaveLength(2);
    expect(new Set(offer.match(/^a=ssrc:\d+/gm)).size).toBe(6);
  });
});

describe("readAnswer", () => {
  it("accepts an honest answer", () => {
    const read = readAnswer(answer);
    expect(read).toMatchObject({ slotMids: ["slot0", "slot1", "slot2", "slot3", "slot4", "slot5"] });
    expect((read as { sdp: string }).sdp.match(/^m=/gm)).toHaveLength(1);
  });

  it("reads the SSRC of each microphone line that names a valid one", () => {
    const named = answer.replace(
      "a=mid:microphone2\r\n",
      "a=mid:microphone2\r\na=ssrc:4294967295 cname:x\r\na=ssrc:7 cname:y\r\n",
    );
    expect(readAnswer(named)).toMatchObject({ lineSsrcs: [null, 4_294_967_295] });
    const forged = answer.replace("a=mid:microphone\r\n", "a=mid:microphone\r\na=ssrc:4294967296 cname:x\r\n");
    expect(readAnswer(forged)).toMatchObject({ lineSsrcs: [null, null] });
  });

  it("omits slots on which the client does not receive", () => {
    const fewer = answer.replace("a=mid:slot1\r\na=recvonly", "a=mid:slot1\r\na=inactive");
    expect(readAnswer(fewer)).toMatchObject({ slotMids: ["slot0", "slot2", "slot3", "slot4", "slot5"] });
  });

  it.each<[string, (sdp: string) => string]>([
    ["an empty answer", () => ""],
    ["random text", () => "v=0\r\n\u0000\uffff m=audio"],
    ["more than 32 kB", (sdp) => sdp + "a=x\r\n".repeat(8_000)],
    [
      "a data channel",
      (sdp) => sdp.replace("m=audio 9 UDP/TLS/RTP/SAVPF 111", "m=application 9 UDP/DTLS/SCTP webrtc-datachannel"),
    ],
    ["an extra m-line", (sdp) => `${sdp}m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:slot6\r\n`],
    ["m-lines that differ from the offer", (sdp) => sdp.replace("a=mid:slot3", "a=mid:slot4")],
    ["a rejected microphone", (sdp) => sdp.replace("m=audio 9", "m=audio 0")],
    ["another payload type", (sdp) => sdp.replace("SAVPF 111", "SAVPF 0")],
    ["no ICE password", (sdp) => sdp.replaceAll("a=ice-pwd:", "a=x:")],
    ["an ICE password with a space", (sdp) => sdp.replaceAll("a=ice-pwd:", "a=ice-pwd: ")],
    ["no fingerprint", (sdp) => sdp.replaceAll("a=fingerprint:", "a=x:")],
    ["a weak fingerprint", (sdp) => sdp.replaceAll("sha-256", "md5")],
    ["no DTLS role", (sdp) => sdp.replaceAll("a=setup:active", "a=setup:actpass")],
  ])("refuses %s", (_name, spoil) => expect(readAnswer(spoil(answer))).toHaveProperty("refusal"));
});

describe("readCandidate", () => {
  it.each([
    ["candidate:1 1 udp 2122194687 192.0.2.2 40931 typ host generation 0 ufrag ba0u network-id 1", true],
    ["a=candidate:1 1 UDP 2122194687 fd00::2 40931 typ srflx raddr 0.0.0.0 rport 0", true],
    ["candidate:1 1 udp 2122194687 0b1c7f2e-9d51-4c0c-a1d2-5a9e1d3f0a11.local 40931 typ host", false],
    ["candidate:1 1 udp 2122194687 internal.example 40931 typ host", false],
    ["candidate:1 1 tcp 1518280447 192.0.2.2 9 typ host tcptype active", false],
    ["candidate:1 2 udp 1 192.0.2.2 9 typ host", false],
    ["candidate:1 1 udp 1 192.0.2.2 0 typ host", false],
    ["candidate:1 1 udp 1 192.0.2.2 53 typ host", false],
    ["candidate:1 1 udp 1 192.0.2.2 1023 typ host", false],
    ["candidate:1 1 udp 1 192.0.2.2 1024 typ host", true],
    ["candidate:1 1 udp 1 fe80::1%eth0 40931 typ host", false],
    ["candidate:1 1 udp 1 192.0.2.2:80 40931 typ host", false],
    ["candidate:1 1 udp 1 0xc0000202 40931 typ host", false],
    ["candidate:1 1 udp 1 192.0.2.2 40931.5 typ host", false],
    ["candidate:1 1 udp 1 192.0.2.2 99999 typ host", false],
    [`candidate:1 1 udp 1 192.0.2.2 9 typ host${" x".repeat(300)}`, false],
    ["candidate:1 1 udp 1 192.0.2.2 9 typ host\r\na=x", false],
    ["", false],
  ])("%s is accepted: %s", (candidate, usable) => expect(readCandidate(candidate) !== null).toBe(usable));
});

describe("announcedCandidates", () => {
  const local = "a=candidate:1 1 UDP 2114977791 172.17.0.2 40000 typ host";
  it("puts the announced address first", () => {
    expect(announcedCandidates(local, "203.0.113.7")).toEqual([
      "candidate:announced 1 UDP 2114977792 203.0.113.7 40000 typ host",
      "candidate:1 1 UDP 2114977791 172.17.0.2 40000 typ host",
    ]);
  });
  it("announces the local candidate once when there is no other address", () => {
    expect(announcedCandidates(local, "172.17.0.2")).toHaveLength(1);
    expect(announcedCandidates(local, undefined)).toHaveLength(1);
  });
});
