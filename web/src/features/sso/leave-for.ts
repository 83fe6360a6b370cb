import { paths, safeNext } from "../../paths.ts";

const RETURN = "whoot:sso-return";

/** Checked here too: an address that runs a script would run it as whoot. */
function webAddress(url: string): string {
  if (!/^https?:$/.test(new URL(url).protocol)) throw new Error("The identity provider's address isn't a web address");
  return url;
}

/** Goes to the identity provider in this tab. @param back the page to open afterwards; by default the workspace's board */
export function leaveFor(url: string, back?: string): void {
  const to = webAddress(url);
  try {
    if (back === undefined) sessionStorage.removeItem(RETURN);
    else sessionStorage.setItem(RETURN, back);
  } catch {
    // Without storage the board is opened.
  }
  // Replaces the page: the Back button would otherwise begin another sign-in.
  window.location.replace(to);
}

/** Where to go after a sign-in to this workspace: what was left for it, once, if it is in this workspace. */
export function takeReturn(slug: string): string {
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
 * Goes to the identity provider in a window of its own, so that this page keeps what was entered. Where the browser blocks windows,
 * in this tab.
 * @returns false when it goes in this tab
 */
export async function visitInWindow(begin: () => Promise<{ url: string }>, back: string): Promise<boolean> {
  // Opened before the request: browsers block windows that open later than the press.
  const opened = window.open("", "_blank", "popup,width=560,height=720");
  try {
    const url = webAddress((await begin()).url);
    if (opened === null || opened.closed) {
      leaveFor(url, back);
      return false;
    }
    // Where the browser doesn't isolate the window (plain http), the provider's page could lead this one elsewhere.
    opened.opener = null;
    opened.location.replace(url);
    return true;
  } catch (error) {
    opened?.close();
    throw error;
  }
}
