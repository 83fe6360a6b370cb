import type { TalkKeyMode } from "#contract/http/tenants.ts";
import { useEffect, useEffectEvent } from "react";
import { spaceMeansTalk } from "./space-key.ts";
import { TALK_CHANNEL } from "./talk-channel.ts";
import { isMeta } from "./meta-key.ts";
import { useVoiceClient } from "../use-voice.ts";

/**
 * Space talks on the selected channel; on a focused talk button, Space and Enter talk on the button's channel. A held press ends when the
 * page might not see the key's release (another window or tab, a closed lid, Command), so that nobody talks unknowingly.
 */
export function useTalkKeys(mode: TalkKeyMode): void {
  const client = useVoiceClient();
  const latches = useEffectEvent(() => mode === "latch");
  useEffect(() => {
    let held: "Space" | "Enter" | null = null;

    function down(event: KeyboardEvent) {
      if (isMeta(event)) return endHeldPress("meta_key");
      const key = talkKeyOf(event);
      if (key === null) return;
      // Repeats of the held key must not scroll the page, click a button or choose in the palette.
      if (held !== null) return key === held ? swallow(event) : undefined;
      if (event.repeat || event.ctrlKey || event.altKey || event.shiftKey) return;
      const focused = document.activeElement;
      // A focused talk button talks on its own channel.
      const own = focused?.closest<HTMLElement>(`[${TALK_CHANNEL}]`)?.getAttribute(TALK_CHANNEL) ?? null;
      const channelId = key === "Enter" ? own : (own ?? client.state().selected);
      if (channelId === null || (key === "Space" && !spaceMeansTalk(focused))) return;
      swallow(event);
      held = key;
      if (latches()) client.toggle(channelId);
      else client.press(channelId);
    }

    function up(event: KeyboardEvent) {
      if (held === null) return;
      // While Command is down, macOS sends no keyup of other keys.
      if (isMeta(event)) endHeldPress("meta_key");
      if (talkKeyOf(event) !== held) return;
      // Firefox clicks a focused button on keyup.
      swallow(event);
      held = null;
      const { press } = client.state();
      if (press.phase !== "up" && press.mode === "hold") client.release();
    }

    function endHeldPress(reason: "focus_lost" | "meta_key") {
      // Command must not end a press that a pointer holds: the pointer's own release ends it.
      if (reason === "focus_lost" || held !== null) client.loseKey(reason);
      held = null;
    }

    const unfocused = () => endHeldPress("focus_lost");

    function leave() {
      held = null;
      client.release();
    }

    function onVisibilityChange() {
      if (document.visibilityState === "hidden") unfocused();
    }

    window.addEventListener("keydown", down, true);
    window.addEventListener("keyup", up, true);
    window.addEventListener("blur", unfocused);
    window.addEventListener("pagehide", leave);
    document.addEventListener("visibilitychange", onVisibilityChange);
    return () => {
      window.removeEventListener("keydown", down, true);
      window.removeEventListener("keyup", up, true);
      window.removeEventListener("blur", unfocused);
      window.removeEventListener("pagehide", leave);
      document.removeEventListener("visibilitychange", onVisibilityChange);
    };
  }, [client]);
}

function talkKeyOf({ code, key }: KeyboardEvent): "Space" | "Enter" | null {
  if (code === "Space") return "Space";
  return key === "Enter" ? "Enter" : null;
}

function swallow(event: KeyboardEvent): void {
  event.preventDefault();
  event.stopPropagation();
}
