import { z } from "zod";
import type { VoiceState } from "./state.ts";

const Remembered = z.object({
  wanted: z.array(z.uuid()).max(100),
  selected: z.uuid().nullable(),
  volumes: z.record(z.string(), z.object({ level: z.number().min(0).max(1), muted: z.boolean() })),
});

type Remembered = z.infer<typeof Remembered>;

/** A board is remembered per member, so neither another workspace nor another person on this computer gets it. */
const keyOf = (memberId: string) => `whoot.board.${memberId}`;

export function recallBoard(memberId: string): Partial<Remembered> {
  try {
    return Remembered.safeParse(JSON.parse(localStorage.getItem(keyOf(memberId)) ?? "null")).data ?? {};
  } catch {
    return {};
  }
}

export function rememberBoard(memberId: string, { wanted, selected, volumes }: VoiceState): void {
  try {
    localStorage.setItem(keyOf(memberId), JSON.stringify({ wanted, selected, volumes }));
  } catch {
    // Full or blocked storage costs the memory, nothing else.
  }
}
