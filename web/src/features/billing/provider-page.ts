import { useMutation } from "@tanstack/react-query";

/**
 * Opens a page of the payment provider in this tab.
 * @param begin asks the server for the page
 */
export function useProviderPage(begin: () => Promise<{ url: string }>) {
  return useMutation({
    mutationFn: begin,
    onSuccess({ url }) {
      // An address that runs a script would run it as whoot.
      if (new URL(url).protocol !== "https:") throw new Error("The payment page isn't a web address");
      window.location.assign(url);
    },
  });
}
