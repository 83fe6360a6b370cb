/**
 * Session descriptions. We write both the browser's offer and the native side's answer ourselves, for two reasons.
 *
 * - The native connection has a single m-line and track, while the browser is offered eight m-lines on the same transport
 *   (BUNDLE, RFC 9143). With several tracks, libdatachannel 0.24.5 parses RTCP to find the track, and a malformed SDES
 *   packet of 12 bytes from any client makes it loop for ever while it holds the lock of every peer (observed). With one
 *   track it passes every packet on unread. One track also needs an eighth of the native objects.
 * - The native parser throws, resolves host names and starts transports as the client's answer tells it. So the answer is
 *   parsed here, and the native side gets an answer built from a few checked values.
 */
import { isIP } from "node:net";
import { LINE_COUNT, SLOT_COUNT } from "#contract/gateway.ts";
import { AUDIO_LEVEL_EXTENSION_ID, OPUS_PAYLOAD_TYPE } from "./rtp.ts";

/** The only m-line of the native connection, and the browser's first microphone line. */
export const MICROPHONE_MID = "microphone";

/**
 * The m-lines from client to server. A client uses them in turn, one per press, so that two presses in a row are different RTP
 * streams, and a late packet of one press is not taken for the next.
 */
const MICROPHONE_MIDS: readonly string[] = [
  MICROPHONE_MID,
  ...Array.from({ length: LINE_COUNT - 1 }, (_, n) => `microphone${n + 2}`),
];

/** The m-lines on which the client receives. Each is one RTP stream with a fixed SSRC. */
export const SLOTS: readonly { mid: string; ssrc: number }[] = Array.from({ length: SLOT_COUNT }, (_, index) => ({
  mid: `slot${index}`,
  ssrc: 1_000 + index,
}));

/** No stereo, and no discontinuous transmission (RFC 7587 §6.1), so that packets come at even intervals. */
export const OPUS_PARAMETERS = "minptime=10;useinbandfec=1;usedtx=0;stereo=0;sprop-stereo=0";

const MIDS = [...MICROPHONE_MIDS, ...SLOTS.map((slot) => slot.mid)];
const MAX_ANSWER_CHARACTERS = 32_000;
const MAX_CANDIDATE_CHARACTERS = 300;

/** Makes the offer for the browser from the native one, keeping its origin, fingerprint and ICE credentials. */
export function browserOffer(native: string): string {
  const { session, media } = sections(native);
  const kept = session.filter((line) => !line.startsWith("a=group:"));
  const bundle = `a=group:BUNDLE ${MIDS.join(" ")}`;
  const transport = media[0]!.filter((line) => /^a=(ice-ufrag|ice-pwd|fingerprint|setup):/.test(line));
  const up = MICROPHONE_MIDS.map((mid) =>
    audioLines(transport, mid, [
      `a=extmap:${AUDIO_LEVEL_EXTENSION_ID} urn:ietf:params:rtp-hdrext:ssrc-audio-level`,
      "a=recvonly",
    ]),
  );
  const down = SLOTS.map(({ mid, ssrc }) =>
    audioLines(transport, mid, ["a=sendonly", `a=msid:${mid} ${mid}`, `a=ssrc:${ssrc} cname:whoot`]),
  );
  return [...kept, bundle, ...up.flat(), ...down.flat(), ""].join("\r\n");
}

export interface Answer {
  /** The answer for the native connection. */
  sdp: string;
  /** The slots that the client accepted. */
  slotMids: string[];
  /** The client's SSRC on each microphone line; null where the answer names none. */
  lineSsrcs: (number | null)[];
  candidates: string[];
}

/** Reads the client's answer to `browserOffer`, or says why it is refused. */
export function readAnswer(sdp: string): Answer | { refusal: string } {
  if (sdp.length > MAX_ANSWER_CHARACTERS) return { refusal: "the answer is too long" };
  const { session, media } = sections(sdp);
  if (session[0] !== "v=0") return { refusal: "not a session description" };
  if (media.length !== MIDS.length) return { refusal: `the answer has ${media.length} m-lines instead of ${MIDS.length}` };
  for (const [index, lines] of media.entries()) {
    if (attribute(lines, "mid") !== MIDS[index]) return { refusal: "the m-lines differ from the offer" };
  }
  const ups = media.slice(0, MICROPHONE_MIDS.length);
  const down = media.slice(MICROPHONE_MIDS.length);
  const up = ups[0]!;
  if (!takesOpus(up)) return { refusal: "the answer rejects the microphone's m-line" };

  const value = (name: string) => attribute(up, name) ?? attribute(session, name) ?? "";
  const ufrag = value("ice-ufrag");
  const password = value("ice-pwd");
  const fingerprint = value("fingerprint");
  const setup = value("setup");
  if (!/^[\w+/-]{4,256}$/.test(ufrag) || !/^[\w+/-]{22,256}$/.test(password)) return { refusal: "no ICE credentials" };
  if (!/^sha-(256|384|512) [0-9A-F]{2}(:[0-9A-F]{2}){31,63}$/i.test(fingerprint)) return { refusal: "no fingerprint" };
  if (setup !== "active" && setup !== "passive") return { refusal: "no DTLS role" };

  const transport = [`a=ice-ufrag:${ufrag}`, `a=ice-pwd:${password}`, `a=fingerprint:${fingerprint}`, `a=setup:${setup}`];
  const head = ["v=0", "o=- 1 1 IN IP4 127.0.0.1", "s=-", "t=0 0", `a=group:BUNDLE ${MICROPHONE_MID}`];
  return {
    sdp: [...head, ...audioLines(transport, MICROPHONE_MID, ["a=sendrecv"]), ""].join("\r\n"),
    lineSsrcs: ups.map((lines) => (takesOpus(lines) ? ssrcOf(lines) : null)),
    slotMids: down.filter((lines) => takesOpus(lines) && receives(lines)).map((lines) => attribute(lines, "mid")!),
    candidates: up.filter((line) => line.startsWith("a=candidate:")),
  };
}

