/**
 * The CPU time of forwarding one packet to one listener. The media worker runs alone in a process whose CPU time is measured;
 * talkers and listeners are real WebRTC clients in two other processes, all on loopback. For comparison, the
 * same process also measures a bare loop that sends UDP packets of the same size.
 *
 *   node bench/forwarding.ts
 */
import { fork, type ChildProcess } from "node:child_process";
import { createSocket } from "node:dgram";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { MediaCommand, MediaEvent } from "#contract/media.ts";
import { startMedia } from "../server/src/media/media.ts";
import { createRtpClient, tonePackets, type RtpClient } from "../server/src/media/testing/rtp-client.ts";
import type { Figure } from "./figure.ts";

const SIZES = [
  { listeners: 1, talkers: 6 },
  { listeners: 100, talkers: 4 },
  { listeners: 400, talkers: 1 },
];
const AIM_LISTENERS = 400;
const AIM_MICROSECONDS = 10;
const WARM_UP_MS = 2_000;
const MEASURED_MS = 6_000;
const FRAME_MS = 20;
/** Clients that connect at the same time; the DTLS handshakes of both ends share two cores. */
const WAVE = 20;
/** Size of the tone's packets on the wire: RTP header, 63 bytes of Opus, SRTP tag. */
const WIRE_BYTES = 12 + 63 + 10;
const BARE_SENDS = 200_000;
const LIVEKIT = "LiveKit's published 60,000 packets per second per vCPU";

/** Messages between the parent and its child processes. */
type ToChild =
  | { type: "command"; command: MediaCommand }
  | { type: "event"; event: MediaEvent }
  | { type: "open"; peerIds: string[] }
  | { type: "talk"; talk: boolean }
  | { type: "count" | "cpu" | "bareSend" | "stop" };
type FromChild =
  | { type: "ready" | "stopped" }
  | { type: "command"; command: MediaCommand }
  | { type: "event"; event: MediaEvent }
  | { type: "count"; count: number }
  | { type: "cpu"; microseconds: number }
  | { type: "bareSend"; microseconds: number };

/** Takes about a minute. */
export async function measureForwarding(): Promise<Figure[]> {
  const figures: Figure[] = [];
  let bare = 0;
  for (const { listeners, talkers } of SIZES) {
    const run = await measure(listeners, talkers);
    bare = run.bareMicroseconds;
    const isAim = listeners === AIM_LISTENERS;
    const size = `${listeners} listener${listeners === 1 ? "" : "s"}`;
    figures.push(
      {
        name: `CPU per forwarded packet, ${size}`,
        value: round(run.microseconds, 2),
        unit: "µs",
        better: "lower",
        aim: isAim ? AIM_MICROSECONDS : null,
        reference: isAim ? LIVEKIT : null,
      },
      {
        name: `Forwarded packets per CPU-second, ${size}`,
        value: Math.round(1_000_000 / run.microseconds),
        unit: "packets/s",
        better: "higher",
        aim: isAim ? 1_000_000 / AIM_MICROSECONDS : null,
        reference: isAim ? LIVEKIT : null,
      },
      { name: `Packets lost, ${size}`, value: round(run.lostPercent, 3), unit: "%", better: "lower", aim: 0, reference: null },
    );
  }
  figures.push({
    name: "CPU per packet, a bare UDP send loop on the same machine",
    value: round(bare, 2),
    unit: "µs",
    better: "lower",
    aim: null,
    reference: "node:dgram, no encryption, nobody listening",
  });
  return figures;
}

