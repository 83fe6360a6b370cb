/** Types and helpers of the hostile bench's attacks. */
import type { Figure } from "./figure.ts";
import type { Stranger } from "./hostile-strangers.ts";
import type { Workspace } from "./workspace.ts";

export interface Attack {
  /** Its kind: `node bench/hostile.ts A C` runs two kinds only. */
  letter: string;
  name: string;
  /** Runs before the measurement. */
  prepare?(): Promise<void>;
  /** @param until on the clock of performance.now(). @returns figures of the attack's own */
  run(until: number): Promise<Figure[]>;
}

export interface Scene {
  bench: Workspace;
  mallory: Stranger;
  atEnd(end: () => void): void;
}

/** Repeats the request, `atOnce` in parallel. Refusals are ignored, because refusing an attack is right. */
export async function keepDoing(atOnce: number, until: number, request: (turn: number) => Promise<unknown>): Promise<void> {
  let turn = 0;
  const one = async () => {
    while (performance.now() < until) await request((turn += 1)).catch(() => {});
  };
  await Promise.all(Array.from({ length: atOnce }, one));
}

export const nothing: Figure[] = [];

export function figure(name: string, value: number, more: { aim: number; unit: string; reference: string }): Figure {
  return { name, value, better: "lower", ...more };
}
