import { expect, test } from "vitest";
import { contrast } from "./colour.ts";
import css from "./tokens.css?raw";

/** The colours of one rule of tokens.css, by name without `--w-`. */
function tokens(selector: string): Record<string, string> {
  const rule = css.slice(css.indexOf(`${selector} {`)).split("}")[0] ?? "";
  return Object.fromEntries([...rule.matchAll(/--w-([\w-]+): (#[0-9a-f]{6});/g)].map(([, name, colour]) => [name, colour]));
}
const light = tokens(":root");
const themes = { light, dark: { ...light, ...tokens(':root[data-mantine-color-scheme="dark"]') } };

/** @returns the pairs whose contrast is below the limit, as "dark: dim on page: 2.87" */
function below(limit: number, colours: readonly string[], grounds: readonly string[]): string[] {
  return Object.entries(themes).flatMap(([theme, values]) =>
    colours.flatMap((colour) =>
      grounds.flatMap((ground) => {
        const ratio = contrast(values[colour] ?? "none", values[ground] ?? "none");
        return ratio >= limit ? [] : [`${theme}: ${colour} on ${ground}: ${ratio.toFixed(2)}`];
      }),
    ),
  );
}

const GROUNDS = ["page", "surface", "sunken", "hover"];

test("the borders of fields and boxes have a contrast of 3:1 to every background, in both themes (WCAG 1.4.11)", () => {
  expect(below(3, ["field-line", "teal", "danger"], [...GROUNDS, "teal-soft"])).toEqual([]);
});

test("text has a contrast of 4.5:1 to its background, in both themes (WCAG 1.4.3)", () => {
  expect(below(4.5, ["text", "dim"], GROUNDS)).toEqual([]);
  expect(below(4.5, ["teal", "danger"], ["page", "surface"])).toEqual([]);
  expect(below(4.5, ["teal", "text"], ["teal-soft"])).toEqual([]);
  expect(below(4.5, ["amber", "text"], ["amber-soft"])).toEqual([]);
  expect(below(4.5, ["live-text", "text"], ["live-soft"])).toEqual([]);
  expect(below(4.5, ["on-live", "on-live-dim"], ["live"])).toEqual([]);
  expect(below(4.5, ["on-live", "on-incoming-dim"], ["incoming"])).toEqual([]);
});

test("incoming, live and selected tiles have a contrast of 2.5:1 to quiet ones, in both themes", () => {
  expect(below(2.5, ["incoming", "live", "target"], ["page", "surface"])).toEqual([]);
});

test("the check finds a contrast that is too low", () => {
  expect(below(3, ["line"], ["surface"])).toEqual([
    expect.stringMatching(/^light: line on surface: 1\.\d\d$/),
    expect.stringMatching(/^dark: line on surface: 1\.\d\d$/),
  ]);
});
