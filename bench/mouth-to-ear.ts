/**
 * The delay from the talker's track to the listener's track, in Chromium, through a real server. Both people are in windows of one
 * browser, so they share a clock. The talker's track is a tone that is switched on and off. Both tracks are read sample by sample
 * (MediaStreamTrackProcessor), and the same rule finds the start of each burst in both, so the cost of reading cancels out. The delay
 * includes Opus, Chromium's sending and receiving WebRTC and its jitter buffer; it excludes microphone, loudspeaker and network.
 *
 *   node bench/mouth-to-ear.ts
 */
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { type Browser, chromium, type Page } from "@playwright/test";
import { findChromium } from "../scripts/chromium.mjs";
import { type Figure, latencyFigures } from "./figure.ts";
import { makeWorkspace, type Member, type Workspace } from "./workspace.ts";

const BURSTS = 100;
const BURST_MS = 150;
/** Long enough that a late burst is not taken for the next one. */
const EVERY_MS = 600;
/** Bursts that are not counted: Chromium's jitter buffer adapts in the first seconds. */
const WARM_UP = 8;
const LIMIT_MS = 300;
const REFERENCE = "3GPP TS 22.179 MCPTT KPI 3: 300 ms for 95 % of voice bursts";

interface BenchPage {
  /** Times (ms since 1970) at which a burst began: on the own track, and on the received one. */
  said: number[];
  heard: number[];
  talk(bursts: number): Promise<void>;
}

declare global {
  var bench: BenchPage;
}

/** Runs in the page: the smallest client of the gateway, with a tone for a microphone. */
async function becomeClient(options: { gateway: string; channelId: string; burstMs: number; everyMs: number }): Promise<void> {
  const { gateway, channelId, burstMs, everyMs } = options;
  const QUIET_MS = 300;
  const LOUD = 0.1;
  const said: number[] = [];
  const heard: number[] = [];

  // Between bursts a tone far below LOUD keeps encoder and jitter buffer running.
  const context = new AudioContext();
  await context.resume();
  const oscillator = new OscillatorNode(context, { frequency: 1_000 });
  const loudness = new GainNode(context, { gain: 0.001 });
  const microphone = new MediaStreamAudioDestinationNode(context, { channelCount: 1 });
  oscillator.connect(loudness).connect(microphone);
  oscillator.start();
  const [track] = microphone.stream.getAudioTracks();
  if (!track) throw new Error("no track");

  /** Records when the track becomes loud after being quiet. */
  async function watch(track: MediaStreamTrack, onsets: number[]): Promise<void> {
    const { MediaStreamTrackProcessor: Processor } = globalThis as unknown as {
      MediaStreamTrackProcessor: new (init: { track: MediaStreamTrack }) => { readable: ReadableStream<AudioData> };
    };
    const reader = new Processor({ track }).readable.getReader();
    let lastLoud = Number.NEGATIVE_INFINITY;
    for (let next = await reader.read(); !next.done; next = await reader.read()) {
      const at = performance.timeOrigin + performance.now();
      const frames = next.value;
      const samples = new Float32Array(frames.numberOfFrames);
      frames.copyTo(samples, { planeIndex: 0, format: "f32-planar" });
      const first = samples.findIndex((sample) => Math.abs(sample) > LOUD);
      if (first >= 0) {
        // A chunk arrives at the time of its last sample.
        const began = at - ((samples.length - first) / frames.sampleRate) * 1_000;
        if (began - lastLoud > QUIET_MS) onsets.push(began);
        lastLoud = at;
      }
      frames.close();
    }
  }
  void watch(track, said);

  const socket = new WebSocket(gateway);
  const send = (message: unknown) => socket.send(JSON.stringify(message));
  const waiting = new Map<string, () => void>();
  const until = (type: string) =>
    new Promise<void>((resolve, reject) => {
      waiting.set(type, resolve);
      setTimeout(() => reject(new Error(`${type} did not arrive`)), 10_000);
    });
  let peer: RTCPeerConnection | null = null;
  let early: RTCIceCandidateInit[] = [];

  async function answer(sdp: string): Promise<void> {
    const mine = new RTCPeerConnection({ bundlePolicy: "max-bundle" });
    mine.ontrack = ({ track: received }) => {
      // Chromium decodes a remote track only while a media element plays it.
      const element = new Audio();
      element.srcObject = new MediaStream([received]);
      element.volume = 0;
      void element.play();
      void watch(received, heard);
    };
    mine.onicecandidate = ({ candidate }) => {
      if (candidate?.candidate) send({ type: "media.candidate", candidate: candidate.candidate, mid: candidate.sdpMid });
    };
    await mine.setRemoteDescription({ type: "offer", sdp });
    const section = sdp.split(/^m=/m).find((part) => /^a=recvonly\r?$/m.test(part)) ?? "";
    const mid = /^a=mid:(\S+)/m.exec(section)?.[1];
    const line = mine.getTransceivers().find((transceiver) => transceiver.mid === mid);
    if (line) line.direction = "sendonly";
    await mine.setLocalDescription(await mine.createAnswer());
    send({ type: "media.answer", sdp: mine.localDescription?.sdp ?? "" });
    await line?.sender.replaceTrack(track ?? null);
    peer = mine;
    for (const candidate of early) await mine.addIceCandidate(candidate);
    early = [];
  }

  socket.onmessage = ({ data }) => {
    const message = JSON.parse(String(data)) as { type: string; state?: string; sdp?: string; candidate?: string; mid?: string };
    if (message.type === "heartbeat") send(message);
    if (message.type === "media.offer") void answer(message.sdp ?? "");
    if (message.type === "media.candidate") {
      const candidate = { candidate: message.candidate ?? "", sdpMid: message.mid ?? null };
      if (peer) void peer.addIceCandidate(candidate);
      else early.push(candidate);
    }
    if (message.type === "media.state" && message.state !== "connected") return;
    waiting.get(message.type)?.();
  };

  await until("welcome");
  const connected = until("media.state");
  send({ type: "media.connect" });
  await connected;
  const joined = until("joined");
  send({ type: "join", channelId });
  await joined;

  globalThis.bench = {
    said,
    heard,
    async talk(bursts) {
      const granted = until("talk.granted");
      send({ type: "talk.start", channelId, pressId: 1 });
      await granted;
      const first = context.currentTime + 0.5;
      for (let burst = 0; burst < bursts; burst += 1) {
        const start = first + (burst * everyMs) / 1_000;
        loudness.gain.setValueAtTime(0.5, start);
        loudness.gain.setValueAtTime(0.001, start + burstMs / 1_000);
      }
      await new Promise((resolve) => setTimeout(resolve, 1_000 + bursts * everyMs));
      send({ type: "talk.stop" });
    },
  };
}

