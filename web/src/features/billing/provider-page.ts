import { useMutation } from "@tanstack/react-query";

/** How long the button stays busy while the browser opens the other page. */
const BUSY_MS = 5_000;

/**
 * Opens a page of the payment provider in this tab.
 * @param begin asks the server for the page
 */
export function useProviderPage(begin: () => Promise<{ url: string }>) {
  const opening = useMutation({
    mutationFn: begin,
    onSuccess({ url }) {
      // An address that runs a script would run it as whoot.
      if (new URL(url).protocol !== "https:") throw new Error("The payment page isn't a web address");
      window.location.assign(url);
      // The person may stay because of unsaved changes, or come back to this page as it was left: with a button that is busy.
      setTimeout(opening.reset, BUSY_MS);
    },
  });
  return opening;
}
