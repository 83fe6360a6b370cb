/**
 * The session descriptions, both ways as text of our own, for two reasons.
 *
 * - The native connection is given a single m-line (one track for everything) while the browser is offered seven on the
 *   same transport (BUNDLE, RFC 9143). With several tracks libdatachannel 0.24.5 reads RTCP itself to find the track, and
 *   a malformed SDES packet of 12 bytes from any client makes it loop for ever, holding the lock of every peer (seen).
 *   With one track it hands over every packet unread. It also costs a seventh of the native objects.
 * - What a client answers would reach a native parser that throws, resolves host names and starts transports as the text
 *   tells it. So it is read here, and the native side gets an answer of a few checked values.
 */
import { isIP } from "node:net";
import { SLOT_COUNT } from "#contract/gateway.ts";
import { AUDIO_LEVEL_EXTENSION_ID, OPUS_PAYLOAD_TYPE } from "./rtp.ts";

/** The m-line of the client's microphone. */
export const MICROPHONE_MID = "microphone";

/** The m-lines on which the client receives, each one RTP stream of a fixed SSRC. */
export const SLOTS: readonly { mid: string; ssrc: number }[] = Array.from({ length: SLOT_COUNT }, (_, index) => ({
  mid: `slot${index}`,
  ssrc: 1_000 + index,
}));

/** No stereo and no discontinuous transmission: listeners and recordings get an even beat (RFC 7587 §6.1). */
export const OPUS_PARAMETERS = "minptime=10;useinbandfec=1;usedtx=0;stereo=0;sprop-stereo=0";

const MIDS = [MICROPHONE_MID, ...SLOTS.map((slot) => slot.mid)];
const MAX_ANSWER_CHARACTERS = 32_000;
const MAX_CANDIDATE_CHARACTERS = 300;

/** The offer to the browser, made from the native one, of which it keeps the origin, fingerprint and ICE credentials. */
export function browserOffer(native: string): string {
  const { session, media } = sections(native);
  const kept = session.filter((line) => !line.startsWith("a=group:"));
  const bundle = `a=group:BUNDLE ${MIDS.join(" ")}`;
  const transport = media[0]!.filter((line) => /^a=(ice-ufrag|ice-pwd|fingerprint|setup):/.test(line));
  const up = audioLines(transport, MICROPHONE_MID, [
    `a=extmap:${AUDIO_LEVEL_EXTENSION_ID} urn:ietf:params:rtp-hdrext:ssrc-audio-level`,
    "a=recvonly",
  ]);
  const down = SLOTS.map(({ mid, ssrc }) =>
    audioLines(transport, mid, ["a=sendonly", `a=msid:${mid} ${mid}`, `a=ssrc:${ssrc} cname:whoot`]),
  );
  return [...kept, bundle, ...up, ...down.flat(), ""].join("\r\n");
}

export interface Answer {
  /** For the native connection. */
  sdp: string;
  /** The slots that the client will receive on. */
  slotMids: string[];
  candidates: string[];
}

/** The client's answer to `browserOffer`, or why it is none. */
export function readAnswer(sdp: string): Answer | { refusal: string } {
  if (sdp.length > MAX_ANSWER_CHARACTERS) return { refusal: "the answer is too long" };
  const { session, media } = sections(sdp);
  if (session[0] !== "v=0") return { refusal: "not a session description" };
  if (media.length !== MIDS.length) return { refusal: `${media.length} m-lines answer ${MIDS.length}` };
  for (const [index, lines] of media.entries()) {
    if (attribute(lines, "mid") !== MIDS[index]) return { refusal: "the m-lines are not those offered" };
  }
  const [up, ...down] = media as [string[], ...string[][]];
  if (!takesOpus(up)) return { refusal: "the microphone's m-line is rejected" };

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
    slotMids: down.filter((lines) => takesOpus(lines) && receives(lines)).map((lines) => attribute(lines, "mid")!),
    candidates: up.filter((line) => line.startsWith("a=candidate:")),
  };
}

/**
 * Whether a remote candidate is worth giving to ICE: UDP with a literal address. Names, and so the `*.local` ones by
 * which browsers hide their address, are left out: resolving them would let a client choose what we look up, and such a
 * client is found all the same, because it reaches us first (peer-reflexive candidate, RFC 8445 §7.3.1.3).
 */
export function isUsableCandidate(candidate: string): boolean {
  if (candidate.length > MAX_CANDIDATE_CHARACTERS) return false;
  const match = CANDIDATE.exec(candidate);
  return match !== null && isIP(match[1]!) !== 0 && Number(match[2]) > 0 && Number(match[2]) <= 65_535;
}

const CANDIDATE =
  /^(?:a=)?candidate:[\w+/]{1,32} 1 udp \d{1,10} (\S+) (\d{1,5}) typ (?:host|srflx|prflx|relay)(?: [\x20-\x7e]*)?$/i;

/**
 * What clients are told of one local candidate: itself, preceded by the announced address (with the higher priority)
 * where there is one. The local one stays: beside the NAT it is the short way.
 */
export function announcedCandidates(candidate: string, announcedAddress: string | undefined): string[] {
  const local = candidate.replace(/^a=/, "");
  const [, component, transport, priority, address, port] = local.split(" ");
  if (announcedAddress === undefined || announcedAddress === address) return [local];
  return [`candidate:announced ${component} ${transport} ${Number(priority) + 1} ${announcedAddress} ${port} typ host`, local];
}

function audioLines(transport: string[], mid: string, own: string[]): string[] {
  return [
    `m=audio 9 UDP/TLS/RTP/SAVPF ${OPUS_PAYLOAD_TYPE}`,
    "c=IN IP4 0.0.0.0",
    `a=mid:${mid}`,
    ...own,
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

function takesOpus(lines: string[]): boolean {
  const [kind, port, , ...payloadTypes] = lines[0]!.split(" ");
  return kind === "m=audio" && port !== "0" && payloadTypes.includes(String(OPUS_PAYLOAD_TYPE));
}

/** Without a direction the default is sendrecv (RFC 8866 §6.7). */
function receives(lines: string[]): boolean {
  return !lines.includes("a=inactive") && !lines.includes("a=sendonly");
}
