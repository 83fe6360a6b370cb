/** Lines of text in many scripts. Each run of characters uses the first font that has them. */
import { clustersOf, codesOf, type Font, fontFor, type Fonts } from "./glyphs.ts";

export interface Run {
  font: Font;
  text: string;
  width: number;
}

export type TextLine = Run[];

/** The width of a text in one font. */
export type Measure = (font: Font, text: string) => number;

export function widthOf(line: TextLine): number {
  return line.reduce((sum, { width }) => sum + width, 0);
}

/** Replaces a character that no font has by its code, so that nothing disappears silently. */
function substitute(cluster: string): string {
  return `[${codesOf(cluster)}]`;
}

export interface Typesetter {
  /** Breaks at spaces, and inside a word that is too long. Returns at least one line. */
  wrap(text: string, width: number): TextLine[];
  /** Characters that no font has, and that their codes replaced. */
  replaced: ReadonlySet<string>;
}

export function makeTypesetter(fonts: Fonts, measure: Measure): Typesetter {
  const replaced = new Set<string>();
  const [fallback] = fonts.list;
  if (!fallback) throw new Error("there is no font");

  /** Groups neighbouring characters with the same font. */
  function runsOf(word: string): { font: Font; text: string }[] {
    const runs: { font: Font; text: string }[] = [];
    for (const cluster of clustersOf(word)) {
      const last = runs.at(-1);
      // A space or a sign stays in the font of the letters before it if that font has it.
      const stays = last && !/[\p{L}\p{N}]/u.test(cluster) && fontFor(cluster, { ...fonts, list: [last.font] });
      const font = stays || fontFor(cluster, fonts);
      if (!font) replaced.add(cluster);
      const [used, text] = font ? [font, cluster] : [fallback as Font, substitute(cluster)];
      if (last?.font === used) last.text += text;
      else runs.push({ font: used, text });
    }
    return runs;
  }

  function measured(word: string): TextLine {
    return runsOf(word).map((run) => ({ ...run, width: measure(run.font, run.text) }));
  }

  /** Splits a word into the longest pieces that fit. */
  function* pieces(word: string, width: number): Generator<TextLine> {
    let piece = "";
    let fitting: TextLine = [];
    for (const cluster of clustersOf(word)) {
      const longer = measured(piece + cluster);
      if (piece !== "" && widthOf(longer) > width) {
        yield fitting;
        piece = cluster;
        fitting = measured(piece);
      } else {
        piece += cluster;
        fitting = longer;
      }
    }
    yield fitting;
  }

  function wrap(text: string, width: number): TextLine[] {
    const lines: TextLine[] = [];
    let line = "";
    let set: TextLine = [];
    for (const word of text.split(" ").filter((part) => part !== "")) {
      const longer = measured(line === "" ? word : `${line} ${word}`);
      if (widthOf(longer) <= width) {
        line = line === "" ? word : `${line} ${word}`;
        set = longer;
        continue;
      }
      if (line !== "") lines.push(set);
      const parts = [...pieces(word, width)];
      lines.push(...parts.slice(0, -1));
      set = parts.at(-1) ?? [];
      line = set.map((run) => run.text).join("");
    }
    return [...lines, set];
  }

  return { wrap, replaced };
}
