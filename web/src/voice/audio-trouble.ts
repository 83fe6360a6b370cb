import type { VoiceState } from "./model.ts";

/** After this long without audio, however many attempts were made, the page says why. */
export const AUDIO_TROUBLE_MS = 10_000;

/** Reports audio that does not connect in time. @param tell called once per wait, after `AUDIO_TROUBLE_MS` */
export function makeAudioTrouble(tell: () => void) {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const stop = () => {
    clearTimeout(timer);
    timer = undefined;
  };
  return {
    /** Call it when the connection or the media state changed. */
    watch({ connection, media }: Pick<VoiceState, "connection" | "media">): void {
      if (connection.phase === "open" && (media === "connecting" || media === "lost"))
        timer ??= setTimeout(tell, AUDIO_TROUBLE_MS);
      else stop();
    },
    close: stop,
  };
}
