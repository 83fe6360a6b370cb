/** Words for the user agent that a browser sends. */

const BROWSERS: ReadonlyArray<readonly [name: string, is: RegExp]> = [
  ["Edge", /\bEdg(?:e|A|iOS)?\/([\d]+)/],
  ["Opera", /\bOPR\/(\d+)/],
  ["Firefox", /\b(?:Firefox|FxiOS)\/(\d+)/],
  ["Chrome", /\b(?:Chrome|CriOS|HeadlessChrome)\/(\d+)/],
  ["Safari", /\bVersion\/(\d+).*\bSafari\//],
];
const SYSTEMS: ReadonlyArray<readonly [name: string, is: RegExp]> = [
  ["Android", /Android/],
  ["iPhone or iPad", /iPhone|iPad/],
  ["Windows", /Windows/],
  ["macOS", /Mac OS X|Macintosh/],
  ["Linux", /Linux|X11/],
];

/** "Firefox 151 on Linux" when the browser is recognized; otherwise the user agent itself. */
export function browserWords(userAgent: string): string {
  for (const [name, is] of BROWSERS) {
    const [, version] = is.exec(userAgent) ?? [];
    if (version === undefined) continue;
    const [system] = SYSTEMS.find(([, fits]) => fits.test(userAgent)) ?? [];
    return `${name} ${version}${system ? ` on ${system}` : ""}`;
  }
  return userAgent;
}
