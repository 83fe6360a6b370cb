import { WAVEFORM_POINTS } from "#contract/http/recordings.ts";

/** Returns the loudest level in each of at most WAVEFORM_POINTS equal intervals. `levels` are 0–100, one per 100 ms. */
export function toWaveform(levels: readonly number[]): number[] {
  const points = Math.min(WAVEFORM_POINTS, levels.length);
  return Array.from({ length: points }, (_, point) => {
    const from = Math.floor((point * levels.length) / points);
    const to = Math.max(from + 1, Math.floor(((point + 1) * levels.length) / points));
    return Math.round(Math.max(0, Math.min(100, Math.max(...levels.slice(from, to)))));
  });
}
