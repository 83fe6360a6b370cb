import { copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { expect, test } from "vitest";
import { temporaryFolder } from "../../testing/folders.ts";
import { printProblem, readFonts, unprintable } from "./glyphs.ts";
import { drawPdf } from "./pdf.ts";
import { packed, readPdf } from "./testing/read-pdf.ts";
import { someDocument } from "./testing/some-document.ts";

const fonts = readFonts(null);
const require = createRequire(import.meta.url);

test("the first characters that can't be printed are named, each once, with what to do", () => {
  expect(printProblem("Łódź", fonts)).toBe(null);
  expect(printProblem("株株式 ab", fonts)).toBe(
    "These characters can't be printed on invoices: 株 式. Your operator can install a font for them.",
  );
  expect(unprintable("一二三四五六七", fonts)).toEqual(["一", "二", "三", "四", "五"]);
  expect(printProblem("a\u0007b", fonts)).toMatch(/: U\+0007\. /);
  expect(printProblem("שלום", fonts)).toMatch(/from right to left: ש ל ו ם\. Write it in Latin letters\.$/);
});

test("a letter and its accents count as one character, composed or not", () => {
  expect(unprintable("e\u0301", fonts)).toEqual([]);
  expect(unprintable("क\u094d\u200dष", fonts)).toEqual([]);
  expect(unprintable("a\u0915", fonts)).toEqual([]);
  expect(unprintable("\u200d", fonts)).toEqual(["\u200d"]);
});

test("an installed font shows its characters, and a file that is no font is named", async () => {
  const folder = temporaryFolder("whoot-fonts-");
  mkdirSync(join(folder, "indic"));
  const latin = readFonts(folder, ["latin"]);
  expect(printProblem("बहु", latin)).toMatch(/install a font/);
  copyFileSync(
    require.resolve("@fontsource/noto-sans/files/noto-sans-devanagari-400-normal.woff"),
    join(folder, "indic", "a.woff"),
  );
  writeFileSync(join(folder, "broken.ttf"), "no font");
  const more = readFonts(folder, ["latin"]);
  expect(more.problems).toEqual([expect.stringMatching(/^The font .*broken\.ttf can't be used: /)]);
  expect(printProblem("बहु", more)).toBe(null);
  const { pdf } = await drawPdf({ ...someDocument(), buyer: { ...someDocument().buyer, name: "बहु ltd" } }, more);
  expect((await readPdf(pdf)).pages.join("")).toContain(packed("बहु ltd"));
});
