/** What axe, and a few looks that axe doesn't take, find on a page: wide and light, narrow and dark. */
import { expect, type Page } from "@playwright/test";
import axe from "axe-core";

const WIDE = { width: 1280, height: 800 };
const PHONE = { width: 375, height: 720 };
/** 1280 pixels at 400 % zoom: what has to be read without scrolling to both sides (WCAG 2.2, 1.4.10). */
const ZOOMED = { width: 320, height: 720 };

declare global {
  interface Window {
    axe: typeof axe;
  }
}

/** Besides what axe asks by itself: WCAG A and AA, best practices, experiments. */
const RULES = {
  "target-size": { enabled: true },
  "identical-links-same-purpose": { enabled: true },
  "meta-refresh-no-exceptions": { enabled: true },
  // It finds no fault: it names what is hidden, for a person to look at.
  "hidden-content": { enabled: false },
};
/** Nothing is loading, fetching or moving any more: axe would judge what nobody has time to read. */
async function settled(page: Page): Promise<void> {
  await expect(page.getByRole("status", { name: "Loading" }), "the page is there").toHaveCount(0);
  await expect(page.locator(".mantine-Skeleton-root"), "what the page shows is there").toHaveCount(0);
  await page.evaluate(() => document.fonts.ready);
  expect(await page.evaluate(() => document.getAnimations().map((animation) => animation.playState))).toEqual([]);
}

/** What belongs to a control, and is reached by it, needs no landmark around it: the list of a field, a menu. */
const REGION = {
  id: "region",
  options: { regionMatcher: "dialog, [role=dialog], [role=alertdialog], svg, [role=listbox], [role=menu]" },
};

async function ask(page: Page): Promise<string[]> {
  // Once in each document: axe that has run before is many times as quick as one that is new.
  if (!(await page.evaluate(() => "axe" in window))) {
    await page.evaluate(axe.source);
    await page.evaluate((check) => window.axe.configure({ checks: [check] }), REGION);
  }
  return page.evaluate(async (rules) => {
    const { violations } = await window.axe.run({ resultTypes: ["violations"], rules });
    // What is open above the page hides a part of what is under it for as long as it is open, and no longer.
    const popup = document.querySelector(".mantine-Popover-dropdown, .mantine-Menu-dropdown") !== null;
    const isCovered = (id: string, why = "") => popup && id === "target-size" && why.includes("partially obscured");
    return violations.flatMap(({ id, nodes }) =>
      nodes
        .filter(({ failureSummary }) => !isCovered(id, failureSummary))
        .map(({ html, failureSummary }) => `${id}: ${html} ${failureSummary?.replaceAll(/\s*\n\s*/g, " ")}`),
    );
  }, RULES);
}

/** What is beside the screen, cut off or covered. Runs in the page. */
function misfits(): string[] {
  const named = (element: Element) => element.getAttribute("aria-label") ?? element.textContent ?? element.localName;
  const overflows = ({ scrollWidth, clientWidth }: Element) => scrollWidth > clientWidth + 1;
  const beside = [document.documentElement, ...document.querySelectorAll("main")]
    .filter(overflows)
    .map(({ localName }) => `a part of ${localName} is beside the screen`);
  const labels = ".mantine-Button-label, .mantine-SegmentedControl-label, .mantine-Tabs-tabLabel";
  const cutOff = [...document.querySelectorAll(labels)].filter(overflows).map((label) => `“${named(label)}” is cut off`);
  return [...beside, ...cutOff];
}

/** The fields that something lies over when they have the focus. Runs in the page, and leaves the focus where it was. */
function coveredFields(): string[] {
  if (document.querySelector(".mantine-Popover-dropdown, .mantine-Menu-dropdown")) return [];
  const before = document.activeElement;
  const page = document.querySelector('[role="dialog"]') ?? document;
  const fields = page.querySelectorAll<HTMLElement>('textarea, input:not([type="checkbox"], [type="radio"], [type="file"])');
  const covered = [...fields].filter((field) => {
    if (!field.checkVisibility({ visibilityProperty: true })) return false;
    field.focus();
    const { x, y, width, height } = field.getBoundingClientRect();
    const top = document.elementFromPoint(x + width / 2, y + height / 2);
    return !top?.contains(field);
  });
  if (before instanceof HTMLElement) before.focus();
  return covered.map((field) => `something lies over ${field.outerHTML.slice(0, 200)}`);
}

async function lookForMisfits(page: Page): Promise<string[]> {
  let found: string[] = [];
  // What is open finds its new place a moment later.
  await expect
    .poll(async () => (found = await page.evaluate(misfits)), { timeout: 2_000 })
    .toEqual([])
    .catch(() => null);
  return [...found, ...(await page.evaluate(coveredFields))];
}

/** Looks at the page as it is, and leaves it wide and light as it was. */
export async function examine(page: Page): Promise<string[]> {
  const findings: string[] = [];
  const add = (look: string, found: string[]) => findings.push(...found.map((finding) => `${look}: ${finding}`));
  const theme = async (colorScheme: "light" | "dark") => {
    await page.emulateMedia({ colorScheme });
    await expect(page.locator("html")).toHaveAttribute("data-mantine-color-scheme", colorScheme);
  };

  await settled(page);
  const title = await page.title();
  if (!/^\S.* · whoot$/.test(title)) add("title", [`“${title}” doesn't say which page this is`]);
  add("light", await ask(page));
  await theme("dark");
  await page.setViewportSize(PHONE);
  add("dark, phone", await ask(page));
  add("phone", await lookForMisfits(page));
  await theme("light");
  await page.setViewportSize(ZOOMED);
  add("zoomed", await lookForMisfits(page));
  await page.setViewportSize(WIDE);
  return findings;
}
