import { z } from "zod";
import { MAX_MISSED } from "./missed.ts";
import type { VoiceState } from "./model.ts";

const Remembered = z.object({
  wanted: z.array(z.uuid()).max(1_000),
  selected: z.uuid().nullable(),
  volumes: z.record(z.string(), z.object({ level: z.number().min(0).max(1), muted: z.boolean() })),
  missed: z.record(z.string(), z.array(z.uuid()).max(MAX_MISSED)).default({}),
  /** When the page was last connected, by the server's clock. This person did not hear what was said later. */
  hereUntil: z.iso.datetime().nullable().default(null),
});

type Remembered = z.infer<typeof Remembered>;

/** A board is stored per member, so neither another workspace nor another person on this computer sees it. */
const keyOf = (memberId: string) => `whoot.board.${memberId}`;

export function recallBoard(memberId: string): Partial<Remembered> {
  try {
    return Remembered.safeParse(JSON.parse(localStorage.getItem(keyOf(memberId)) ?? "null")).data ?? {};
  } catch {
    return {};
  }
}

export function rememberBoard(
  memberId: string,
  { wanted, selected, volumes, missed }: VoiceState,
  hereUntil: string | null,
): void {
  try {
    localStorage.setItem(keyOf(memberId), JSON.stringify({ wanted, selected, volumes, missed, hereUntil }));
  } catch {
    // With full or blocked storage the board is not remembered; everything else works.
  }
}
