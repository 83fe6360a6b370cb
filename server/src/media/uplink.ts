/**
 * Incoming audio of one microphone line. Refuses packets that no honest client sends, and places the others on a timeline
 * that never wraps and stays close to the clock, so that other code can trust its numbers.
 */
import { levelFromBelowFull, levelFromSize } from "./levels.ts";
import type { AudioPacket } from "./audio-packet.ts";
import { RingBuffer } from "./ring-buffer.ts";
import { readRtpAudio, RTP_HEADER_BYTES, SAMPLES_PER_MS, type RtpAudio } from "./rtp.ts";

/** An honest client sends one second of audio per second. More than twice that is refused, beyond a burst after a network stall. */
const ALLOWED_SPEED = 2;
const ALLOWED_BURST_MS = 1_000;
/**
 * Refusing a packet takes time on the thread that forwards all audio. RTCP is a few packets a second; 2,000 in one second are
 * an attack.
 */
const MAX_REFUSED_PER_SECOND = 2_000;
/** Another SSRC is accepted only after the current one was silent for this long. */
const SSRC_SILENCE_MS = 1_000;
/** A larger jump of the sequence number means a new stream, not loss or reordering. */
const MAX_SEQUENCE_STEP = 500;
const MAX_LATE_SAMPLES = 1_000 * SAMPLES_PER_MS;
/** How far audio may run ahead of the clock through jitter and drift. More means a forged timestamp. */
const MAX_AHEAD_SAMPLES = 2_000 * SAMPLES_PER_MS;
/** Packets under way when a burst ends arrive within this time. */
const LEFTOVER_MS = 150;
/** A packet this late against the pace of the old burst was sent after a pause, so it belongs to a new press. */
const LEFTOVER_LATE_MS = 60;
/** The least delay grows by this much per packet, so that it follows clock drift during a long talk. */
const FORGOTTEN_DELAY_MS = 0.1;

export class Uplink {
  readonly ringBuffer = new RingBuffer();
  /** True after too many refused packets; the peer should be closed. */
  isFlooding = false;
  #refused = 0;
  #refusedSinceMs = 0;
  #ssrc = -1;
  #allowanceMs = ALLOWED_BURST_MS;
  #allowanceAtMs = 0;
  /** The newest packet: its RTP values, then its values on our timeline. */
  #rtpSequence = 0;
  #rtpTimestamp = 0;
  #sequence = 0;
  #timestamp = 0;
  #samples = 0;
  #receivedAtMs = 0;
  /** The smallest recent difference between a packet's arrival and its position on our timeline. */
  #leastDelayMs = 0;
  #acceptedAtMs = 0;
  /** A moment when the timeline was not ahead of the clock, and its position then. */
  #anchorAtMs = 0;
  #anchorTimestamp = 0;
  #ended: { atMs: number; sequence: number; timestamp: number; receivedAtMs: number; channelId: string | null } | null = null;

  /** Reads a packet and places it on the timeline. Null when it is refused, or left over from an ended burst. */
  accept(bytes: Buffer, nowMs: number): AudioPacket | null {
    const audio = readRtpAudio(bytes);
    if (!audio || !this.#isTurnOf(audio.ssrc, nowMs) || !this.#isWithinAllowance(audio.samples, nowMs)) {
      this.#countRefused(nowMs);
      return null;
    }
    const packet = this.#place(audio, nowMs);
    this.#acceptedAtMs = nowMs;
    return this.#isLeftover(packet) ? null : packet;
  }

  /**
   * The timeline position, in samples, up to which audio was sent before a message that arrives at `nowMs`. Assumes that the
   * message travelled as fast as the fastest recent packet.
   */
  sentUntil(nowMs: number): number {
    return (nowMs - this.#leastDelayMs) * SAMPLES_PER_MS;
  }

  /**
   * Ends a burst whose grant is over or was denied: drops its buffered packets and those still under way.
   * @param channelId channel of the ended grant; null if there was none
   */
  endBurst(nowMs: number, channelId: string | null): void {
    this.ringBuffer.clear();
    this.#ended = {
      atMs: nowMs,
      sequence: this.#sequence,
      timestamp: this.#timestamp,
      receivedAtMs: this.#receivedAtMs,
      channelId,
    };
  }

