import { useMutation } from "@tanstack/react-query";
import { useEffect } from "react";

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
    },
  });
  const { reset } = opening;
  // The Back button may bring this page back as it was left: with a button that is busy for ever.
  useEffect(() => {
    const cameBack = ({ persisted }: PageTransitionEvent) => persisted && reset();
    window.addEventListener("pageshow", cameBack);
    return () => window.removeEventListener("pageshow", cameBack);
  }, [reset]);
  return opening;
}
