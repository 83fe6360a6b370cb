/**
 * The tail is the time for which the microphone stays open after the key went up. The person chooses its minimum on this computer.
 * It is longer while the microphone still gives sound, because the last words may come late and not every browser knows how late.
 */

export const TAIL_KEY = "whoot.talk-tail";
export const DEFAULT_TAIL_MS = 100;
export const MAX_TAIL_MS = 500;

/** How much longer than its minimum a tail may get while the microphone still gives sound. */
const MAX_EXTENSION_MS = 200;

/** After this much silence the microphone has given everything. The silence before the burst of a "t" or "k" is shorter. */
export const QUIET_MS = 80;

/** Levels above this are sound: −49 dBFS (`meterLevel`). */
const SOUND_LEVEL = 0.1;
export const isSound = (level: number): boolean => level > SOUND_LEVEL;

/** The encoder sends whole frames of this length. */
const FRAME_MS = 20;

/** Silence after which a microphone with a known delay has given everything. Two frames, so that one late frame isn't taken for the end. */
const CLEAR_MS = 2 * FRAME_MS;

/** The person's setting in milliseconds, or the default. */
export function readTail(): number {
  try {
    const chosen: unknown = JSON.parse(localStorage.getItem(TAIL_KEY) ?? "null");
    return typeof chosen === "number" && chosen >= 0 && chosen <= MAX_TAIL_MS ? chosen : DEFAULT_TAIL_MS;
  } catch {
    return DEFAULT_TAIL_MS;
  }
}

/**
 * The minimum length of a tail: as chosen, or longer when the browser knows that the microphone's sound comes later. With a setting
 * of 0 there is no tail.
 * @param chosenMs the person's setting
 * @param captureMs delay of the microphone's sound; null when the browser doesn't know it
 * @returns milliseconds
 */
export function tailMs(chosenMs: number, captureMs: number | null): number {
  if (chosenMs === 0 || captureMs === null || !Number.isFinite(captureMs)) return chosenMs;
  return Math.min(MAX_TAIL_MS, Math.max(chosenMs, captureMs + FRAME_MS));
}

/**
 * Delay of a microphone's sound in milliseconds: as the browser measured it (MediaStreamTrackAudioStats of W3C
 * mediacapture-extensions), else as it is set (MediaTrackSettings.latency), else null. TypeScript's DOM types have neither.
 */
export function captureDelayOf(track: MediaStreamTrack | null): number | null {
  if (!track) return null;
  const measured = (track as { stats?: { averageLatency?: number } }).stats?.averageLatency;
  const { latency: setting } = track.getSettings() as { latency?: number };
  return measured ?? (setting === undefined ? null : setting * 1_000);
}

export interface Ending {
  /** Call it every few milliseconds. @param level loudness 0–1 of the microphone @param nowMs on the monotonic clock */
  update: (level: number, nowMs: number) => void;
  /** Whether the tail is over, so that the microphone can be closed. */
  isOver: () => boolean;
  /** Whether the microphone has given everything that was said before the key came up, so that another channel may hear it. */
  isClear: () => boolean;
}

/**
 * Follows the microphone after the key came up.
 *
 * Words that were said on one channel must not be heard on the next, so a press on another channel waits until the microphone has
 * given them, even when the tail is 0. When the browser knows the delay, a short silence ends the wait earlier, so that the next
 * press keeps its first syllable.
 *
 * @param hasSounded whether the microphone gave sound in this press. Until it does, the only word of a short press may still come
 */
export function followEnding(chosenMs: number, captureMs: number | null, releasedAtMs: number, hasSounded: boolean): Ending {
  const leastMs = tailMs(chosenMs, captureMs);
  const mostMs = extended(leastMs);
  const guardMs = Math.max(leastMs, tailMs(DEFAULT_TAIL_MS, captureMs));
  const knownMs = captureMs !== null && Number.isFinite(captureMs) ? captureMs + CLEAR_MS : null;
  let passedMs = 0;
  let soundAtMs = hasSounded ? 0 : Infinity;
  const isPast = (ms: number, quietMs: number, most: number) =>
    passedMs >= most || (passedMs >= ms && passedMs - soundAtMs >= quietMs);
  return {
    update(level, nowMs) {
      passedMs = nowMs - releasedAtMs;
      if (isSound(level)) soundAtMs = passedMs;
    },
    isOver: () => leastMs === 0 || isPast(leastMs, QUIET_MS, mostMs),
    isClear: () =>
      knownMs === null ? isPast(guardMs, QUIET_MS, extended(guardMs)) : isPast(Math.min(knownMs, guardMs), CLEAR_MS, guardMs),
  };
}

const extended = (ms: number): number => Math.min(MAX_TAIL_MS, ms + MAX_EXTENSION_MS);
