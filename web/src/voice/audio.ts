import { makeInput } from "./input.ts";
import { playTick, type Tick } from "./sounds.ts";
import { makeSpeakers, type Speakers } from "./speakers.ts";
import type { Microphone, MicrophoneLoss } from "./model.ts";

interface AudioOptions {
  onMicrophone: (microphone: Microphone) => void;
  /** The open microphone stopped giving sound. */
  onMicrophoneLost: (reason: MicrophoneLoss) => void;
  /** Whether the browser's autoplay policy keeps the page silent until the person clicks or types. */
  onBlocked: (blocked: boolean) => void;
}

/** The speakers and the microphone of this computer, with one AudioContext. */
export function makeAudio({ onMicrophone, onMicrophoneLost, onBlocked }: AudioOptions) {
  let speakers: Speakers | null = null;
  let closed = false;
  let pulse: ReturnType<typeof setInterval> | undefined;

  function theSpeakers(): Speakers {
    if (speakers) return speakers;
    const context = new AudioContext({ latencyHint: "interactive" });
    context.onstatechange = report;
    speakers = makeSpeakers(context);
    return speakers;
  }

  const input = makeInput({ context: () => theSpeakers().context, onMicrophone, onLost: onMicrophoneLost });

  function report(): void {
    // iOS says "interrupted" after a phone call.
    if (speakers && !closed) onBlocked(speakers.context.state !== "running");
  }

  function wake(): void {
    const { context } = theSpeakers();
    if (context.state !== "running" && context.state !== "closed") context.resume().then(report, report);
  }

  return {
    speakers: theSpeakers,
    wake,
    askForMicrophone: input.ask,
    microphone: input.track,
    microphoneLevel: input.level,
    tick: (tick: Tick) => playTick(theSpeakers().context, tick),
    start() {
      // Any gesture may allow sound. Resuming a running context does nothing.
      window.addEventListener("pointerdown", wake);
      window.addEventListener("keydown", wake);
      input.start();
      // Some browsers suspend the context without an event, for example during a phone call.
      pulse = setInterval(report, 2_000);
    },
    close() {
      closed = true;
      clearInterval(pulse);
      window.removeEventListener("pointerdown", wake);
      window.removeEventListener("keydown", wake);
      input.close();
      void speakers?.context.close();
    },
  };
}