  /**
   * Begins a new grant. A press within 60 ms of the last looks like leftovers of the old burst. On the same channel, leftovers
   * may be heard, so none are dropped and the first syllable stays complete.
   */
  beginBurst(channelId: string): void {
    if (this.#ended?.channelId === channelId) this.#ended = null;
  }

  #isTurnOf(ssrc: number, nowMs: number): boolean {
    return ssrc === this.#ssrc || this.#ssrc === -1 || nowMs - this.#acceptedAtMs >= SSRC_SILENCE_MS;
  }

  #countRefused(nowMs: number): void {
    if (nowMs - this.#refusedSinceMs >= 1_000) {
      this.#refusedSinceMs = nowMs;
      this.#refused = 0;
    }
    if (++this.#refused > MAX_REFUSED_PER_SECOND) this.isFlooding = true;
  }

  #isWithinAllowance(samples: number, nowMs: number): boolean {
    const refilled = this.#allowanceMs + (nowMs - this.#allowanceAtMs) * ALLOWED_SPEED;
    this.#allowanceMs = Math.min(ALLOWED_BURST_MS, refilled);
    this.#allowanceAtMs = nowMs;
    const durationMs = samples / SAMPLES_PER_MS;
    if (this.#allowanceMs < durationMs) return false;
    this.#allowanceMs -= durationMs;
    return true;
  }

  #place(audio: RtpAudio, nowMs: number): AudioPacket {
    // Signed 16- and 32-bit differences give the shorter way around the wrap (RFC 3550 appendix A.1).
    const sequenceStep = ((audio.sequence - this.#rtpSequence) << 16) >> 16;
    const timestampStep = (audio.timestamp - this.#rtpTimestamp) | 0;
    const clock = this.#anchorTimestamp + (nowMs - this.#anchorAtMs) * SAMPLES_PER_MS;
    const continues =
      audio.ssrc === this.#ssrc &&
      Math.abs(sequenceStep) <= MAX_SEQUENCE_STEP &&
      timestampStep >= -MAX_LATE_SAMPLES &&
      timestampStep > 0 === sequenceStep > 0 &&
      this.#timestamp + timestampStep - clock <= MAX_AHEAD_SAMPLES;

    let sequence = this.#sequence + sequenceStep;
    let timestamp = this.#timestamp + timestampStep;
    if (!continues) {
      const pause = Math.round((nowMs - this.#receivedAtMs) * SAMPLES_PER_MS);
      sequence = this.#sequence + 1;
      timestamp = this.#timestamp + Math.max(this.#samples, pause);
      this.#ssrc = audio.ssrc;
      if (timestamp < clock || this.#anchorAtMs === 0) {
        this.#anchorAtMs = nowMs;
        this.#anchorTimestamp = timestamp;
      }
    }
    const delayMs = nowMs - timestamp / SAMPLES_PER_MS;
    // Chromium's timestamp stands still during a pause, so the least delay is valid within one burst only.
    const inBurst = continues && nowMs - this.#receivedAtMs < LEFTOVER_LATE_MS;
    this.#leastDelayMs = inBurst ? Math.min(delayMs, this.#leastDelayMs + FORGOTTEN_DELAY_MS) : delayMs;
    if (!continues || sequenceStep > 0) {
      this.#rtpSequence = audio.sequence;
      this.#rtpTimestamp = audio.timestamp;
      this.#sequence = sequence;
      this.#timestamp = timestamp;
      this.#samples = audio.samples;
      this.#receivedAtMs = nowMs;
    }
    const level =
      audio.levelBelowFull === null
        ? levelFromSize(audio.frame.length - RTP_HEADER_BYTES, audio.samples)
        : levelFromBelowFull(audio.levelBelowFull);
    return { frame: audio.frame, sequence, timestamp, samples: audio.samples, level, receivedAtMs: nowMs };
  }

  /**
   * Leftovers of the ended burst keep its pace: packet n arrives n frames after the last one. A new press comes after a pause,
   * even when the browser's sequence numbers and timestamps continue without a gap.
   */
  #isLeftover(packet: AudioPacket): boolean {
    const ended = this.#ended;
    if (!ended) return false;
    const steps = packet.sequence - ended.sequence;
    const timestampError = packet.timestamp - ended.timestamp - steps * packet.samples;
    const expectedAtMs = ended.receivedAtMs + (packet.timestamp - ended.timestamp) / SAMPLES_PER_MS;
    const leftover =
      packet.receivedAtMs - ended.atMs < LEFTOVER_MS &&
      (steps <= 0 || (Math.abs(timestampError) <= packet.samples && packet.receivedAtMs - expectedAtMs < LEFTOVER_LATE_MS));
    if (!leftover) this.#ended = null;
    return leftover;
  }
}
