/** A person without a mouse: nothing here clicks, and the focus moves only by Tab and the arrow keys. */
import { expect, type FileChooser, type Locator } from "@playwright/test";
import type { Person } from "./people.ts";

/** With more presses of Tab between two actions, the page counts as unusable by keyboard. */
const MAX_TABS = 40;

/** Tab, or Shift+Tab. */
type Direction = "forward" | "back";

export interface Keyboard {
  /** Opens an address. Afterwards nothing has the focus. */
  open(address: string): Promise<void>;
  /** Presses Tab (or Shift+Tab) until the target has a visible focus. */
  to(target: Locator, direction?: Direction): Promise<void>;
  /** Moves to the target and presses the key. */
  press(target: Locator, key?: string, direction?: Direction): Promise<void>;
  /** Presses an arrow key until the target has the focus, in a menu, a list of tabs or a table. */
  arrow(target: Locator, key: string): Promise<void>;
  /** Moves to the field and replaces its text. */
  fill(field: Locator, text: string, direction?: Direction): Promise<void>;
  /** Moves to the field and chooses an option with the arrow keys, after typing `typed`. */
  pick(field: Locator, option: string | RegExp, typed?: string, direction?: Direction): Promise<void>;
  /** Moves to the radio button's group, then to the button with the arrow keys. */
  choose(radio: Locator): Promise<void>;
  /** Moves to the button, opens its file chooser and chooses the file. */
  chooseFile(button: Locator, file: Parameters<FileChooser["setFiles"]>[0]): Promise<void>;
  /** Expects that the target gets the focus without a key. */
  expectFocusOn(target: Locator): Promise<void>;
  /** Expects that the focus is in the dialog and that Tab stays in it. */
  expectFocusInside(dialog: Locator): Promise<void>;
  /** Closes the dialog with Escape and expects the focus on `backOn`. */
  escape(dialog: Locator, backOn: Locator): Promise<void>;
}

