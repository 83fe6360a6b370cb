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
    function note() {
      // `keepalive` sends it even when the page is closing. Nothing waits for the answer, and a lost request does no harm.
      api.PUT("/api/v1/tenants/{slug}/visit", { params: { path: { slug } }, keepalive: true }).catch(() => {});
    }
    const isHere = () => document.visibilityState === "visible" || client.state().joined.length > 0;
    const beat = setInterval(() => isHere() && note(), EVERY_MS);
    note();
    // On both changes: when the page is shown again, and when it is hidden, since it was seen until then.
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
