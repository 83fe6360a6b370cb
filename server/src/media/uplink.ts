/**
 * One talker's audio as it comes in: refuses what no honest client sends, and lays what remains on one timeline that
 * never wraps and never runs ahead of the clock, so that nothing behind it need distrust a number.
 */
import { levelFromBelowFull, levelFromSize } from "./levels.ts";
import { RingBuffer } from "./ring-buffer.ts";
import { readRtpAudio, RTP_HEADER_BYTES, SAMPLES_PER_MS, type RtpAudio } from "./rtp.ts";

export interface AudioPacket {
  /** 12 bytes of header to overwrite, then the Opus payload. */
  frame: Buffer;
  /** Counts on across wraps of the RTP sequence number. */
  sequence: number;
  /** Samples of 48 kHz; counts on across wraps and jumps of the RTP timestamp. */
  timestamp: number;
  samples: number;
  /** 0–100. */
  level: number;
  /** Of the monotonic clock, `performance.now()`. */
  receivedAtMs: number;
}

/** An honest client sends one second of audio a second; twice that is refused, a stall of the network may deliver at once. */
const ALLOWED_SPEED = 2;
const ALLOWED_BURST_MS = 1_000;
/**
 * Refusing a packet costs too, on the thread that forwards everybody's. RTCP and the like are a few a second, and 2,000 in
 * one second are no accident.
 */
const MAX_REFUSED_PER_SECOND = 2_000;
/** Another SSRC is listened to only after this much silence of the present one. */
const SSRC_SILENCE_MS = 1_000;
/** A sequence number that jumps further is a new stream, not loss or reordering. */
const MAX_SEQUENCE_STEP = 500;
const MAX_LATE_SAMPLES = 1_000 * SAMPLES_PER_MS;
/** How far audio may run ahead of the clock: jitter and drift, not a forged timestamp. */
const MAX_AHEAD_SAMPLES = 2_000 * SAMPLES_PER_MS;
/** Packets under way when a transmission ends arrive no later than this. */
const LEFTOVER_MS = 150;
/** A packet this late against the old burst's own beat was sent after a pause: it belongs to a new press. */
const LEFTOVER_LATE_MS = 60;

export class Uplink {
  readonly ringBuffer = new RingBuffer();
  /** So many packets had to be refused that the peer is better closed. */
  isFlooding = false;
  #refused = 0;
  #refusedSinceMs = 0;
  #ssrc = -1;
  #allowanceMs = ALLOWED_BURST_MS;
  #allowanceAtMs = 0;
  /** The newest packet: as RTP said it, and as it lies on our timeline. */
  #rtpSequence = 0;
  #rtpTimestamp = 0;
  #sequence = 0;
  #timestamp = 0;
  #samples = 0;
  #receivedAtMs = 0;
  #acceptedAtMs = 0;
  /** A moment at which the timeline was at most as far as the clock, and how far it was then. */
  #anchorAtMs = 0;
  #anchorTimestamp = 0;
  #ended: { atMs: number; sequence: number; timestamp: number; receivedAtMs: number; channelId: string | null } | null = null;

  /** Null when the packet is refused, or is left over from a burst that ended. */
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
   * The grant is over or was never given: what waits is dropped, and so is what is still under way of the same burst.
   * @param channelId of the grant that is over; null where there was none.
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
   * A new grant. A key that goes down again within 60 ms keeps the old burst's beat; on the channel that heard that burst
   * its leftovers are no secret, so nothing is taken for one, and the first syllable is whole.
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
    // Shifts through 16 and 32 signed bits give the shorter way round the wrap (RFC 3550 appendix A.1).
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
   * Audio of the burst that ended keeps its beat: packet n comes n frames after the last one. A new press comes after a
   * pause, even where the browser's sequence number and timestamp go on as if there had been none.
   */
  #isLeftover(packet: AudioPacket): boolean {
    const ended = this.#ended;
    if (!ended) return false;
    const steps = packet.sequence - ended.sequence;
    const offBeat = packet.timestamp - ended.timestamp - steps * packet.samples;
    const expectedAtMs = ended.receivedAtMs + (packet.timestamp - ended.timestamp) / SAMPLES_PER_MS;
    const leftover =
      packet.receivedAtMs - ended.atMs < LEFTOVER_MS &&
      (steps <= 0 || (Math.abs(offBeat) <= packet.samples && packet.receivedAtMs - expectedAtMs < LEFTOVER_LATE_MS));
    if (!leftover) this.#ended = null;
    return leftover;
  }
}
