/** Imitates a browser's translation: replaces each text of the page, now and later, by `<font>` elements. */
import type { BrowserContext, Page } from "@playwright/test";

declare global {
  interface Window {
    whootTranslated?: { count: number; unsafe: string[]; changedAgain: string[] };
  }
}

/** Runs in the page, before its scripts. */
function translateAll(): void {
  const found = { count: 0, unsafe: [] as string[], changedAgain: [] as string[] };
  window.whootTranslated = found;
  const LEFT_ALONE = '[translate="no"], script, style, textarea, title, option, svg, font';
  const belongsToReact = (node: Node) => Object.keys(node).some((key) => key.startsWith("__reactFiber$"));
  const note = (list: string[], { parentElement }: Node) => {
    const html = parentElement?.outerHTML.slice(0, 240) ?? "";
    if (!list.includes(html)) list.push(html);
  };

  function translate(text: Node): void {
    const parent = text.parentElement;
    if (!parent || !text.textContent?.trim() || parent.closest(LEFT_ALONE)) return;
    // React holds this node, and will remove it or change it out of sight. Labels of fields never change.
    if (belongsToReact(text) && !parent.matches(".mantine-InputWrapper-label")) note(found.unsafe, text);
    const font = document.createElement("font");
    font.appendChild(document.createElement("font")).textContent = text.textContent;
    (text as ChildNode).replaceWith(font);
    found.count += 1;
  }

  function translateIn(node: Node): void {
    if (node.nodeType === Node.TEXT_NODE) return translate(node);
    const texts = document.createTreeWalker(node, NodeFilter.SHOW_TEXT);
    const all: Node[] = [];
    while (texts.nextNode()) all.push(texts.currentNode);
    all.forEach(translate);
  }

  new MutationObserver((changes) => {
    for (const { type, target, addedNodes, removedNodes } of changes) {
      const isNew = [...addedNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.parentNode === target);
      const wasTranslated = [...removedNodes].some((node) => node.nodeName === "FONT");
      if (isNew && wasTranslated) note(found.changedAgain, [...addedNodes][0] as Node);
      if (type === "characterData") translate(target);
      else addedNodes.forEach(translateIn);
    }
  }).observe(document, { subtree: true, childList: true, characterData: true });
}

/** Translates every page of the context from the next one on. */
export const translate = (context: BrowserContext) => context.addInitScript(translateAll);

export const translated = (page: Page) =>
  page.evaluate(() => window.whootTranslated ?? { count: 0, unsafe: [], changedAgain: [] });
