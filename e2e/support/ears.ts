/**
 * Measures in the page what a person's loudspeaker plays. It taps everything that the app sends to an AudioContext's destination,
 * after volume and mute, so a suspended context or a gain of zero counts as silence.
 */
import type { Page } from "@playwright/test";
import { amplitudeAt, type Heard, measure, pitches, unpack } from "./sound.ts";
import { type Speaker, TONES } from "./tones.ts";

interface Listener {
  /** Resolves with the next `seconds` of played audio; null when no context runs, so that not even silence is played. */
  next(seconds: number): Promise<{ samples: Float32Array; rate: number } | null>;
}

interface Press {
  down: number;
  up: number | null;
  /** When the page stopped sending the microphone's track. */
  microphoneOff: number | null;
}

declare global {
  interface Window {
    /** An API of Chromium (W3C mediacapture-transform) that TypeScript's DOM types lack. */
    MediaStreamTrackProcessor: new (init: { track: MediaStreamTrack; maxBufferSize: number }) => {
      readable: ReadableStream<AudioData>;
    };
    whootTest: {
      loudspeaker: Listener;
      presses: Press[];
      peers: RTCPeerConnection[];
      recordsMicrophone: boolean;
      /** All sound of the microphone after `recordMicrophone`, and when it was opened (milliseconds of the page's clock). */
      microphone: { rate: number; chunks: Float32Array[]; openedAt: number };
      /** Records what the page's players play. */
      player: Listener;
      players: HTMLMediaElement[];
      join(chunks: readonly Float32Array[]): Float32Array;
      /** Encodes samples as text, to pass them out of the page. */
      pack(samples: Float32Array): string;
    };
  }
}

