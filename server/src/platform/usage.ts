/** The arguments of a command are wrong. The message says how. */
export class UsageError extends Error {
  override name = "UsageError";
}
