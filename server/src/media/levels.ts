/** Loudness for waveforms: one value in 0–100 per 100 ms, without decoding audio. */
import { SAMPLES_PER_MS } from "./rtp.ts";

const BUCKET_SAMPLES = 100 * SAMPLES_PER_MS;
/** Audio below −60 dBov is drawn as silence: it is the room noise of an ordinary microphone. */
const FLOOR_DBOV = 60;

/**
 * Returns 0–100 for the level that the talker's browser measured (RFC 6464: 0 is full scale, 127 silence), linear in
 * decibels from −60 dBov to 0. Clients can forge levels, so use them only for drawing.
 */
export function levelFromBelowFull(belowFull: number): number {
  return Math.max(0, Math.round(100 - (belowFull * 100) / FLOOR_DBOV));
}

/**
 * Returns 0–100 for a client that sends no levels. This is activity, not loudness: it counts the bytes that the encoder
 * spent. Opus with variable bit rate spends almost nothing on silence, and about 120 bytes on 20 ms of loud, changing
 * speech at WebRTC's usual 32 kbit/s.
 */
export function levelFromSize(opusBytes: number, samples: number): number {
  if (opusBytes <= 2) return 0;
  const bytesPer20Ms = (opusBytes * 960) / samples;
  return Math.min(100, Math.round((bytesPer20Ms * 100) / 120));
}

/** Collects the level of the loudest packet in every 100 ms of a recording. */
export class LevelMeter {
  #buckets: number[] = [];
  #taken = 0;

  /** `start` and `samples` are on the recording's own timeline, which starts at 0. */
  add(start: number, samples: number, level: number): void {
    const last = Math.floor((start + samples - 1) / BUCKET_SAMPLES);
    while (this.#buckets.length <= last) this.#buckets.push(0);
    for (let bucket = Math.floor(start / BUCKET_SAMPLES); bucket <= last; bucket++) {
      if (level > this.#buckets[bucket]!) this.#buckets[bucket] = level;
    }
  }

  /** Returns the new values that are complete by `end` samples; with `atEnd`, also the incomplete last one. */
  take(end: number, atEnd: boolean): number[] {
    const until = atEnd ? Math.ceil(end / BUCKET_SAMPLES) : Math.floor(end / BUCKET_SAMPLES);
    const levels = this.#buckets.slice(this.#taken, until);
    this.#taken = Math.max(this.#taken, until);
    return levels;
  }
}
