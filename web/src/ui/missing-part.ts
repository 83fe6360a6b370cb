/** After an upgrade, the server no longer has the files that a page opened before it would load. */

/** A part of the app could not be loaded. */
export class MissingPart extends Error {
  /** The server now serves another version of the app. */
  readonly isReplaced: boolean;

  constructor(isReplaced: boolean, cause: unknown) {
    super("A part of the app could not be loaded", { cause });
    this.isReplaced = isReplaced;
  }
}

const RELOADED = "whoot:reloaded-versions";

/** The name of the page's first script, which contains a hash of its content. Empty in development. */
const version = () => document.querySelector<HTMLScriptElement>('script[type="module"][src]')?.getAttribute("src") ?? "";

async function isReplaced(): Promise<boolean> {
  try {
    const page = await fetch("/", { cache: "no-store" });
    return page.ok && !(await page.text()).includes(`"${version()}"`);
  } catch {
    // The server can't be reached: after a reload there would be no page at all.
    return false;
  }
}

/**
 * Loads a part of the app.
 * @throws MissingPart
 */
export async function loadPart<Part>(load: () => Promise<Part>): Promise<Part> {
  try {
    return await load();
  } catch (error) {
    throw new MissingPart(await isReplaced(), error);
  }
}

/** Reloads the page, at most once per version of the app in this tab. @returns false when it does not reload */
export function reloadOnce(): boolean {
  try {
    const reloaded = JSON.parse(sessionStorage.getItem(RELOADED) ?? "[]") as string[];
    if (reloaded.includes(version())) return false;
    sessionStorage.setItem(RELOADED, JSON.stringify([...reloaded, version()]));
  } catch {
    // Without storage the page could reload for ever.
    return false;
  }
  window.location.reload();
  return true;
}
