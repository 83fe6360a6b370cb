/** Relative luminance of #rrggbb (WCAG 2.2). */
function luminance(colour: string): number {
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => {
    const channel = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

/** Contrast ratio of two colours (WCAG 2.2), 1 to 21. */
export function contrast(one: string, other: string): number {
  const [a, b] = [luminance(one), luminance(other)];
  return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
}

/** Colours that differ at a glance, carry white text in both themes, and are not a state's colour on the board. */
const GIVEN = ["#0a4a45", "#1c5a99", "#5a48b0", "#8c3580", "#8a4b08", "#55651f", "#4a5f6b"] as const;

/** The default colour of a thing that has chosen none, always the same for the same id. */
export function givenColour(id: string): string {
  let hash = 0;
  for (const letter of id) hash = (Math.imul(hash, 31) + (letter.codePointAt(0) ?? 0)) >>> 0;
  return GIVEN[hash % GIVEN.length] ?? GIVEN[0];
}

/** Black or white, whichever has the higher contrast to the colour: the better one always has at least 4.5:1. */
export function readableOn(colour: string): "#000000" | "#ffffff" {
  return contrast(colour, "#ffffff") >= contrast(colour, "#000000") ? "#ffffff" : "#000000";
}
