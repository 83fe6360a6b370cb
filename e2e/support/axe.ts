/** Checks a page with axe and with checks of our own, in both themes and three widths. */
import { expect, type Page } from "@playwright/test";
import axe from "axe-core";

const WIDE = { width: 1280, height: 800 };
const PHONE = { width: 375, height: 720 };
/** 1280 pixels at 400 % zoom, at which a page must not need sideways scrolling (WCAG 2.2, 1.4.10). */
const ZOOMED = { width: 320, height: 720 };

declare global {
  interface Window {
    axe: typeof axe;
  }
}

/** Changes to axe's default rules (WCAG A and AA, best practices, experiments). */
const RULES = {
  "target-size": { enabled: true },
  "identical-links-same-purpose": { enabled: true },
  "meta-refresh-no-exceptions": { enabled: true },
  // Reports no faults; it only lists hidden content for a person to review.
  "hidden-content": { enabled: false },
};

/** Waits until nothing loads or moves, so that axe does not check a temporary state. */
async function waitUntilSettled(page: Page): Promise<void> {
  await expect(page.getByRole("status", { name: "Loading" }), "the page has loaded").toHaveCount(0);
  await expect(page.locator(".mantine-Skeleton-root"), "the page's content has loaded").toHaveCount(0);
  await page.evaluate(() => document.fonts.ready);
  await expect.poll(() => page.evaluate(() => document.getAnimations().map((animation) => animation.playState))).toEqual([]);
}

/** Menus and the option lists of fields need no landmark, because the control that opens them is in one. */
const REGION = {
  id: "region",
  options: { regionMatcher: "dialog, [role=dialog], [role=alertdialog], svg, [role=listbox], [role=menu]" },
};

async function runAxe(page: Page): Promise<string[]> {
  // Loaded once in each document: the first run of axe is many times slower than the next.
  if (!(await page.evaluate(() => "axe" in window))) {
    await page.evaluate(axe.source);
    await page.evaluate((check) => window.axe.configure({ checks: [check] }), REGION);
  }
  return page.evaluate(async (rules) => {
    const { violations } = await window.axe.run({ resultTypes: ["violations"], rules });
    // An open popup may cover a part of the page while it is open.
    const popup = document.querySelector(".mantine-Popover-dropdown, .mantine-Menu-dropdown") !== null;
    const isCovered = (id: string, why = "") => popup && id === "target-size" && why.includes("partially obscured");
    return violations.flatMap(({ id, nodes }) =>
      nodes
        .filter(({ failureSummary }) => !isCovered(id, failureSummary))
        .map(({ html, failureSummary }) => `${id}: ${html} ${failureSummary?.replaceAll(/\s*\n\s*/g, " ")}`),
    );
  }, RULES);
}

/** Finds content that overflows the screen, and labels that are cut off. Runs in the page. */
function overflowingContent(): string[] {
  const nameOf = (element: Element) => element.getAttribute("aria-label") ?? element.textContent ?? element.localName;
  const overflows = ({ scrollWidth, clientWidth }: Element) => scrollWidth > clientWidth + 1;
  const overflowing = [document.documentElement, ...document.querySelectorAll("main")]
    .filter(overflows)
    .map(({ localName }) => `a part of ${localName} overflows the screen`);
  const labels = ".mantine-Button-label, .mantine-SegmentedControl-label, .mantine-Tabs-tabLabel";
  const cutOff = [...document.querySelectorAll(labels)].filter(overflows).map((label) => `“${nameOf(label)}” is cut off`);
  return [...overflowing, ...cutOff];
}

/** Finds fields that are covered by something when they have the focus. Runs in the page and restores the focus. */
function coveredFields(): string[] {
  if (document.querySelector(".mantine-Popover-dropdown, .mantine-Menu-dropdown")) return [];
  const before = document.activeElement;
  const page = document.querySelector('[role="dialog"]') ?? document;
  const fields = page.querySelectorAll<HTMLElement>('textarea, input:not([type="checkbox"], [type="radio"], [type="file"])');
  const covered = [...fields].filter((field) => {
    if (!field.checkVisibility({ visibilityProperty: true })) return false;
    // A field that already has the focus was not scrolled to when the window shrank.
    field.blur();
    field.focus();
    const { x, y, width, height } = field.getBoundingClientRect();
    const top = document.elementFromPoint(x + width / 2, y + height / 2);
    return !top?.contains(field);
  });
  if (before instanceof HTMLElement) before.focus();
  return covered.map((field) => `something covers ${field.outerHTML.slice(0, 200)}`);
}

/** Finds fields and boxes with a border of too little contrast (WCAG 2.2, 1.4.11), which axe does not check. Runs in the page. */
function paleBorders(): string[] {
  const channels = (colour: string) => colour.match(/[\d.]+/g)?.map(Number) ?? [];
  const isOpaque = (colour: string) => (channels(colour)[3] ?? 1) === 1;
  const luminance = (colour: string) => {
    const [r = 0, g = 0, b = 0] = channels(colour).map((value) => {
      const share = value / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  function backgroundOf(element: Element | null): string {
    for (let at = element; at; at = at.parentElement) {
      const { backgroundColor } = getComputedStyle(at);
      if (isOpaque(backgroundColor)) return backgroundColor;
    }
    return "rgb(255, 255, 255)";
  }
  const isBordered = (field: Element) => {
    const { borderTopWidth, borderTopColor } = getComputedStyle(field);
    return borderTopWidth !== "0px" && isOpaque(borderTopColor);
  };
  return [...document.querySelectorAll('input:not(:disabled, :checked, [role="switch"]), textarea:not(:disabled)')]
    .filter((field) => field.checkVisibility({ visibilityProperty: true, opacityProperty: true }) && isBordered(field))
    .flatMap((field) => {
      const [a, b] = [luminance(getComputedStyle(field).borderTopColor), luminance(backgroundOf(field.parentElement))];
      const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
      return ratio >= 3 ? [] : [`a border of ${ratio.toFixed(2)}:1 around ${field.outerHTML.slice(0, 200)}`];
    });
}

async function findOverflow(page: Page): Promise<string[]> {
  let found: string[] = [];
  // Popups move to their new place a moment later.
  await expect
    .poll(async () => (found = await page.evaluate(overflowingContent)), { timeout: 2_000 })
    .toEqual([])
    .catch(() => null);
  return [...found, ...(await page.evaluate(coveredFields))];
}

/** Examines the page in both themes and three widths, and leaves it wide and light. @returns the findings */
export async function examine(page: Page): Promise<string[]> {
  const findings: string[] = [];
  const add = (look: string, found: string[]) => findings.push(...found.map((finding) => `${look}: ${finding}`));
  const theme = async (colorScheme: "light" | "dark") => {
    await page.emulateMedia({ colorScheme });
    await expect(page.locator("html")).toHaveAttribute("data-mantine-color-scheme", colorScheme);
  };

  await waitUntilSettled(page);
  const title = await page.title();
  if (!/^\S.* · whoot$/.test(title)) add("title", [`“${title}” doesn't say which page this is`]);
  add("light", [...(await runAxe(page)), ...(await page.evaluate(paleBorders))]);
  await theme("dark");
  await page.setViewportSize(PHONE);
  add("dark, phone", [...(await runAxe(page)), ...(await page.evaluate(paleBorders))]);
  add("phone", await findOverflow(page));
  await theme("light");
  await page.setViewportSize(ZOOMED);
  add("zoomed", await findOverflow(page));
  await page.setViewportSize(WIDE);
  return findings;
}
