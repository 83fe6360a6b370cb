/**
 * Reads one RTP packet of Opus audio (RFC 3550, RFC 7587). Packets are untrusted: everything but an Opus packet as
 * negotiated is refused here, so no other file needs to check header bytes.
 */

/** The only payload type that the server offers. */
export const OPUS_PAYLOAD_TYPE = 111;
/** The id of the RFC 6464 audio level header extension in the offer. */
export const AUDIO_LEVEL_EXTENSION_ID = 1;
/** RTP timestamps of Opus count samples at 48 kHz, whatever the encoder's own rate (RFC 7587 §4.1). */
export const SAMPLES_PER_MS = 48;
export const RTP_HEADER_BYTES = 12;

/** RFC 6716 §3.4 R2: a frame has at most 1275 bytes, and browsers send one frame per packet. */
const MAX_OPUS_BYTES = 1275;
const MIN_PACKET_SAMPLES = 10 * SAMPLES_PER_MS;
/** RFC 6716 §3.2.5. */
const MAX_PACKET_SAMPLES = 120 * SAMPLES_PER_MS;

export interface RtpAudio {
  /** 12 bytes for a header of ours, then the Opus payload, so that forwarding copies nothing. */
  frame: Buffer;
  ssrc: number;
  sequence: number;
  timestamp: number;
  /** Length of the audio in samples at 48 kHz, from the Opus TOC. */
  samples: number;
  /** Loudness in −dBov, 0 (loudest) to 127 (digital silence), from RFC 6464; null if the client sends none. */
  levelBelowFull: number | null;
}

/** Null unless `packet` is a valid RTP packet with one Opus packet of 10–120 ms. RTCP is refused too (RFC 5761 §4). */
export function readRtpAudio(packet: Buffer): RtpAudio | null {
  if (packet.length < RTP_HEADER_BYTES + 1) return null;
  const flags = packet[0]!;
  if (flags >> 6 !== 2 || (packet[1]! & 0x7f) !== OPUS_PAYLOAD_TYPE) return null;

  let payloadStart = RTP_HEADER_BYTES + (flags & 0x0f) * 4;
  let levelBelowFull: number | null = null;
  if (flags & 0x10) {
    if (packet.length < payloadStart + 4) return null;
    const extensionEnd = payloadStart + 4 + packet.readUInt16BE(payloadStart + 2) * 4;
    if (extensionEnd > packet.length) return null;
    levelBelowFull = readAudioLevel(packet, payloadStart, extensionEnd);
    payloadStart = extensionEnd;
  }

  const payloadEnd = packet.length - (flags & 0x20 ? packet[packet.length - 1]! : 0);
  const payloadBytes = payloadEnd - payloadStart;
  if (payloadBytes < 1 || payloadBytes > MAX_OPUS_BYTES) return null;
  const samples = opusSamples(packet[payloadStart]!, payloadBytes > 1 ? packet[payloadStart + 1]! : 0);
  if (samples < MIN_PACKET_SAMPLES || samples > MAX_PACKET_SAMPLES) return null;

  const audio: RtpAudio = {
    frame: packet.subarray(payloadStart - RTP_HEADER_BYTES, payloadEnd),
    ssrc: packet.readUInt32BE(8),
    sequence: packet.readUInt16BE(2),
    timestamp: packet.readUInt32BE(4),
    samples,
    levelBelowFull,
  };
  // The header for listeners: version 2, no padding, no extension, no contributing sources.
  audio.frame[0] = 0x80;
  return audio;
}

/** The SSRC of a packet that may be RTP; null when it is too short. */
export function readRtpSsrc(packet: Buffer): number | null {
  return packet.length < RTP_HEADER_BYTES ? null : packet.readUInt32BE(8);
}

/**
 * Samples at 48 kHz in an Opus packet, from its table-of-contents (TOC) byte and, for frame count code 3, the byte after it
 * (RFC 6716 §3.1, §3.2.5). 0 for a packet without frames.
 */
export function opusSamples(toc: number, frameCountByte: number): number {
  const code = toc & 3;
  const frames = code === 0 ? 1 : code === 3 ? frameCountByte & 0x3f : 2;
  return frames * opusFrameSamples(toc);
}

/** Samples at 48 kHz in one frame of the TOC byte's configuration (RFC 6716 table 2). */
export function opusFrameSamples(toc: number): number {
  const config = toc >> 3;
  if (config < 12) return [480, 960, 1920, 2880][config & 3]!;
  if (config < 16) return [480, 960][config & 1]!;
  return [120, 240, 480, 960][config & 3]!;
}

/** Finds the RFC 6464 audio level among one-byte header extensions (RFC 8285 §4.2). */
function readAudioLevel(packet: Buffer, start: number, end: number): number | null {
  if (packet.readUInt16BE(start) !== 0xbede) return null;
  let offset = start + 4;
  while (offset < end) {
    const head = packet[offset]!;
    const id = head >> 4;
    if (id === 15) return null;
    if (id === 0) {
      offset += 1;
      continue;
    }
    if (id === AUDIO_LEVEL_EXTENSION_ID && offset + 1 < end) return packet[offset + 1]! & 0x7f;
    offset += 2 + (head & 0x0f);
  }
  return null;
}
