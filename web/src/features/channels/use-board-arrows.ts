import { useEffect } from "react";
import { useVoiceClient } from "../../voice/use-voice.ts";
import { spaceMeansTalk } from "../../voice/keys/space-key.ts";

const STEP: Record<string, number> = { ArrowRight: 1, ArrowLeft: -1 };

/** The left and right arrow keys choose the channel that Space talks on, unless the focused element uses them, and scroll to its tile. */
export function useBoardArrows(): void {
  const client = useVoiceClient();
  useEffect(() => {
    function onKey(event: KeyboardEvent) {
      const step = STEP[event.key];
      if (step === undefined || event.defaultPrevented || event.ctrlKey || event.altKey || event.metaKey || event.shiftKey)
        return;
      if (!spaceMeansTalk(document.activeElement)) return;
      const { wanted, selected } = client.state();
      if (wanted.length < 2 || selected === null) return;
      event.preventDefault();
      const next = wanted[(wanted.indexOf(selected) + step + wanted.length) % wanted.length];
      if (next === undefined) return;
      client.select(next);
      document.querySelector(`[data-tile="${next}"]`)?.scrollIntoView({ block: "nearest" });
    }
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, [client]);
}
