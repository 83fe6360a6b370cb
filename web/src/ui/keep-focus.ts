/**
 * The keyboard's place on the page. The browser gives the focus of an element that goes away or is disabled to the body, and whoever
 * has no mouse begins again at the top (WCAG 2.2, 2.4.3). Here it goes to what took that element's place.
 */

interface Place {
  element: HTMLElement;
  /** From the element outwards: where in its parent each of them stands. */
  path: { parent: Element; index: number }[];
}

const TABBABLE = "a[href], button, input, select, textarea, summary, [tabindex]";
/** Who closes a dialog gives the focus back a moment later (Mantine: 10 ms). */
const GRACE_MS = 50;

/** Where the focus is; or was, until what had it went away. Null: nowhere, because somebody clicked beside everything. */
let place: Place | null = null;
/** The last one of the page itself: what a dialog was opened from may be gone when it closes. */
let behind: Place | null = null;
let wantsPage = false;
let timer: number | undefined;

/** Starts to watch; for as long as the page is open. */
export function keepFocus(): void {
  document.addEventListener("focusin", ({ target }) => {
    if (!(target instanceof HTMLElement)) return;
    wantsPage = false;
    place = { element: target, path: pathOf(target) };
    if (target.matches("#root *") && !target.closest("[role=dialog]")) behind = place;
  });
  document.addEventListener("focusout", ({ target }) => {
    // Whether it went away is known when whoever took it away is done.
    setTimeout(() => {
      const isLeft = document.activeElement === document.body && target === place?.element && isUsable(place.element);
      if (isLeft && document.hasFocus()) place = null;
    });
  });
  new MutationObserver(() => {
    if (timer === undefined && isLost()) timer = window.setTimeout(restore, GRACE_MS);
  }).observe(document.body, { childList: true, subtree: true, attributes: true, attributeFilter: ["disabled"] });
}

/** Another page is shown: what had the focus on the one before means nothing here, unless this one gave it already. */
export function focusPage(): void {
  const page = pageStart();
  const focused = document.activeElement;
  if (focused?.closest("[role=dialog]") || (page && focused !== page && page.contains(focused))) return;
  place = behind = null;
  // It may still be loading.
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
  // A button that is busy is disabled meanwhile.
  if (place.element.isConnected && place.element.hasAttribute("data-loading")) return;
  const next = nearest(place) ?? (behind && (isUsable(behind.element) ? behind.element : nearest(behind))) ?? pageStart();
  next?.focus();
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

/** What stands where it stood, or else beside it; null when nothing is left of all that was around it. */
function nearest({ path }: Place): HTMLElement | null {
  for (const { parent, index } of path) {
    if (!parent.isConnected) continue;
    // Beside a dialog are other things that lie above the page, not what belongs to it.
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
      // Of rows only one is reached by Tab (use-keyboard-rows.ts), but each can have the focus.
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
