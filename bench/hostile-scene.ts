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

/**
 * Repeats the request, `atOnce` in parallel.
 * @returns how many answers the attacker got in a second: the attack's strength. Refusals count, because refusing an attack is right.
 */
export async function keepDoing(atOnce: number, until: number, request: (turn: number) => Promise<unknown>): Promise<Figure[]> {
  const start = performance.now();
  let turn = 0;
  const one = async () => {
    while (performance.now() < until) await request((turn += 1)).catch(() => {});
  };
  await Promise.all(Array.from({ length: atOnce }, one));
  const value = Number((turn / ((performance.now() - start) / 1_000)).toFixed(1));
  return [
    { name: "answers to the attacker", value, unit: "a second", better: "higher", aim: null, reference: `${atOnce} at once` },
  ];
}

export function figure(name: string, value: number, more: { aim: number; unit: string; reference: string }): Figure {
  return { name, value, better: "lower", ...more };
}
