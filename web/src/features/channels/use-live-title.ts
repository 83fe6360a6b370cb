import { useEffect } from "react";
import { useLocation } from "react-router";
import { useVoice } from "../../voice/use-voice.ts";

/** A hands-free talk goes on while one looks elsewhere: the tab says so. */
export function useLiveTitle(): void {
  const { pathname } = useLocation();
  const latched = useVoice(({ press }) => press.phase === "live" && press.mode === "latch");
  useEffect(() => {
    if (!latched) return;
    const title = document.title;
    document.title = `● Live · ${title}`;
    return () => {
      // Unless a page has given its own meanwhile.
      if (document.title === `● Live · ${title}`) document.title = title;
    };
  }, [latched, pathname]);
}
