/** Measures sound samples. */
import { type Speaker, TONES } from "./tones.ts";

export interface Heard {
  /** dBFS of each tone over the window. */
  tones: Record<Speaker, number>;
  /** dBFS of the loudest 50 ms. */
  loudest: number;
}

const decibels = (amplitude: number) => Math.round(20 * Math.log10(amplitude + 1e-6));

/** Decodes what `pack` in ears.ts encoded. */
export function unpack(text: string): Float32Array {
  const bytes = Buffer.from(text, "base64");
  return Float32Array.from({ length: bytes.length / 2 }, (_, i) => bytes.readInt16LE(2 * i) / 32_767);
}

/** Amplitude of one frequency, under a Hann window, so that other tones do not leak into it. */
export function amplitudeAt(hertz: number, samples: Float32Array, rate: number): number {
  const step = (2 * Math.PI * hertz) / rate;
  let re = 0;
  let im = 0;
  samples.forEach((sample, i) => {
    const windowed = sample * (1 - Math.cos((2 * Math.PI * i) / samples.length));
    re += windowed * Math.cos(step * i);
    im += windowed * Math.sin(step * i);
  });
  return (2 * Math.hypot(re, im)) / samples.length;
}

export function rms(samples: Float32Array): number {
  return Math.sqrt(samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length);
}

/** Loudness over time: the RMS of each block of `milliseconds`. */
export function envelope(samples: Float32Array, rate: number, milliseconds: number): number[] {
  const block = (rate * milliseconds) / 1_000;
  return Array.from({ length: Math.floor(samples.length / block) }, (_, i) =>
    rms(samples.subarray(Math.round(i * block), Math.round((i + 1) * block))),
  );
}

/** The pitch of a single tone over time, in hertz: one value for each 50 ms that can be heard. Counts the zero crossings. */
export function pitches(samples: Float32Array, rate: number): number[] {
  const block = Math.round(rate / 20);
  return envelope(samples, rate, 50).flatMap((loudness, i) => {
    if (loudness < 0.001) return [];
    const part = samples.subarray(i * block, (i + 1) * block);
    const crossings = part.filter((sample, at) => at > 0 && sample >= 0 !== (part[at - 1] ?? 0) >= 0).length;
    return [Math.round((crossings / 2) * 20)];
  });
}

export function measure(samples: Float32Array, rate: number): Heard {
  const tones = Object.entries(TONES).map(([name, hertz]) => [name, decibels(amplitudeAt(hertz, samples, rate))]);
  return { tones: Object.fromEntries(tones) as Heard["tones"], loudest: decibels(Math.max(...envelope(samples, rate, 50))) };
}

/**
 * Finds `part` in `whole` by their loudness over time.
 * @param range where to search, in milliseconds
 * @returns the position in milliseconds and the correlation there (1 is perfect)
 */
export function locate(
  part: { samples: Float32Array; rate: number },
  whole: { samples: Float32Array; rate: number },
  range: readonly [number, number],
): { at: number; match: number } {
  const step = 4;
  const needle = envelope(part.samples, part.rate, step);
  const haystack = envelope(whole.samples, whole.rate, step);
  let best = { at: 0, match: -1 };
  for (
    let at = Math.max(0, Math.floor(range[0] / step));
    at <= range[1] / step && at + needle.length <= haystack.length;
    at += 1
  ) {
    const match = correlation(needle, haystack.slice(at, at + needle.length));
    if (match > best.match) best = { at: at * step, match };
  }
  return best;
}

function correlation(a: number[], b: number[]): number {
  const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [meanA, meanB] = [mean(a), mean(b)];
  let [ab, aa, bb] = [0, 0, 0];
  a.forEach((value, i) => {
    const [da, db] = [value - meanA, b[i]! - meanB];
    ab += da * db;
    aa += da * da;
    bb += db * db;
  });
  return ab / Math.sqrt(aa * bb || 1);
}
