import { HIDDEN_ADDRESS } from "#contract/audit.ts";

/**
 * Replaces everything that could be an email address, wherever it stands, so that new features need not think of it. Hiding a channel's
 * name by mistake is better than showing a person's address. It replaces word by word in one pass, and works on JSON text too, where words
 * end at quotation marks and backslashes.
 */
export function hideAddresses(text: string): string {
  if (!text.includes("@")) return text;
  return text.replace(/[^\s"\\<>,;:()[\]]+/gu, (word) => (/.@./u.test(word) ? HIDDEN_ADDRESS : word));
}
