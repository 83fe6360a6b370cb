/**
 * The few lines of SDP that we judge ourselves. What a client sends goes on to a native parser that throws, resolves
 * host names and starts transports as the text tells it; so only the answer to our own offer gets that far.
 */
import { isIP } from "node:net";
import { SLOT_COUNT } from "#contract/gateway.ts";

/** The m-line (RFC 9143) of the client's microphone. */
export const MICROPHONE_MID = "microphone";
export const SLOT_MIDS: readonly string[] = Array.from({ length: SLOT_COUNT }, (_, index) => `slot${index}`);

/** No stereo and no discontinuous transmission: listeners and recordings get an even beat (RFC 7587 §6.1). */
export const OPUS_PARAMETERS = "minptime=10;useinbandfec=1;usedtx=0;stereo=0;sprop-stereo=0";

const MAX_ANSWER_CHARACTERS = 32_000;
const MAX_LINE_CHARACTERS = 1_000;
const MAX_CANDIDATE_CHARACTERS = 300;
const MAX_SSRC_LINES = 64;

/** The answer as it may go to the native parser, or why it may not. */
export function readAnswer(sdp: string): { sdp: string } | { refusal: string } {
  if (sdp.length > MAX_ANSWER_CHARACTERS) return { refusal: "answer too long" };
  const lines = sdp.split(/\r\n|\n/).filter((line) => line !== "");
  if (lines[0] !== "v=0") return { refusal: "not a session description" };
  if (lines.some((line) => line.length > MAX_LINE_CHARACTERS)) return { refusal: "line too long" };
  const mLines = lines.filter((line) => line.startsWith("m="));
  // A data channel would start an SCTP transport that the offer has no place for.
  if (mLines.some((line) => !line.startsWith("m=audio "))) return { refusal: "answers with something other than audio" };
  if (mLines.length !== 1 + SLOT_COUNT) return { refusal: `answers ${mLines.length} m-lines, offered ${1 + SLOT_COUNT}` };
  const mids = lines.filter((line) => line.startsWith("a=mid:")).map((line) => line.slice("a=mid:".length));
  if (mids.join(" ") !== [MICROPHONE_MID, ...SLOT_MIDS].join(" ")) return { refusal: "answers other m-lines than offered" };
  if (lines.filter((line) => line.startsWith("a=ssrc:")).length > MAX_SSRC_LINES) return { refusal: "too many SSRCs" };
  const kept = lines.filter((line) => !line.startsWith("a=candidate:") || isUsableCandidate(line));
  return { sdp: `${kept.join("\r\n")}\r\n` };
}

/**
 * Whether a remote candidate is worth giving to ICE: UDP with a literal address. Names, and so the `*.local` ones by
 * which browsers hide their address, are left out: resolving them would let a client choose what we look up, and such a
 * client is found all the same, because it reaches us first (peer-reflexive candidate, RFC 8445 §7.3.1.3).
 */
export function isUsableCandidate(candidate: string): boolean {
  if (candidate.length > MAX_CANDIDATE_CHARACTERS) return false;
  const match = /^(?:a=)?candidate:[\w+/]{1,32} 1 udp \d{1,10} (\S+) (\d{1,5}) typ (?:host|srflx|prflx|relay)(?: |$)/i.exec(candidate);
  return match !== null && isIP(match[1]!) !== 0 && Number(match[2]) > 0 && Number(match[2]) <= 65_535;
}

/**
 * What clients are told of one local candidate: itself, preceded by the announced address (with the higher priority)
 * where there is one. The local one stays: beside the NAT it is the short way.
 */
export function announcedCandidates(candidate: string, announcedAddress: string | undefined): string[] {
  const local = candidate.replace(/^a=/, "");
  const [, component, transport, priority, address, port] = local.split(" ");
  if (announcedAddress === undefined || announcedAddress === address) return [local];
  const announced = `candidate:announced ${component} ${transport} ${Number(priority) + 1} ${announcedAddress} ${port} typ host`;
  return [announced, local];
}