export function keyboardOf({ page }: Person): Keyboard {
  /** True until the first key is pressed on a page. */
  let untouched = true;
  const { keyboard } = page;

  async function open(address: string) {
    await page.goto(address);
    untouched = true;
  }

  async function expectSomeFocus() {
    if (untouched) return;
    await expect
      .poll(() => page.evaluate(() => document.activeElement !== document.body), { message: "something has the focus" })
      .toBe(true);
  }

  async function to(target: Locator, direction: Direction = "forward") {
    await expect(target).toBeAttached();
    await expectSomeFocus();
    // Read before the focus is checked, because a closing dialog may return the focus to the target at this moment.
    const unfocusedStyles = await target.evaluate(focusStyles);
    if (await hasFocus(target)) return;
    const stops = [`from ${await page.evaluate(nameOfFocused)}`];
    while (stops.length <= MAX_TABS) {
      await keyboard.press(direction === "forward" ? "Tab" : "Shift+Tab");
      untouched = false;
      if (await hasFocus(target)) {
        await expect
          .poll(() => target.evaluate(focusStyles), { message: `the focus is visible on ${target.toString()}` })
          .not.toBe(unfocusedStyles);
        // A notification may cover the target for a while.
        await expect.poll(() => target.evaluate(isInSight), { message: `${target.toString()} is not covered` }).toBe(true);
        return;
      }
      stops.push(await page.evaluate(nameOfFocused));
    }
    throw new Error(`after ${MAX_TABS} presses of Tab the focus is not on ${target.toString()}:\n${stops.join("\n")}`);
  }

  async function expectFocusOn(target: Locator) {
    const what = target.toString();
    // Compares names, so that a failure says what has the focus instead.
    await expect.poll(async () => ((await hasFocus(target)) ? what : page.evaluate(nameOfFocused))).toBe(what);
  }

  async function press(target: Locator, key = "Enter", direction?: Direction) {
    await to(target, direction);
    await keyboard.press(key);
  }

  async function arrow(target: Locator, key: string) {
    await expect(target).toBeAttached();
    for (let steps = 0; steps < 20; steps += 1) {
      if (await hasFocus(target)) return;
      await keyboard.press(key);
    }
    throw new Error(`${key} does not reach ${target.toString()}; the focus is on ${await page.evaluate(nameOfFocused)}`);
  }

  return {
    open,
    to,
    press,
    arrow,
    async fill(field, text, direction) {
      await to(field, direction);
      await keyboard.press("Control+a");
      await keyboard.type(text);
      await expect(field).toHaveValue(text);
    },
    async pick(field, option, typed, direction) {
      await to(field, direction);
      if (typed !== undefined) {
        await keyboard.press("Control+a");
        await keyboard.type(typed);
      }
      if ((await field.getAttribute("aria-expanded")) !== "true") await keyboard.press("ArrowDown");
      const wanted = page.getByRole("option", { name: option });
      await expect(wanted).toBeVisible();
      // When results of a search arrive between the mark and Enter, the field loses the mark although it may still show it, so mark again.
      await expect(async () => {
        if (await wanted.isHidden()) return;
        let marked: string | null = null;
        for (let steps = 0; steps < 60 && marked === null; steps += 1) {
          await keyboard.press("ArrowDown");
          marked = await wanted.getAttribute("data-combobox-selected");
        }
        await keyboard.press("Enter");
        await expect(wanted).toBeHidden({ timeout: 2_000 });
      }).toPass();
      await expectFocusOn(field);
    },
    async choose(radio) {
      await expect(radio).toBeAttached();
      const name = await radio.getAttribute("name");
      await to(page.locator(`input[type="radio"][name="${name}"]:checked`));
      await arrow(radio, "ArrowRight");
      await expect(radio).toBeChecked();
    },
    async chooseFile(button, file) {
      // Started first, because Playwright needs a moment to replace the browser's file chooser.
      const chooser = page.waitForEvent("filechooser");
      await press(button);
      await (await chooser).setFiles(file);
    },
    expectFocusOn,
    async expectFocusInside(dialog) {
      await expect(dialog).toBeVisible();
      const within = () => dialog.evaluate((element) => element.contains(document.activeElement));
      await expect.poll(within, { message: `the focus is in ${dialog.toString()}` }).toBe(true);
      const first = await page.evaluateHandle(() => document.activeElement);
      for (let stops = 0; stops < MAX_TABS; stops += 1) {
        await keyboard.press("Tab");
        expect(await within(), `Tab stays in ${dialog.toString()}`).toBe(true);
        if (await first.evaluate((element) => element === document.activeElement)) return;
      }
      throw new Error(`Tab does not return to the first element of ${dialog.toString()}`);
    },
    async escape(dialog, backOn) {
      await keyboard.press("Escape");
      await expect(dialog).toBeHidden();
      await expectFocusOn(backOn);
    },
  };
}

const hasFocus = async (target: Locator) =>
  (await target.count()) > 0 && (await target.evaluate((element) => element === document.activeElement));

/**
 * The styles that can show a control's focus: outline, shadow and border, of the control or of the elements drawn in place of a hidden
 * input.
 */
function focusStyles(element: Element): string {
  const labels = element instanceof HTMLInputElement ? [...(element.labels ?? [])] : [];
  return [element, element.parentElement, element.nextElementSibling, ...labels]
    .flatMap((part) => (part ? [getComputedStyle(part), getComputedStyle(part, "::after")] : []))
    .map(({ outlineStyle, outlineWidth, boxShadow, borderColor }) =>
      [outlineStyle === "none" ? 0 : outlineWidth, boxShadow, borderColor].join(" "),
    )
    .join("; ");
}

/** Whether at least a part of the element is not covered (WCAG 2.2, 2.4.11). */
function isInSight(element: Element): boolean {
  const labels = element instanceof HTMLInputElement ? [...(element.labels ?? [])] : [];
  return [element, ...labels].some((part) => {
    const { left, top, width, height } = part.getBoundingClientRect();
    return [0.1, 0.5, 0.9].some((x) =>
      [0.1, 0.5, 0.9].some((y) => {
        const hit = document.elementFromPoint(left + width * x, top + height * y);
        return hit !== null && (part.contains(hit) || labels.some((label) => label.contains(hit)));
      }),
    );
  });
}

function nameOfFocused(): string {
  const focused = document.activeElement;
  if (!focused || focused === document.body) return "nothing";
  const name = focused.getAttribute("aria-label") ?? focused.textContent?.trim().slice(0, 60);
  return `${focused.tagName.toLowerCase()} ${name || (focused.getAttribute("name") ?? focused.id)}`;
}
