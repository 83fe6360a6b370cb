/** docs/asvs.md has every row of ASVS 5.0 V6–V10, levels 1 and 2, and names tests that exist. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** Sections, with the number of their rows at levels 1 and 2. */
const SECTIONS: Record<string, number> = {
  "6.1": 3,
  "6.2": 12,
  "6.3": 4,
  "6.4": 4,
  "6.5": 5,
  "6.6": 3,
  "6.8": 4,
  "7.1": 3,
  "7.2": 4,
  "7.3": 2,
  "7.4": 5,
  "7.5": 2,
  "7.6": 2,
  "8.1": 2,
  "8.2": 3,
  "8.3": 1,
  "8.4": 1,
  "9.1": 3,
  "9.2": 4,
  "10.1": 2,
  "10.2": 2,
  "10.3": 4,
  "10.4": 11,
  "10.5": 5,
  "10.6": 2,
  "10.7": 3,
};

const rows = readFileSync(join(ROOT, "docs/asvs.md"), "utf8")
  .split("\n")
  .filter((line) => /^\| \d/.test(line))
  .map((line) => {
    const [id = "", words = "", state = "", why = ""] = line.slice(2, -2).split(" | ");
    return { id, words, state, why };
  });

function testFiles(): string[] {
  return ["server/src", "contract", "e2e"].flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" })
      .filter((file) => /\.(test|spec)\.ts$/.test(file))
      .map((file) => readFileSync(join(ROOT, folder, file), "utf8")),
  );
}

test("docs/asvs.md has exactly the 96 rows of V6 to V10 at levels 1 and 2, in their order", () => {
  const ids = Object.entries(SECTIONS).flatMap(([section, count]) =>
    Array.from({ length: count }, (_, index) => `${section}.${index + 1}`),
  );
  expect(ids).toHaveLength(96);
  expect(rows.map(({ id }) => id)).toEqual(ids);
});

test("every row of docs/asvs.md is met, open or not applicable, and says by what or why", () => {
  const wrong = rows.filter(({ state, why }) => !["met", "open", "not applicable"].includes(state) || why === "");
  expect(wrong).toEqual([]);
});

test("every row of docs/asvs.md that is met names the title of a test that exists", () => {
  const sources = testFiles();
  const unknown = rows.filter(({ state, why }) => state === "met" && !sources.some((source) => source.includes(`"${why}"`)));
  expect(unknown.map(({ id, why }) => `${id} ${why}`)).toEqual([]);
});
