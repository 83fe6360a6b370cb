import { useEffect, useRef } from "react";
import { useVoiceClient } from "../../voice/use-voice.ts";
import { useTalkKeyMode } from "./use-talk-key-mode.ts";

/**
 * Press and hold with mouse, finger, pen or Enter. The pointer is captured, so that a release anywhere counts; whatever
 * takes the pointer away ends the press too. With latch each press begins a talk or ends it. Space is the window's (use-talk-keys.ts).
 */
export function useHoldToTalk(channelId: string, blocked: boolean) {
  const client = useVoiceClient();
  const [mode] = useTalkKeyMode();
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

  // A key that is taken off the page while it is held gets no release: without this the microphone would stay on the air.
  useEffect(
    () => () => {
      if (!held.current) return;
      held.current = false;
      client.release();
    },
    [client],
  );

  return {
    onPointerDown(event: React.PointerEvent<HTMLButtonElement>) {
      if (event.button !== 0) return;
      press();
      event.currentTarget.setPointerCapture(event.pointerId);
    },
    onPointerUp: letGo,
    onPointerCancel: letGo,
    onLostPointerCapture: letGo,
    onContextMenu: (event: React.MouseEvent) => event.preventDefault(),
    onKeyDown(event: React.KeyboardEvent) {
      if (event.key !== "Enter") return;
      event.preventDefault();
      if (!event.repeat) press();
    },
    onKeyUp(event: React.KeyboardEvent) {
      if (event.key === "Enter") letGo();
    },
    onBlur: letGo,
  };
}
