import { useEffect } from "react";
import { api } from "../../api/client.ts";
import { useVoiceClient } from "../../voice/use-voice.ts";

const EVERY_MS = 60_000;

/**
 * Tells the server that one is here, so that what was said meanwhile is not called new on other pages. Here is who sees the
 * workspace or listens to a channel of it: a tab that was left open in the background hears nothing and sees nothing.
 */
export function useVisit(slug: string): void {
  const client = useVoiceClient();
  useEffect(() => {
    function note() {
      // Outlives the page when it is the last thing that the page does. Nobody waits for it, and missing one harms nothing.
      api.PUT("/api/v1/tenants/{slug}/visit", { params: { path: { slug } }, keepalive: true }).catch(() => {});
    }
    const isHere = () => document.visibilityState === "visible" || client.state().joined.length > 0;
    const beat = setInterval(() => isHere() && note(), EVERY_MS);
    note();
    // Both ways: coming back it is seen, and until it was hidden it was.
    document.addEventListener("visibilitychange", note);
    window.addEventListener("pagehide", note);
    return () => {
      clearInterval(beat);
      document.removeEventListener("visibilitychange", note);
      window.removeEventListener("pagehide", note);
      note();
    };
  }, [client, slug]);
}
