/**
 * Keeps the keyboard focus on the page. When the focused element is removed or disabled, browsers move the focus to the body, and
 * keyboard users start again at the top (WCAG 2.2, 2.4.3). Here it moves to the element that took its place.
 */

interface Place {
  element: HTMLElement;
  /** The element's index in its parent, then the parent's index in its own, and so on outwards. */
  path: { parent: Element; index: number }[];
}

const TABBABLE = "a[href], button, input, select, textarea, summary, [tabindex]";
/** A dialog that closes restores the focus a moment later (Mantine: 10 ms). */
const GRACE_MS = 50;

/** The element that has the focus, or had it before it was removed. Null: none, because the person clicked on the background. */
let place: Place | null = null;
/** The last place on the page itself: the element that opened a dialog may be gone when the dialog closes. */
let behind: Place | null = null;
/** The element of each dialog that had the focus last: another dialog may have been opened from it. */
const inDialogs = new WeakMap<Element, HTMLElement>();
let wantsPage = false;
let timer: number | undefined;

/** Starts watching the focus, until the page is closed. */
export function keepFocus(): void {
  document.addEventListener("focusin", ({ target }) => {
    if (!(target instanceof HTMLElement)) return;
    wantsPage = false;
    place = { element: target, path: pathOf(target) };
    const dialog = target.closest("[role=dialog]");
    if (dialog) inDialogs.set(dialog, target);
    else if (target.matches("#root *")) behind = place;
  });
  document.addEventListener("focusout", ({ target }) => {
    // The element may be about to be removed: check after the code that is running now.
    setTimeout(() => {
      const isBlurred = document.activeElement === document.body && target === place?.element && isUsable(place.element);
      if (isBlurred && document.hasFocus()) place = null;
    });
  });
  new MutationObserver(() => {
    if (timer === undefined && isLost()) timer = window.setTimeout(restore, GRACE_MS);
  }).observe(document.body, { childList: true, subtree: true, attributes: true, attributeFilter: ["disabled"] });
}

/** Moves the focus to the page that is shown now, unless an element of that page already took it. */
export function focusPage(): void {
  const page = pageStart();
  const focused = document.activeElement;
  if (focused?.closest("[role=dialog]") || (page && focused !== page && page.contains(focused))) return;
  place = behind = null;
  // The page may still be loading.
  wantsPage = page === null;
  page?.focus({ preventScroll: true });
}

const isUsable = (element: HTMLElement) => element.isConnected && !element.matches(":disabled");

function isLost(): boolean {
  return wantsPage || (place !== null && (document.activeElement === document.body || !isUsable(place.element)));
}

function restore(): void {
  timer = undefined;
  if (document.activeElement !== document.body) return;
  if (wantsPage) return pageStart()?.focus({ preventScroll: true });
  if (place === null) return;
  if (isUsable(place.element)) return place.element.focus();
  // A busy button is disabled only for a while.
  if (place.element.isConnected && place.element.hasAttribute("data-loading")) return;
  const next =
    nearest(place) ?? inOpenDialog() ?? (behind && (isUsable(behind.element) ? behind.element : nearest(behind))) ?? pageStart();
  next?.focus();
}

/** In the topmost dialog that is still open. */
function inOpenDialog(): HTMLElement | null {
  const open = [...document.querySelectorAll("[role=dialog]")].findLast((one) =>
    one.checkVisibility({ visibilityProperty: true }),
  );
  if (!open) return null;
  const last = inDialogs.get(open);
  return last && isUsable(last) ? last : (tabbable(open)[0] ?? null);
}

function pathOf(element: HTMLElement): Place["path"] {
  const path: Place["path"] = [];
  let child: Element = element;
  while (child.parentElement && child !== document.body) {
    path.push({ parent: child.parentElement, index: [...child.parentElement.children].indexOf(child) });
    child = child.parentElement;
  }
  return path;
}

/** The element at the lost element's index, or else beside it. Null when nothing around it is left. */
function nearest({ path }: Place): HTMLElement | null {
  for (const { parent, index } of path) {
    if (!parent.isConnected) continue;
    // A dialog's siblings are other overlays, which do not belong to it.
    if (!parent.matches("#root *, [role=dialog], [role=dialog] *")) return null;
    const children = [...parent.children];
    for (const child of children.slice(index)) {
      const first = tabbable(child)[0];
      if (first) return first;
    }
    for (const child of children.slice(0, index).reverse()) {
      const last = tabbable(child).at(-1);
      if (last) return last;
    }
    if (parent instanceof HTMLElement && parent.matches("main, [role=dialog]")) return focusable(parent);
  }
  return null;
}

function tabbable(within: Element): HTMLElement[] {
  return [within, ...within.querySelectorAll(TABBABLE)].filter(
    (element): element is HTMLElement =>
      element instanceof HTMLElement &&
      element.matches(TABBABLE) &&
      // Tab reaches only one row (use-keyboard-rows.ts), but each row can have the focus.
      (element.tabIndex >= 0 || element.closest("[data-row]") !== null) &&
      isUsable(element) &&
      element.checkVisibility({ visibilityProperty: true }),
  );
}

/** The innermost page: a panel beside the board, the content beside the list of settings, or all of `main`. */
function pageStart(): HTMLElement | null {
  const page = [...document.querySelectorAll<HTMLElement>("[data-page]")].findLast((element) => element.checkVisibility());
  const start = page ?? document.querySelector("main");
  return start && focusable(start);
}

function focusable(element: HTMLElement): HTMLElement {
  if (!element.hasAttribute("tabindex")) element.tabIndex = -1;
  return element;
}
