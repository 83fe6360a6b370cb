import type { TalkKeyMode } from "#contract/http/tenants.ts";
import { useEffect, useEffectEvent } from "react";
import { spaceMeansTalk } from "./space-key.ts";
import { useVoiceClient } from "./use-voice.ts";

/**
 * Hold Space to talk on the selected channel, wherever in the workspace one is. Whatever takes the key's release away from
 * us (another window, another tab, a closed lid) ends the press: nobody talks without knowing it. With latch, Space begins and
 * Space ends it, and one may go elsewhere meanwhile: that is what hands-free is for.
 */
export function useTalkKeys(mode: TalkKeyMode): void {
  const client = useVoiceClient();
  const latches = useEffectEvent(() => mode === "latch");
  useEffect(() => {
    let held = false;

    function down(event: KeyboardEvent) {
      if (event.code !== "Space") return;
      // While held, repeats must not scroll the page or click a button.
      if (held) return event.preventDefault();
      if (event.repeat || event.ctrlKey || event.altKey || event.metaKey || event.shiftKey) return;
      const focused = document.activeElement;
      // A talk button that has the focus talks on its own channel.
      const channelId = focused?.closest<HTMLElement>("[data-talk-channel]")?.dataset["talkChannel"] ?? client.state().selected;
      if (channelId === null || !spaceMeansTalk(focused)) return;
      event.preventDefault();
      event.stopPropagation();
      held = true;
      if (latches()) client.toggle(channelId);
      else client.press(channelId);
    }

    function up(event: KeyboardEvent) {
      if (event.code !== "Space" || !held) return;
      // Firefox clicks a focused button on keyup.
      event.preventDefault();
      event.stopPropagation();
      letGo();
    }

    function letGo() {
      held = false;
      const { press } = client.state();
      if (press.phase !== "up" && press.mode === "hold") client.release();
    }

    function leave() {
      held = false;
      client.release();
    }

    function hidden() {
      if (document.visibilityState === "hidden") letGo();
    }

    window.addEventListener("keydown", down, true);
    window.addEventListener("keyup", up, true);
    window.addEventListener("blur", letGo);
    window.addEventListener("pagehide", leave);
    document.addEventListener("visibilitychange", hidden);
    return () => {
      window.removeEventListener("keydown", down, true);
      window.removeEventListener("keyup", up, true);
      window.removeEventListener("blur", letGo);
      window.removeEventListener("pagehide", leave);
      document.removeEventListener("visibilitychange", hidden);
    };
  }, [client]);
}
