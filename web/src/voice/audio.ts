import { openMicrophone } from "./microphone.ts";
import { playTick, type Tick } from "./sounds.ts";
import { makeMeter, makeSpeakers, meterLevel, type Speakers } from "./speakers.ts";
import type { Microphone } from "./state.ts";

interface AudioOptions {
  onMicrophone: (microphone: Microphone) => void;
  /** The browser's autoplay policy keeps us silent until the person clicks or types. */
  onBlocked: (blocked: boolean) => void;
}

/** This computer's ears and mouth: one AudioContext with the speakers, and the microphone. */
export function makeAudio({ onMicrophone, onBlocked }: AudioOptions) {
  let speakers: Speakers | null = null;
  let track: MediaStreamTrack | null = null;
  let meter: AnalyserNode | null = null;
  let asking = false;
  let closed = false;
  let pulse: ReturnType<typeof setInterval> | undefined;

  function theSpeakers(): Speakers {
    if (speakers) return speakers;
    const context = new AudioContext({ latencyHint: "interactive" });
    context.onstatechange = report;
    speakers = makeSpeakers(context);
    return speakers;
  }

  function report(): void {
    // iOS says "interrupted" after a phone call.
    if (speakers && !closed) onBlocked(speakers.context.state !== "running");
  }

  function wake(): void {
    const { context } = theSpeakers();
    if (context.state !== "running" && context.state !== "closed") context.resume().then(report, report);
  }

  async function askForMicrophone(): Promise<void> {
    if (asking || closed || track?.readyState === "live") return;
    asking = true;
    onMicrophone("asking");
    const answer = await openMicrophone();
    asking = false;
    if (closed) {
      if ("track" in answer) answer.track.stop();
      return;
    }
    if ("problem" in answer) return onMicrophone(answer.problem);
    track = answer.track;
    track.onended = () => {
      track = null;
      onMicrophone("missing");
    };
    const { context } = theSpeakers();
    meter = makeMeter(context);
    // Not connected to the destination: measured, never played back.
    context.createMediaStreamSource(new MediaStream([track])).connect(meter);
    onMicrophone("ready");
  }

  const devicesChanged = () => {
    if (meter && !track) void askForMicrophone();
  };

  return {
    speakers: theSpeakers,
    wake,
    askForMicrophone,
    microphone: () => (track?.readyState === "live" ? track : null),
    microphoneLevel: () => (track ? meterLevel(meter) : 0),
    tick: (tick: Tick) => playTick(theSpeakers().context, tick),
    start() {
      // The first gesture anywhere may start sound; asking again costs nothing.
      window.addEventListener("pointerdown", wake);
      window.addEventListener("keydown", wake);
      navigator.mediaDevices?.addEventListener("devicechange", devicesChanged);
      // Some browsers suspend without an event while a call is going on.
      pulse = setInterval(report, 2_000);
    },
    close() {
      closed = true;
      clearInterval(pulse);
      window.removeEventListener("pointerdown", wake);
      window.removeEventListener("keydown", wake);
      navigator.mediaDevices?.removeEventListener("devicechange", devicesChanged);
      track?.stop();
      void speakers?.context.close();
    },
  };
}
