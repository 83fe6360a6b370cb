/**
 * One receive slot of one listener: a single RTP stream to the browser that carries one talker after another. It has one
 * SSRC, timestamps that follow the clock, and no gaps in its sequence numbers except lost packets.
 */
import type { Track } from "node-datachannel";
import { OPUS_PAYLOAD_TYPE, SAMPLES_PER_MS } from "./rtp.ts";
import type { AudioPacket } from "./audio-packet.ts";

const MARKER = 0x80;

export class Slot {
  readonly mid: string;
  /** The transmission that the slot carries; null when it is free. */
  transmissionId: string | null = null;
  readonly #track: Track;
  readonly #ssrc: number;
  /** Starts at random (RFC 3550 §5.1). */
  #lastSequence = Math.floor(Math.random() * 0x8000);
  #lastTimestamp = Math.floor(Math.random() * 0x8000_0000);
  #lastSamples = 0;
  #lastReceivedAtMs = performance.now();
  #isSpurtStart = false;
  #firstSequence = 0;
  #sequenceOffset = 0;
  #timestampOffset = 0;

  constructor(mid: string, track: Track, ssrc: number) {
    this.mid = mid;
    this.#track = track;
    this.#ssrc = ssrc;
  }

  carry(transmissionId: string | null): void {
    this.transmissionId = transmissionId;
    this.#isSpurtStart = true;
  }

  /**
   * Sends the packet with this slot's header, written into the packet's first 12 bytes. The native side copies on send, so
   * the next slot may overwrite them.
   * @throws when the track is closed
   */
  send(packet: AudioPacket): void {
    let marker = 0;
    if (this.#isSpurtStart) {
      this.#startSpurt(packet);
      marker = MARKER;
    }
    // Older than the first packet of the spurt: its sequence number in this stream is already used.
    if (packet.sequence < this.#firstSequence) return;
    const sequence = packet.sequence + this.#sequenceOffset;
    const timestamp = packet.timestamp + this.#timestampOffset;
    if (sequence > this.#lastSequence) {
      this.#lastSequence = sequence;
      this.#lastTimestamp = timestamp;
      this.#lastSamples = packet.samples;
      this.#lastReceivedAtMs = packet.receivedAtMs;
    }
    const frame = packet.frame;
    const low = timestamp >>> 0;
    frame[1] = marker | OPUS_PAYLOAD_TYPE;
    frame[2] = sequence >> 8;
    frame[3] = sequence;
    frame[4] = low >>> 24;
    frame[5] = low >>> 16;
    frame[6] = low >>> 8;
    frame[7] = low;
    frame[8] = this.#ssrc >>> 24;
    frame[9] = this.#ssrc >>> 16;
    frame[10] = this.#ssrc >>> 8;
    frame[11] = this.#ssrc;
    this.#track.sendMessageBinary(frame);
  }

  /**
   * Sets the timestamp gap from packet arrival times, so that it equals the real pause. Chromium 156 freezes its timestamp
   * while it sends nothing. Forwarded unchanged, ten presses a second apart made the listener's jitter buffer grow from 43
   * to 538 ms; with timestamps that follow the clock it settles at 20–30 ms.
   */
  #startSpurt(packet: AudioPacket): void {
    const pause = Math.round((packet.receivedAtMs - this.#lastReceivedAtMs) * SAMPLES_PER_MS);
    this.#isSpurtStart = false;
    this.#firstSequence = packet.sequence;
    this.#sequenceOffset = this.#lastSequence + 1 - packet.sequence;
    this.#timestampOffset = this.#lastTimestamp + Math.max(this.#lastSamples, pause) - packet.timestamp;
  }
}
