import type { Fields } from "./fields.ts";

/** One golden case: what goes in, and what must come out. */
export interface Case {
  name: string;
  input: Fields;
  expected: Record<string, unknown>;
  /** Writes an amount in the case's currency. */
  text(minor: bigint): string;
}
