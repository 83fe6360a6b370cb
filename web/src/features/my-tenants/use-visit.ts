import { useEffect } from "react";
import { api } from "../../api/client.ts";
import { useVoiceClient } from "../../voice/use-voice.ts";

const EVERY_MS = 60_000;

/**
 * Reports to the server that this person is in the workspace, so that other pages don't count what they hear now as new. A tab in the
 * background with no joined channel does not count as being there.
 */
export function useVisit(slug: string): void {
  const client = useVoiceClient();
  useEffect(() => {
    function report() {
      // `keepalive` sends it even when the page is closing. Nothing waits for the answer, and a lost request does no harm.
      api.PUT("/api/v1/tenants/{slug}/visit", { params: { path: { slug } }, keepalive: true }).catch(() => {});
    }
    const isHere = () => document.visibilityState === "visible" || client.state().joined.length > 0;
    const timer = setInterval(() => isHere() && report(), EVERY_MS);
    report();
    // Reports when the page is shown and also when it is hidden, because the person saw it until then.
    document.addEventListener("visibilitychange", report);
    window.addEventListener("pagehide", report);
    return () => {
      clearInterval(timer);
      document.removeEventListener("visibilitychange", report);
      window.removeEventListener("pagehide", report);
      report();
    };
  }, [client, slug]);
}
