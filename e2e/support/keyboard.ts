/** A person without a mouse: nothing here clicks, and nothing has the focus that Tab or the arrow keys did not bring to it. */
import { expect, type FileChooser, type Locator } from "@playwright/test";
import type { Person } from "./people.ts";

/** More presses than this between two things that one does after each other is no way to work. */
const FAR = 40;

/** Tab, or Shift+Tab. */
type Direction = "on" | "back";

export interface Keyboard {
  /** Opens an address, where nothing has the focus yet. */
  open(address: string): Promise<void>;
  /** Goes on with Tab (or back, with Shift) until it has the focus, which can be seen on it. */
  to(target: Locator, direction?: Direction): Promise<void>;
  /** Goes there, and presses. */
  press(target: Locator, key?: string, direction?: Direction): Promise<void>;
  /** From its neighbour in a menu, a list of tabs or a table. */
  arrow(target: Locator, key: string): Promise<void>;
  /** Goes there, and types in the place of what is there. */
  fill(field: Locator, text: string, direction?: Direction): Promise<void>;
  /** Goes to the field and chooses by typing, if it can be typed in, and with the arrows. */
  pick(field: Locator, option: string | RegExp, typed?: string, direction?: Direction): Promise<void>;
  /** Goes to the group of the radio button, and with the arrows to the button. */
  choose(radio: Locator): Promise<void>;
  /** Goes to the button that opens a file chooser, and gives it a file. */
  chooseFile(button: Locator, file: Parameters<FileChooser["setFiles"]>[0]): Promise<void>;
  /** It has the focus by now, without a key. */
  isOn(target: Locator): Promise<void>;
  /** What opened has the focus, and Tab goes round in it. */
  isInside(dialog: Locator): Promise<void>;
  /** Escape closes it, and the focus is back where it was opened. */
  escape(dialog: Locator, backOn: Locator): Promise<void>;
}

export function keyboardOf({ page }: Person): Keyboard {
  let fresh = true;
  const { keyboard } = page;

  async function open(address: string) {
    await page.goto(address);
    fresh = true;
  }

  async function hasNotLostFocus() {
    if (fresh) return;
    await expect
      .poll(() => page.evaluate(() => document.activeElement !== document.body), { message: "the focus is somewhere" })
      .toBe(true);
  }

  async function to(target: Locator, direction: Direction = "on") {
    await expect(target).toBeAttached();
    await hasNotLostFocus();
    // Looked at before it is asked: the focus may come here by itself, from what goes away in this moment.
    const before = await target.evaluate(look);
    if (await hasFocus(target)) return;
    const stops = [`from ${await page.evaluate(nameOfFocused)}`];
    while (stops.length <= FAR) {
      await keyboard.press(direction === "on" ? "Tab" : "Shift+Tab");
      fresh = false;
      if (await hasFocus(target)) {
        await expect.poll(() => target.evaluate(look), { message: `the focus is seen on ${target.toString()}` }).not.toBe(before);
        // At the latest when a notification that lies over it has gone.
        await expect.poll(() => target.evaluate(isInSight), { message: `${target.toString()} is in sight` }).toBe(true);
        return;
      }
      stops.push(await page.evaluate(nameOfFocused));
    }
    throw new Error(`${FAR} times Tab, and not at ${target.toString()}:\n${stops.join("\n")}`);
  }

  async function isOn(target: Locator) {
    const what = target.toString();
    // One or the other is a failure that says what has the focus instead.
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
    throw new Error(`${key} does not come to ${target.toString()}, but to ${await page.evaluate(nameOfFocused)}`);
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
      await expect
        .poll(
          async () => {
            const marked = await wanted.getAttribute("data-combobox-selected");
            if (marked === null) await keyboard.press("ArrowDown");
            return marked;
          },
          { intervals: [0] },
        )
        .not.toBeNull();
      await keyboard.press("Enter");
      await expect(wanted).toBeHidden();
      await isOn(field);
    },
    async choose(radio) {
      await expect(radio).toBeAttached();
      const name = await radio.getAttribute("name");
      await to(page.locator(`input[type="radio"][name="${name}"]:checked`));
      await arrow(radio, "ArrowRight");
      await expect(radio).toBeChecked();
    },
    async chooseFile(button, file) {
      // Before the way there: Playwright needs a moment to stand in for the browser's own chooser.
      const chooser = page.waitForEvent("filechooser");
      await press(button);
      await (await chooser).setFiles(file);
    },
    isOn,
    async isInside(dialog) {
      await expect(dialog).toBeVisible();
      const within = () => dialog.evaluate((element) => element.contains(document.activeElement));
      await expect.poll(within, { message: `the focus is in ${dialog.toString()}` }).toBe(true);
      const first = await page.evaluateHandle(() => document.activeElement);
      for (let stops = 0; stops < FAR; stops += 1) {
        await keyboard.press("Tab");
        expect(await within(), `Tab stays in ${dialog.toString()}`).toBe(true);
        if (await first.evaluate((element) => element === document.activeElement)) return;
      }
      throw new Error(`Tab does not go round in ${dialog.toString()}`);
    },
    async escape(dialog, backOn) {
      await keyboard.press("Escape");
      await expect(dialog).toBeHidden();
      await isOn(backOn);
    },
  };
}

const hasFocus = async (target: Locator) =>
  (await target.count()) > 0 && (await target.evaluate((element) => element === document.activeElement));

/** What a ring, a frame or a ground around a control can be made of; the ring of a hidden input is on what stands for it. */
function look(element: Element): string {
  const labels = element instanceof HTMLInputElement ? [...(element.labels ?? [])] : [];
  return [element, element.parentElement, element.nextElementSibling, ...labels]
    .flatMap((part) => (part ? [getComputedStyle(part), getComputedStyle(part, "::after")] : []))
    .map(({ outlineStyle, outlineWidth, boxShadow, borderColor }) =>
      [outlineStyle === "none" ? 0 : outlineWidth, boxShadow, borderColor].join(" "),
    )
    .join("; ");
}

/** At least a part of it is under nothing else (WCAG 2.2, 2.4.11). */
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
