import { openMicrophone } from "./microphone.ts";
import { makeMeter, meterLevel } from "./speakers.ts";
import type { Microphone, MicrophoneLoss } from "./model.ts";

interface InputOptions {
  /** The context that measures the level. */
  context: () => AudioContext;
  onMicrophone: (microphone: Microphone) => void;
  /** Called once each time that the open microphone stops giving sound. */
  onLost: (reason: MicrophoneLoss) => void;
}

interface Open {
  track: MediaStreamTrack;
  source: MediaStreamAudioSourceNode;
  meter: AnalyserNode;
}

/** The microphone: opened once and kept open, so that a press starts without delay, and opened again after it was unplugged. */
export function makeInput({ context, onMicrophone, onLost }: InputOptions) {
  let open: Open | null = null;
  let problem: Microphone = "unasked";
  let asking = false;
  /** `ask` was called while the browser was being asked: the devices may have changed since. */
  let askAgain = false;
  let closed = false;

  function tell(microphone: Microphone): void {
    problem = microphone;
    onMicrophone(microphone);
  }

  async function ask(): Promise<void> {
    if (closed || open) return;
    if (asking) {
      askAgain = true;
      return;
    }
    asking = true;
    tell("asking");
    const answer = await openMicrophone();
    asking = false;
    if (closed) {
      if ("track" in answer) answer.track.stop();
      return;
    }
    if ("track" in answer) return take(answer.track);
    tell(answer.problem);
    const retry = askAgain;
    askAgain = false;
    if (retry) void ask();
  }

  function take(track: MediaStreamTrack): void {
    askAgain = false;
    const source = context().createMediaStreamSource(new MediaStream([track]));
    const meter = makeMeter(context());
    // Not connected to the destination, so the sound is measured and never played back.
    source.connect(meter);
    open = { track, source, meter };
    track.addEventListener("ended", () => lose(track));
    track.addEventListener("mute", () => {
      if (open?.track !== track) return;
      tell("muted");
      onLost("microphone_muted");
    });
    track.addEventListener("unmute", () => open?.track === track && tell("ready"));
    tell(track.muted ? "muted" : "ready");
  }

  /** The microphone is unplugged. Asks for another one, which may be there already. */
  function lose(track: MediaStreamTrack): void {
    if (open?.track !== track) return;
    open.source.disconnect();
    open = null;
    track.stop();
    tell("missing");
    onLost("microphone_lost");
    void ask();
  }

  async function devicesChanged(): Promise<void> {
    if (open) {
      const { track } = open;
      // A system may remove a device without the browser ending its track.
      if (!(await isThere(track))) lose(track);
      return;
    }
    // A person who was never asked only listens, and one who said no is not asked again.
    if (problem === "missing" || problem === "busy" || asking) void ask();
  }

  const onDevices = () => void devicesChanged();

  return {
    ask,
    /** The open microphone's track; null while it gives no sound. */
    track: () => (open && open.track.readyState === "live" && !open.track.muted ? open.track : null),
    level: () => meterLevel(open?.meter),
    start: () => navigator.mediaDevices?.addEventListener("devicechange", onDevices),
    close() {
      closed = true;
      navigator.mediaDevices?.removeEventListener("devicechange", onDevices);
      open?.track.stop();
    },
  };
}

async function isThere(track: MediaStreamTrack): Promise<boolean> {
  if (track.readyState === "ended") return false;
  const { deviceId } = track.getSettings();
  if (!deviceId) return true;
  const inputs = (await navigator.mediaDevices.enumerateDevices()).filter(({ kind }) => kind === "audioinput");
  return inputs.some((device) => device.deviceId === deviceId);
}
