/** Checks that docs/sso.md names existing tests by their whole titles. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
const TABLE = readFileSync(join(ROOT, "docs/sso.md"), "utf8").split("## What others ran into")[1] ?? "";
const rows = TABLE.split("\n").filter((line) => /^\| \d/.test(line));

/** Test files by their paths. */
const files = ["server/src", "e2e"].flatMap((folder) =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" })
    .filter((file) => /\.(test|spec)\.ts$/.test(file))
    .map((file) => `${folder}/${file}`),
);
const fileOf = (name: string) => files.filter((file) => `/${file}`.endsWith(`/${name}`));

test("every symptom of docs/sso.md is there once", () => {
  const numbers = rows.flatMap((row) =>
    (row.split("|")[1] ?? "").split(",").flatMap((part) => {
      const [first = 0, last = first] = part.split("–").map(Number);
      return Array.from({ length: last - first + 1 }, (_, index) => first + index);
    }),
  );
  expect(numbers.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 46 }, (_, index) => index + 1));
});

test("every test file that docs/sso.md names exists, and every quoted title is the whole title of a test in it", () => {
  const wrong: string[] = [];
  let titles = 0;
  for (const row of rows) {
    const here = row.split(" | ").at(-1) ?? "";
    let source = "";
    for (const [, name, title] of here.matchAll(/`([\w/.-]+\.(?:test|spec)\.ts)`|"([^"]+)"/g)) {
      if (name !== undefined) {
        const found = fileOf(name);
        if (found.length !== 1) wrong.push(`${name}: ${found.length} files`);
        source = found.map((file) => readFileSync(join(ROOT, file), "utf8")).join("");
      } else if (title !== undefined) {
        titles += 1;
        if (!source.includes(`test("${title}"`)) wrong.push(title);
      }
    }
  }
  expect(wrong).toEqual([]);
  expect(titles).toBeGreaterThan(30);
});
