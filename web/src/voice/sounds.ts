/** Short sounds that mark a change of state. They are synthesized, so that no download can fail. */
export type Tick = "live" | "released" | "incoming" | "denied" | "lost";

/** [start Hz, end Hz, delay in s, length in s, peak gain] */
const NOTES: Record<Tick, readonly (readonly [number, number, number, number, number])[]> = {
  live: [[620, 930, 0, 0.06, 0.11]],
  released: [[520, 440, 0, 0.04, 0.05]],
  incoming: [[740, 740, 0, 0.045, 0.05]],
  denied: [
    [220, 200, 0, 0.07, 0.12],
    [220, 190, 0.11, 0.09, 0.12],
  ],
  lost: [[420, 170, 0, 0.38, 0.11]],
};

export function playTick(context: AudioContext, tick: Tick): void {
  if (context.state !== "running") return;
  for (const [from, to, at, length, loudness] of NOTES[tick]) {
    const start = context.currentTime + at;
    const tone = context.createOscillator();
    const envelope = context.createGain();
    tone.frequency.setValueAtTime(from, start);
    tone.frequency.exponentialRampToValueAtTime(to, start + length);
    envelope.gain.setValueAtTime(0, start);
    envelope.gain.linearRampToValueAtTime(loudness, start + 0.008);
    envelope.gain.exponentialRampToValueAtTime(0.0001, start + length);
    tone.connect(envelope).connect(context.destination);
    tone.start(start);
    tone.stop(start + length + 0.02);
  }
}
