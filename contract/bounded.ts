import { z } from "zod";

/** A string of at most `max` UTF-16 code units. A longer one is refused before any other check or transform runs. */
export function bounded(max: number, message = `Use at most ${max.toLocaleString("en")} characters.`) {
  return z.string().max(max, { error: message, abort: true });
}
