import type { Fields } from "./fields.ts";

/** One golden case: its input and the expected results. */
export interface Case {
  name: string;
  input: Fields;
  expected: Record<string, unknown>;
  /** Formats an amount in the case's currency. */
  text(minor: bigint): string;
}
