/** The tones of the fake microphones. No harmonic of another tone, and none of the app's own sounds, falls on them. */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

export const TONES = { ada: 1_010, ben: 1_370, cid: 1_790 } as const;
export type Speaker = keyof typeof TONES;

const RATE = 48_000;
const SECONDS = 24;
const LOUDNESS = 0.35;

/**
 * Writes a tone in "syllables" of 80–180 ms with gaps of 12–30 ms, because a browser's noise suppression removes a steady tone within
 * seconds. The lengths never repeat in a file, so the place of a recording in the microphone's sound can be found.
 */
export function writeToneFile(file: string, hertz: number): void {
  const samples = new Int16Array(RATE * SECONDS);
  let random = hertz;
  const between = (low: number, high: number) => {
    random = (random * 1_103_515_245 + 12_345) & 0x7fffffff;
    return low + ((high - low) * ((random >> 8) & 0xffff)) / 0xffff;
  };
  const ramp = RATE * 0.004;
  for (let start = 0; start < samples.length;) {
    const length = Math.round(RATE * between(0.08, 0.18));
    for (let i = 0; i < length && start + i < samples.length; i += 1) {
      const edge = Math.min(1, i / ramp, (length - i) / ramp);
      samples[start + i] = 32_767 * LOUDNESS * edge * Math.sin((2 * Math.PI * hertz * (start + i)) / RATE);
    }
    start += length + Math.round(RATE * between(0.012, 0.03));
  }
  const header = Buffer.alloc(44);
  header.write("RIFF", 0);
  header.writeUInt32LE(36 + samples.byteLength, 4);
  header.write("WAVEfmt ", 8);
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(1, 20);
  header.writeUInt16LE(1, 22);
  header.writeUInt32LE(RATE, 24);
  header.writeUInt32LE(RATE * 2, 28);
  header.writeUInt16LE(2, 32);
  header.writeUInt16LE(16, 34);
  header.write("data", 36);
  header.writeUInt32LE(samples.byteLength, 40);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, Buffer.concat([header, Buffer.from(samples.buffer)]));
}