/** Runs in the page before any of its scripts. */
function install(): void {
  function join(chunks: readonly Float32Array[]): Float32Array<ArrayBuffer> {
    const all = new Float32Array(chunks.reduce((sum, { length }) => sum + length, 0));
    let at = 0;
    for (const chunk of chunks) {
      all.set(chunk, at);
      at += chunk.length;
    }
    return all;
  }

  const connect = AudioNode.prototype.connect as (this: AudioNode, to: AudioNode) => AudioNode;
  const taps = new WeakMap<BaseAudioContext, AudioNode>();

  /**
   * Reads a track until the returned function is called. A busy page reads samples late but loses none, because the queue holds half a minute.
   */
  function readTrack(track: MediaStreamTrack, use: (samples: Float32Array, rate: number) => void): () => void {
    const reader = new window.MediaStreamTrackProcessor({ track, maxBufferSize: 3_000 }).readable.getReader();
    async function readAll(): Promise<void> {
      for (let next = await reader.read(); !next.done; next = await reader.read()) {
        const data = next.value;
        const samples = new Float32Array(data.numberOfFrames);
        data.copyTo(samples, { planeIndex: 0, format: "f32-planar" });
        use(samples, data.sampleRate);
        data.close();
      }
    }
    void readAll();
    return () => void reader.cancel();
  }

  /** Listens to tracks, also to those that are added while somebody waits. */
  function makeListener(): Listener & { add(track: MediaStreamTrack): void } {
    const tracks: MediaStreamTrack[] = [];
    const waiting = new Set<(track: MediaStreamTrack) => void>();
    return {
      add(track) {
        tracks.push(track);
        for (const read of waiting) read(track);
      },
      next: (seconds) =>
        new Promise((resolve) => {
          const chunks: Float32Array[] = [];
          let length = 0;
          const stops: Array<() => void> = [];
          const finish = (result: Awaited<ReturnType<Listener["next"]>>) => {
            clearTimeout(deadline);
            waiting.delete(read);
            for (const stop of stops) stop();
            resolve(result);
          };
          const take = (chunk: Float32Array, rate: number) => {
            chunks.push(chunk);
            length += chunk.length;
            if (length >= seconds * rate) finish({ samples: join(chunks), rate });
          };
          const read = (track: MediaStreamTrack) => void stops.push(readTrack(track, take));
          const deadline = setTimeout(() => finish(null), seconds * 1_000 + 2_000);
          waiting.add(read);
          tracks.forEach(read);
        }),
    };
  }
  const loudspeaker = makeListener();
  const player = makeListener();

  /** A node whose input the listener hears. */
  function makeTap(context: BaseAudioContext, listener: { add(track: MediaStreamTrack): void }): AudioNode {
    const tap = new MediaStreamAudioDestinationNode(context as AudioContext, { channelCount: 1, channelCountMode: "explicit" });
    listener.add(tap.stream.getAudioTracks()[0]!);
    return tap;
  }

  AudioNode.prototype.connect = function (this: AudioNode, ...args: [AudioNode]) {
    const result = connect.apply(this, args);
    if (args[0] instanceof AudioDestinationNode) {
      const { context } = this;
      let tap = taps.get(context);
      if (!tap) {
        tap = makeTap(context, loudspeaker);
        taps.set(context, tap);
      }
      connect.call(this, tap);
    }
    return result;
  } as typeof AudioNode.prototype.connect;

  const presses: Press[] = [];
  const microphone = { rate: 48_000, chunks: [] as Float32Array[], openedAt: Number.POSITIVE_INFINITY };
  const down = () => {
    presses.push({ down: performance.now(), up: null, microphoneOff: null });
  };
  const up = () => {
    const last = presses.at(-1);
    if (last && last.up === null) last.up = performance.now();
  };
  addEventListener("keydown", (event) => event.code === "Space" && !event.repeat && down(), true);
  addEventListener("keyup", (event) => event.code === "Space" && up(), true);

  const replaceTrack = RTCRtpSender.prototype.replaceTrack;
  RTCRtpSender.prototype.replaceTrack = function (this: RTCRtpSender, track: MediaStreamTrack | null) {
    const last = presses.at(-1);
    if (track === null && last && last.up !== null && last.microphoneOff === null) last.microphoneOff = performance.now();
    return replaceTrack.call(this, track);
  };

  const peers: RTCPeerConnection[] = [];
  window.RTCPeerConnection = class extends RTCPeerConnection {
    constructor(...args: ConstructorParameters<typeof RTCPeerConnection>) {
      super(...args);
      peers.push(this);
    }
  };

  function keepMicrophone(track: MediaStreamTrack): void {
    let milliseconds = 0;
    readTrack(track, (samples, rate) => {
      microphone.rate = rate;
      microphone.chunks.push(samples);
      milliseconds += (samples.length / rate) * 1_000;
      // The chunk with the least delay gives the best estimate of when the first began.
      microphone.openedAt = Math.min(microphone.openedAt, performance.now() - milliseconds);
    });
  }

  const devices = navigator.mediaDevices as MediaDevices | undefined;
  if (devices) {
    const getUserMedia = devices.getUserMedia.bind(devices);
    devices.getUserMedia = async (constraints) => {
      const stream = await getUserMedia(constraints);
      if (window.whootTest.recordsMicrophone) keepMicrophone(stream.getAudioTracks()[0]!.clone());
      return stream;
    };
  }

  const players: HTMLMediaElement[] = [];
  const play = HTMLMediaElement.prototype.play;
  HTMLMediaElement.prototype.play = function (this: HTMLMediaElement & { captureStream?(): MediaStream }) {
    if (!this.srcObject && !players.includes(this)) {
      players.push(this);
      const context = new AudioContext();
      const tap = makeTap(context, player);
      this.addEventListener("playing", () => {
        const stream = this.captureStream?.();
        if (stream && stream.getAudioTracks().length > 0) connect.call(context.createMediaStreamSource(stream), tap);
      });
    }
    return play.call(this);
  };

  function pack(samples: Float32Array): string {
    const bytes = new Uint8Array(Int16Array.from(samples, (sample) => 32_767 * Math.max(-1, Math.min(1, sample))).buffer);
    let text = "";
    for (let start = 0; start < bytes.length; start += 8_192)
      text += String.fromCharCode(...bytes.subarray(start, start + 8_192));
    return btoa(text);
  }

  window.whootTest = { loudspeaker, player, presses, peers, recordsMicrophone: false, microphone, players, join, pack };
}

/** Waits until no connection sends the microphone any more. */
export async function microphoneIsOff(page: Page): Promise<void> {
  await page.waitForFunction(() =>
    window.whootTest.peers.every((peer) => peer.getSenders().every(({ track }) => track === null)),
  );
}

export async function recordSound(page: { addInitScript: Page["addInitScript"] }): Promise<void> {
  await page.addInitScript(install);
}

