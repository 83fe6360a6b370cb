import type { TalkKeyMode } from "#contract/http/tenants.ts";
import { useEffect, useRef } from "react";
import { useVoiceClient } from "../use-voice.ts";
import { TALK_CHANNEL } from "./talk-channel.ts";

/**
 * Props that make a button a talk button for mouse, finger and pen: press and hold. The pointer is captured, so a release anywhere
 * ends the press, and so does losing the pointer. With latch, each press begins or ends a talk. Keys: use-talk-keys.ts.
 */
export function useTalkPointer(channelId: string, mode: TalkKeyMode, blocked: boolean) {
  const client = useVoiceClient();
  const held = useRef(false);

  function press() {
    if (blocked || held.current) return;
    if (mode === "latch") return client.toggle(channelId);
    held.current = true;
    client.press(channelId);
  }

  function letGo() {
    if (!held.current) return;
    held.current = false;
    client.release();
  }

  // A button that is unmounted while held gets no release event. Without this the microphone would stay open.
  useEffect(
    () => () => {
      if (!held.current) return;
      held.current = false;
      client.release();
    },
    [client],
  );

  return {
    [TALK_CHANNEL]: blocked ? undefined : channelId,
    onPointerDown(event: React.PointerEvent<HTMLButtonElement>) {
      if (event.button !== 0) return;
      press();
      event.currentTarget.setPointerCapture(event.pointerId);
    },
    onPointerUp: letGo,
    onPointerCancel: letGo,
    onLostPointerCapture: letGo,
    onContextMenu: (event: React.MouseEvent) => event.preventDefault(),
  };
}