async function measure(listeners: number, talkers: number) {
  const media = child("media");
  const clientProcesses = { talker: child("talkers"), listener: child("listeners") };
  const talkerIds = Array.from({ length: talkers }, (_, index) => `talker${index}`);
  const listenerIds = Array.from({ length: listeners }, (_, index) => `listener${index}`);
  const connected = new Set<string>();
  media.on("message", (message: FromChild) => {
    if (message.type !== "event") return;
    const { event } = message;
    if (event.type === "peerState" && event.state === "connected") connected.add(event.peerId);
    if (event.type !== "offer" && event.type !== "candidate") return;
    sendToChild(event.peerId.startsWith("talker") ? clientProcesses.talker : clientProcesses.listener, { type: "event", event });
  });
  for (const clientProcess of Object.values(clientProcesses)) {
    clientProcess.on("message", (message: FromChild) => message.type === "command" && sendToChild(media, message));
  }
  try {
    await Promise.all([media, clientProcesses.talker, clientProcesses.listener].map((process) => nextMessage(process, "ready")));
    await connect([...talkerIds], clientProcesses.talker, connected);
    await connect([...listenerIds], clientProcesses.listener, connected);
    for (const peerId of listenerIds) command(media, { type: "subscribe", peerId, channelId: "channel" });
    for (const peerId of talkerIds) {
      command(media, { type: "startTransmission", transmissionId: peerId, peerId, channelId: "channel", record: false });
    }

    sendToChild(clientProcesses.talker, { type: "talk", talk: true });
    await sleep(WARM_UP_MS);
    const before = { cpu: await cpu(media), packets: await count(clientProcesses.listener) };
    await sleep(MEASURED_MS);
    const after = { cpu: await cpu(media), packets: await count(clientProcesses.listener) };
    sendToChild(clientProcesses.talker, { type: "talk", talk: false });
    const expected = (await count(clientProcesses.talker)) * listeners;
    let arrived = 0;
    for (let wait = 0; wait < 40 && (arrived = await count(clientProcesses.listener)) < expected; wait++) await sleep(50);

    sendToChild(media, { type: "bareSend" });
    const { microseconds: bareMicroseconds } = await nextMessage(media, "bareSend");
    return {
      microseconds: (after.cpu - before.cpu) / (after.packets - before.packets),
      lostPercent: ((expected - arrived) * 100) / expected,
      bareMicroseconds,
    };
  } finally {
    for (const process of [clientProcesses.talker, clientProcesses.listener, media]) {
      sendToChild(process, { type: "stop" });
      await Promise.race([nextMessage(process, "stopped"), sleep(8_000)]);
      process.kill();
    }
  }
}

async function connect(peerIds: string[], clientProcess: ChildProcess, connected: Set<string>): Promise<void> {
  for (let wave = peerIds.splice(0, WAVE); wave.length > 0; wave = peerIds.splice(0, WAVE)) {
    sendToChild(clientProcess, { type: "open", peerIds: wave });
    const deadline = performance.now() + 20_000;
    while (!wave.every((peerId) => connected.has(peerId))) {
      if (performance.now() > deadline) throw new Error("clients did not connect");
      await sleep(10);
    }
  }
}

async function cpu(media: ChildProcess): Promise<number> {
  sendToChild(media, { type: "cpu" });
  return (await nextMessage(media, "cpu")).microseconds;
}

async function count(clientProcess: ChildProcess): Promise<number> {
  sendToChild(clientProcess, { type: "count" });
  return (await nextMessage(clientProcess, "count")).count;
}

function child(role: string): ChildProcess {
  return fork(fileURLToPath(import.meta.url), [`--role=${role}`], { serialization: "advanced" });
}

function sendToChild(process: ChildProcess, message: ToChild): void {
  if (process.connected) process.send(message);
}

function command(media: ChildProcess, what: MediaCommand): void {
  sendToChild(media, { type: "command", command: what });
}

function nextMessage<Type extends FromChild["type"]>(process: ChildProcess, type: Type) {
  return new Promise<Extract<FromChild, { type: Type }>>((resolve, reject) => {
    const onExit = (code: number | null) => reject(new Error(`a process of the bench ended with ${code}`));
    process.once("exit", onExit);
    process.on("message", function listen(message: FromChild) {
      if (message.type !== type) return;
      process.off("message", listen).off("exit", onExit);
      resolve(message as Extract<FromChild, { type: Type }>);
    });
  });
}