/** Records the microphone in the pages that are opened next. It keeps 12 MB a minute, so only where a test needs this. */
export async function recordMicrophone(page: Page): Promise<void> {
  await page.addInitScript(() => void (window.whootTest.recordsMicrophone = true));
}

/** A fake microphone arrives at about −20 dBFS; another tone leaks less than −70 dBFS into its frequency. */
const AUDIBLE = -40;
const SILENT = -65;

/** The next seconds of played audio; null when not even silence is played. */
async function record(
  page: Page,
  seconds: number,
  source: "loudspeaker" | "player" = "loudspeaker",
): Promise<{ samples: Float32Array; rate: number } | null> {
  const played = await page.evaluate(
    async ({ length, source }) => {
      const next = await window.whootTest[source].next(length);
      return next && { rate: next.rate, text: window.whootTest.pack(next.samples) };
    },
    { length: seconds, source },
  );
  return played && { rate: played.rate, samples: unpack(played.text) };
}

async function listen(page: Page, seconds: number, source: "loudspeaker" | "player" = "loudspeaker"): Promise<Heard | null> {
  const played = await record(page, seconds, source);
  return played && measure(played.samples, played.rate);
}

function voicesIn(heard: Heard | null): Speaker[] {
  return (Object.keys(TONES) as Speaker[]).filter((name) => heard !== null && heard.tones[name] > AUDIBLE);
}

/** The people whose voices are played now. */
export async function heardNow(page: Page): Promise<Speaker[]> {
  return voicesIn(await listen(page, 0.4));
}

/** The people whose voices are in the recording that is played now. */
export async function heardInRecording(page: Page): Promise<Speaker[]> {
  return voicesIn(await listen(page, 0.4, "player"));
}

/** True when the loudspeaker runs and plays only silence for that long. */
export async function isSilent(page: Page, seconds: number): Promise<boolean> {
  const heard = await listen(page, seconds);
  return heard !== null && heard.loudest < SILENT;
}

/** Audio packets that arrived on the open audio connection, played or not. */
export function packetsReceived(page: Page): Promise<number> {
  return page.evaluate(async () => {
    let packets = 0;
    for (const peer of window.whootTest.peers) {
      if (peer.connectionState !== "connected") continue;
      for (const report of (await peer.getStats()).values()) {
        if (report.type === "inbound-rtp") packets += report.packetsReceived;
      }
    }
    return packets;
  });
}

/** Measures the next seconds of played audio. @throws Error when not even silence is played */
export async function soundOf(page: Page, seconds: number): Promise<Heard> {
  const heard = await listen(page, seconds);
  if (!heard) throw new Error("nothing is played, not even silence");
  return heard;
}

/** The pitches that are played within the next second, from before the act on. */
export async function pitchesDuring(page: Page, act: () => Promise<unknown>): Promise<number[]> {
  const recording = record(page, 1);
  await act();
  const played = await recording;
  return played ? pitches(played.samples, played.rate) : [];
}

/** Every press so far: how long the key was held, how long the microphone was open, and where the press begins in the microphone's sound. */
export function presses(page: Page): Promise<{ heldMs: number; openMs: number; microphoneAtMs: number }[]> {
  return page.evaluate(() => {
    const { presses: all, microphone } = window.whootTest;
    return all.map(({ down, up, microphoneOff }) => ({
      heldMs: (up ?? Number.NaN) - down,
      openMs: (microphoneOff ?? Number.NaN) - down,
      microphoneAtMs: down - microphone.openedAt,
    }));
  });
}

/** All sound of the microphone since it was opened. */
export async function microphoneSoundOf(page: Page): Promise<{ samples: Float32Array; rate: number }> {
  const { rate, text } = await page.evaluate(() => {
    const { microphone, join, pack } = window.whootTest;
    return { rate: microphone.rate, text: pack(join(microphone.chunks)) };
  });
  return { rate, samples: unpack(text) };
}

/** Loudness in dBFS of one frequency in the audio that is played now. */
export async function loudnessAt(hertz: number, page: Page): Promise<number> {
  const played = await record(page, 0.4);
  return played ? Math.round(20 * Math.log10(amplitudeAt(hertz, played.samples, played.rate) + 1e-6)) : -120;
}