async function open(browser: Browser, workspace: Workspace, { cookie }: Member): Promise<Page> {
  const context = await browser.newContext();
  const cookies = cookie.split("; ").map((pair) => pair.split("="));
  await context.addCookies(cookies.map(([name = "", value = ""]) => ({ name, value, url: workspace.url })));
  const page = await context.newPage();
  // Any page of the server's origin would do; this one runs no script.
  await page.goto(`${workspace.url}/api/openapi.json`);
  await page.evaluate(becomeClient, {
    gateway: workspace.gateway,
    channelId: workspace.channelId,
    burstMs: BURST_MS,
    everyMs: EVERY_MS,
  });
  return page;
}

/** Takes about 75 s. */
export async function measureMouthToEar(): Promise<Figure[]> {
  const executablePath = findChromium();
  if (!executablePath) throw new Error("this bench needs a Chromium");
  const workspace = await makeWorkspace();
  const browser = await chromium.launch({
    executablePath,
    args: [
      ...(process.getuid?.() === 0 ? ["--no-sandbox"] : []),
      "--autoplay-policy=no-user-gesture-required",
      "--disable-features=WebRtcHideLocalIpsWithMdns",
      "--disable-background-networking",
    ],
  });
  try {
    const listener = await open(browser, workspace, await workspace.invite("Listener"));
    const talker = await open(browser, workspace, workspace.owner);
    await talker.evaluate((bursts) => globalThis.bench.talk(bursts), WARM_UP + BURSTS);
    await sleep(1_000);
    const said = await talker.evaluate(() => globalThis.bench.said);
    const heard = await listener.evaluate(() => globalThis.bench.heard);
    const delays = said.slice(WARM_UP, WARM_UP + BURSTS).map((began) => {
      const delay = (heard.find((at) => at > began) ?? Number.POSITIVE_INFINITY) - began;
      // A burst that did not arrive before the next began counts as not heard.
      return delay < EVERY_MS ? delay : Number.POSITIVE_INFINITY;
    });
    const arrived = delays.filter(Number.isFinite).length;
    if (arrived < BURSTS * 0.95) throw new Error(`of ${BURSTS} bursts ${delays.length} were said and ${arrived} heard in time`);
    return latencyFigures(`Mouth to ear in Chromium (${BURSTS} bursts)`, delays, LIMIT_MS, REFERENCE);
  } finally {
    await browser.close();
    await workspace.close();
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) console.table(await measureMouthToEar());
