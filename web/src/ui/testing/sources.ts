const sources = import.meta.glob<string>(
  ["../../**/*.{ts,tsx}", "!../../**/*.test.ts", "!../../**/testing/**", "!../../api/schema.d.ts"],
  {
    query: "?raw",
    import: "default",
    eager: true,
  },
);

/** The app's files, without tests, that contain the pattern: for rules about which file may use what. */
export function filesHolding(pattern: RegExp): string[] {
  return Object.keys(sources)
    .filter((file) => pattern.test(sources[file] ?? ""))
    .map((file) => file.replace(/^\.\.\/\.\.\//, "").replace(/^\.\.\//, "ui/"))
    .toSorted();
}