function sendToParent(message: FromChild): void {
  process.send?.(message);
}

async function runMedia(): Promise<void> {
  const media = await startMedia({ port: 0, listenAddress: "127.0.0.1", log: () => {} });
  media.onEvent((event) => sendToParent({ type: "event", event }));
  const answer = async (message: ToChild): Promise<void> => {
    if (message.type === "command") media.send(message.command);
    if (message.type === "cpu") sendToParent({ type: "cpu", microseconds: totalCpu() });
    if (message.type === "bareSend") sendToParent({ type: "bareSend", microseconds: await bareSend() });
    if (message.type === "stop") {
      await media.close();
      sendToParent({ type: "stopped" });
    }
  };
  process.on("message", (message: ToChild) => void answer(message));
  sendToParent({ type: "ready" });
}

/** Microseconds of CPU per packet of a loop that only sends. */
async function bareSend(): Promise<number> {
  const target = createSocket("udp4");
  await new Promise<void>((resolve) => target.bind(0, "127.0.0.1", resolve));
  const socket = createSocket("udp4");
  await new Promise<void>((resolve) => socket.connect(target.address().port, "127.0.0.1", resolve));
  const packet = Buffer.alloc(WIRE_BYTES, 7);
  const before = totalCpu();
  for (let sent = 0; sent < BARE_SENDS; sent++) {
    // Now and then wait for a turn of the event loop, so that libuv finishes its pending sends.
    if (sent % 50 === 49) await new Promise<void>((resolve) => socket.send(packet, () => resolve()));
    else socket.send(packet);
  }
  const microseconds = (totalCpu() - before) / BARE_SENDS;
  socket.close();
  target.close();
  return microseconds;
}

function totalCpu(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}

async function runClients(): Promise<void> {
  const tone = await tonePackets();
  const clients = new Map<string, RtpClient>();
  let talking = false;
  let packets = 0;

  process.on("message", (message: ToChild) => {
    if (message.type === "open") {
      for (const peerId of message.peerIds) {
        const client = createRtpClient({
          keepReceived: false,
          onAnswer: (sdp) => sendToParent({ type: "command", command: { type: "answer", peerId, sdp } }),
          onCandidate: (candidate, mid) =>
            sendToParent({ type: "command", command: { type: "candidate", peerId, candidate, mid } }),
        });
        client.onReceived(() => packets++);
        clients.set(peerId, client);
        sendToParent({ type: "command", command: { type: "openPeer", peerId } });
      }
    }
    if (message.type === "event" && message.event.type === "offer") clients.get(message.event.peerId)?.offer(message.event.sdp);
    if (message.type === "event" && message.event.type === "candidate") {
      clients.get(message.event.peerId)?.candidate(message.event.candidate, message.event.mid);
    }
    if (message.type === "talk") {
      talking = message.talk;
      if (talking) void talk();
    }
    if (message.type === "count") sendToParent({ type: "count", count: packets });
    if (message.type === "stop") {
      for (const client of clients.values()) client.close();
      sendToParent({ type: "stopped" });
    }
  });
  sendToParent({ type: "ready" });

  /** Every client sends a frame every 20 ms, paced by the clock, because timers drift. */
  async function talk(): Promise<void> {
    const start = performance.now();
    for (let frame = 0; talking; frame++) {
      for (const client of clients.values()) {
        client.send({ payload: tone[frame % tone.length]!, sequence: frame, timestamp: frame * FRAME_MS * 48 });
        packets++;
      }
      await sleep(Math.max(0, start + (frame + 1) * FRAME_MS - performance.now()));
    }
  }
}

function round(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}

const role = process.argv.find((argument) => argument.startsWith("--role="))?.slice("--role=".length);
if (role === "media") await runMedia();
else if (role) await runClients();
else if (process.argv[1] === fileURLToPath(import.meta.url)) console.table(await measureForwarding());