/**
 * The address and port of a remote candidate, or null unless it is UDP with a literal address. Host names are refused, including
 * the `*.local` names with which browsers hide their address: resolving them would let a client choose what we look up. Such a
 * client still connects, because it contacts us first (peer-reflexive candidate, RFC 8445 §7.3.1.3). Ports below 1024 are
 * refused: no browser sends from them, and a NAT keeps that range too (RFC 4787 REQ-3).
 */
export function readCandidate(candidate: string): { address: string; port: number } | null {
  if (candidate.length > MAX_CANDIDATE_CHARACTERS) return null;
  const match = CANDIDATE.exec(candidate);
  if (!match) return null;
  const [, address, digits] = match as unknown as [string, string, string];
  const port = Number(digits);
  // A zone (fe80::1%eth0) would name one of our interfaces.
  if (isIP(address) === 0 || address.includes("%") || port < LOWEST_PORT || port > 65_535) return null;
  return { address, port };
}

const LOWEST_PORT = 1_024;

const CANDIDATE =
  /^(?:a=)?candidate:[\w+/]{1,32} 1 udp \d{1,10} (\S+) (\d{1,5}) typ (?:host|srflx|prflx|relay)(?: [\x20-\x7e]*)?$/i;

/**
 * The candidates to announce for one local candidate: first the announced address, if there is one, with the higher
 * priority, then the local candidate, which is the shorter way for clients on the same network.
 */
export function announcedCandidates(candidate: string, announcedAddress: string | undefined): string[] {
  const local = candidate.replace(/^a=/, "");
  const [, component, transport, priority, address, port] = local.split(" ");
  if (announcedAddress === undefined || announcedAddress === address) return [local];
  return [`candidate:announced ${component} ${transport} ${Number(priority) + 1} ${announcedAddress} ${port} typ host`, local];
}

/** A loopback host candidate with the lowest priority (RFC 8445 §5.1.2.1: type preference 126, local preference 0). */
export function loopbackCandidate(port: number): string {
  return `candidate:loopback 1 UDP ${126 * 2 ** 24 + 255} 127.0.0.1 ${port} typ host`;
}

function audioLines(transport: string[], mid: string, attributes: string[]): string[] {
  return [
    `m=audio 9 UDP/TLS/RTP/SAVPF ${OPUS_PAYLOAD_TYPE}`,
    "c=IN IP4 0.0.0.0",
    `a=mid:${mid}`,
    ...attributes,
    "a=rtcp-mux",
    `a=rtpmap:${OPUS_PAYLOAD_TYPE} opus/48000/2`,
    `a=fmtp:${OPUS_PAYLOAD_TYPE} ${OPUS_PARAMETERS}`,
    ...transport,
  ];
}

function sections(sdp: string): { session: string[]; media: string[][] } {
  const [session, ...media] = sdp.split(/^(?=m=)/m).map((section) => section.split(/\r?\n/).filter(Boolean));
  return { session: session ?? [], media };
}

function attribute(lines: string[], name: string): string | undefined {
  return lines.find((line) => line.startsWith(`a=${name}:`))?.slice(name.length + 3);
}

/** The first SSRC of an m-line (RFC 5576). */
function ssrcOf(lines: string[]): number | null {
  const match = /^(\d{1,10}) /.exec(`${attribute(lines, "ssrc") ?? ""} `);
  const ssrc = match ? Number(match[1]) : -1;
  return ssrc >= 0 && ssrc <= 0xffff_ffff ? ssrc : null;
}

function takesOpus(lines: string[]): boolean {
  const [kind, port, , ...payloadTypes] = lines[0]!.split(" ");
  return kind === "m=audio" && port !== "0" && payloadTypes.includes(String(OPUS_PAYLOAD_TYPE));
}

/** Without a direction the default is sendrecv (RFC 8866 §6.7). */
function receives(lines: string[]): boolean {
  return !lines.includes("a=inactive") && !lines.includes("a=sendonly");
}
