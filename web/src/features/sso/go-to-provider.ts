import { paths, safeNext } from "../../paths.ts";

const RETURN = "whoot:sso-return";

/** Refuses other schemes, because a `javascript:` URL would run as whoot. */
function webAddress(url: string): string {
  if (!/^https?:$/.test(new URL(url).protocol)) throw new Error("The identity provider's address isn't a web address");
  return url;
}

/** Goes to the identity provider in this tab. @param back the page to return to; by default the workspace's board */
export function goToProvider(url: string, back?: string): void {
  const to = webAddress(url);
  try {
    if (back === undefined) sessionStorage.removeItem(RETURN);
    else sessionStorage.setItem(RETURN, back);
  } catch {
    // Without storage the board is opened.
  }
  // Replaces the page, because the Back button would otherwise begin another sign-in.
  window.location.replace(to);
}

/**
 * The page to open after a sign-in to this workspace: the `back` of goToProvider if it is in this workspace, otherwise the board. Forgets
 * `back`.
 */
export function takeReturnPage(slug: string): string {
  const board = paths.board(slug);
  try {
    const back = safeNext(sessionStorage.getItem(RETURN));
    sessionStorage.removeItem(RETURN);
    return back !== null && (back === board || back.startsWith(`${board}/`)) ? back : board;
  } catch {
    return board;
  }
}

/**
 * Goes to the identity provider in a window of its own, so that this page keeps what was entered. If the browser blocks windows, it goes
 * there in this tab.
 * @returns false when it goes there in this tab
 */
export async function goToProviderInWindow(begin: () => Promise<{ url: string }>, back: string): Promise<boolean> {
  // Opened before the request, because browsers block windows that open later than the press.
  const opened = window.open("", "_blank", "popup,width=560,height=720");
  try {
    const url = webAddress((await begin()).url);
    if (opened === null || opened.closed) {
      goToProvider(url, back);
      return false;
    }
    // Over plain http the browser doesn't isolate the window, and the provider's page could navigate this one.
    opened.opener = null;
    opened.location.replace(url);
    return true;
  } catch (error) {
    opened?.close();
    throw error;
  }
}
