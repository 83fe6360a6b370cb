/** A line for a terminal without control and format characters, which could drive it or hide what it says. */
export function plain(line: string): string {
  return line.replaceAll(/[\p{Cc}\p{Cf}]/gu, "?");
}

/** The same for text of several lines. */
export function plainLines(text: string): string {
  return text.split("\n").map(plain).join("\n");
}
