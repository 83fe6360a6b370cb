/**
 * Which characters documents can show. whoot ships Latin, Greek, Cyrillic, Vietnamese and Devanagari; an operator installs fonts for
 * others. Scripts that run from right to left cannot be shown, because pdfkit puts their letters in the wrong order.
 */
import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { resolve } from "node:path";
import { charactersOf } from "./font-characters.ts";

const require = createRequire(import.meta.url);

export const WEIGHTS = ["regular", "bold"] as const;
export type Weight = (typeof WEIGHTS)[number];

export interface Font {
  /** Paths of the font's files. An installed font has one file for both weights. */
  files: Readonly<Record<Weight, string>>;
  characters: ReadonlySet<number>;
}

/** The order matters: the first font that has all characters of a cluster shows it. */
const SHIPPED = ["latin", "latin-ext", "greek", "cyrillic", "vietnamese", "greek-ext", "cyrillic-ext", "devanagari"];

function shippedFont(part: string): Font {
  const [regular, bold] = ["400", "600"].map((weight) =>
    require.resolve(`@fontsource/noto-sans/files/noto-sans-${part}-${weight}-normal.woff`),
  ) as [string, string];
  return { files: { regular, bold }, characters: charactersOf(readFileSync(regular)) };
}

/** Without WOFF2, because pdfkit fails on it. */
const FONT_FILE = /\.(woff|ttf|otf)$/i;
const MAX_FILES = 1_000;

function filesBelow(folder: string): string[] {
  try {
    const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
    const files = entries.filter((entry) => entry.isFile() && FONT_FILE.test(entry.name));
    return files.map((entry) => resolve(entry.parentPath, entry.name)).sort();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}

export interface Fonts {
  list: readonly Font[];
  /** Sentences about files that cannot be used. */
  problems: readonly string[];
}

/** Reads the fonts that come with whoot, and those in a folder. */
export function readFonts(folder: string | null, shipped: readonly string[] = SHIPPED): Fonts {
  const list = shipped.map(shippedFont);
  const problems: string[] = [];
  for (const file of folder === null ? [] : filesBelow(folder).slice(0, MAX_FILES)) {
    try {
      list.push({ files: { regular: file, bold: file }, characters: charactersOf(readFileSync(file)) });
    } catch (error) {
      problems.push(`The font ${file} can't be used: ${(error as Error).message}.`);
    }
  }
  return { list, problems };
}

const read = new Map<string, Fonts>();

/** The server's fonts, read once. A font that is installed later takes effect at the next start. */
export function fontsOf({ dataFolder }: { dataFolder: string }): Fonts {
  const folder = resolve(dataFolder, "fonts");
  const fonts = read.get(folder) ?? readFonts(folder);
  read.set(folder, fonts);
  return fonts;
}

/** Right-to-left scripts, and characters that change the direction. */
const RIGHT_TO_LEFT =
  /[\u0590-\u08ff\u200e\u200f\u202a-\u202e\u2066-\u2069\ufb1d-\ufdff\ufe70-\ufefe\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]/u;
/** Invisible characters, except the joiners of Devanagari. */
const INVISIBLE = /(?![\u200c\u200d])[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]|^[\u200c\u200d]+$/u;

const clusters = new Intl.Segmenter("und", { granularity: "grapheme" });

/** Splits a text into what people see as one character: a letter with its accents, a syllable of Devanagari. */
export function clustersOf(text: string): string[] {
  return Array.from(clusters.segment(text.normalize("NFC")), ({ segment }) => segment);
}

/** The first font that has every character of the cluster; undefined if none has. */
export function fontFor(cluster: string, { list }: Fonts): Font | undefined {
  if (RIGHT_TO_LEFT.test(cluster) || INVISIBLE.test(cluster)) return undefined;
  const characters = Array.from(cluster, (character) => character.codePointAt(0) ?? 0);
  return list.find((font) => characters.every((character) => font.characters.has(character)));
}

const MAX_NAMED = 5;

/** The first characters of a text that cannot be shown, each once. */
export function unprintable(text: string, fonts: Fonts): string[] {
  const found = new Set<string>();
  for (const cluster of clustersOf(text)) {
    if (fontFor(cluster, fonts)) continue;
    found.add(cluster);
    if (found.size === MAX_NAMED) break;
  }
  return [...found];
}

/** Invisible characters, and marks without a letter, are named by their code. */
function named(cluster: string): string {
  return INVISIBLE.test(cluster) || /^\p{M}/u.test(cluster) ? codesOf(cluster) : cluster;
}

/** Formats code points, such as U+682A. */
export function codesOf(cluster: string): string {
  return Array.from(cluster, (character) => {
    const code = (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0");
    return `U+${code}`;
  }).join(" ");
}

/** A sentence for the person who typed the text; null if documents can show all of it. */
export function printProblem(text: string, fonts: Fonts): string | null {
  const found = unprintable(text, fonts);
  if (found.length === 0) return null;
  const list = found.map(named).join(" ");
  if (found.some((cluster) => RIGHT_TO_LEFT.test(cluster))) {
    return `These characters can't be printed on invoices, because their script runs from right to left: ${list}. Write it in Latin letters.`;
  }
  return `These characters can't be printed on invoices: ${list}. Your operator can install a font for them.`;
}
