/** The arguments of commands that change a ledger: an amount's reason, and checks. */
import { UsageError } from "../platform/usage.ts";

const MAX_ARGUMENT = 40;
const MAX_REASON = 200;

/** Joins the words of the reason, which goes into the workspace's audit log. */
export function reasonOf(words: readonly string[]): string {
  const reason = words.join(" ").trim();
  if (reason === "") throw new UsageError("Why? Give the reason, which the workspace's audit log shows.");
  if (reason.length > MAX_REASON || /\p{C}/u.test(reason))
    throw new UsageError(`Use at most ${MAX_REASON} letters for the reason.`);
  return reason;
}

/** Returns an argument that must be present. @throws UsageError that asks for it */
export function requireArgument(argument: string | undefined, ask: string): string {
  if (argument === undefined || argument.length > MAX_ARGUMENT) throw new UsageError(ask);
  return argument;
}
