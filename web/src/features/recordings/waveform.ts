/** Resamples a waveform (values 0–100) to `count` bars (0–1). Keeps peaks, so that a short shout doesn't vanish. */
export function barsOf(waveform: readonly number[], count: number): number[] {
  if (waveform.length === 0) return Array.from({ length: count }, () => 0);
  return Array.from({ length: count }, (_, index) => {
    const from = Math.floor((index * waveform.length) / count);
    const to = Math.max(from + 1, Math.floor(((index + 1) * waveform.length) / count));
    return Math.max(...waveform.slice(from, to)) / 100;
  });
}

/** The position in a recording, in seconds, of a click at `x` on a waveform of that width. */
export function timeAt(x: number, width: number, durationMs: number): number {
  if (width <= 0) return 0;
  return (Math.min(1, Math.max(0, x / width)) * durationMs) / 1_000;
}

const STEP_S = 1;
const LEAP_S = 5;

/** The position in seconds to which a key moves the slider (WAI-ARIA Authoring Practices); null for other keys. */
export function seekByKey(key: string, at: number, durationMs: number): number | null {
  const end = durationMs / 1_000;
  const to: Record<string, number> = {
    ArrowRight: at + STEP_S,
    ArrowUp: at + STEP_S,
    ArrowLeft: at - STEP_S,
    ArrowDown: at - STEP_S,
    PageUp: at + LEAP_S,
    PageDown: at - LEAP_S,
    Home: 0,
    End: end,
  };
  const next = to[key];
  return next === undefined ? null : Math.min(end, Math.max(0, next));
}
