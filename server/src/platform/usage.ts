/** What was typed after a command isn't what it takes. The message says what is wrong. */
export class UsageError extends Error {
  override name = "UsageError";
}
