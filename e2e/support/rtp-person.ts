/**
 * A person whose client is our own instead of a browser. The client uses the real gateway, with a session's cookie, and real WebRTC. It can
 * send RTP without a grant, and sends a 440 Hz tone.
 */
import { expect } from "@playwright/test";
import { WebSocket } from "ws";
import { type ClientMessage, ServerMessage } from "#contract/gateway.ts";
import { createRtpClient, type ReceivedRtp, tonePackets } from "../../server/src/media/testing/rtp-client.ts";
import type { Company, Person } from "./people.ts";
import type { Whoot } from "./server.ts";

const FRAME_MS = 20;
const FRAME_SAMPLES = 960;

export interface RtpPerson {
  readonly messages: readonly ServerMessage[];
  /** Number of packets that arrived. */
  receivedCount(): number;
  /** The packets that arrived, talk by talk. The first packet of a talk is marked (RFC 3551 §4.1). */
  talks(): ReceivedRtp[][];
  join(channelId: string): Promise<void>;
  press(channelId: string): Promise<"granted" | string>;
  release(): Promise<void>;
  /** Starts to send audio in real time, granted or not. */
  startSending(): void;
  /** Stops sending. @returns the number of packets sent */
  stopSending(): number;
  close(): void;
}

export async function makeRtpPerson(whoot: Whoot, company: Company, person: Person): Promise<RtpPerson> {
  const cookies = await person.context.cookies(whoot.url);
  const cookie = cookies.map(({ name, value }) => `${name}=${value}`).join("; ");
  const address = `${whoot.url.replace("http", "ws")}/api/v1/tenants/${company.slug}/gateway`;
  const packets = await tonePackets();
  // Nothing may be awaited before the listener is added, because the welcome arrives at once.
  const socket = new WebSocket(address, { headers: { cookie, origin: whoot.url } });
  const messages: ServerMessage[] = [];
  let sequence = 0;
  let pressId = 0;
  let sending: { timer: NodeJS.Timeout; from: number } | null = null;

  const send = (message: ClientMessage) => socket.send(JSON.stringify(message));
  const client = createRtpClient({
    onAnswer: (sdp) => send({ type: "media.answer", sdp }),
    onCandidate: (candidate, mid) => send({ type: "media.candidate", candidate, mid }),
  });

  socket.on("message", (data) => {
    const message = ServerMessage.parse(JSON.parse(String(data)));
    messages.push(message);
    if (message.type === "heartbeat") send(message);
    if (message.type === "media.offer") client.offer(message.sdp);
    if (message.type === "media.candidate") client.candidate(message.candidate, message.mid);
  });
  socket.on("error", () => {});

  async function until<T extends ServerMessage>(what: string, matches: (message: ServerMessage) => message is T): Promise<T> {
    let found: T | undefined;
    await expect.poll(() => (found = messages.find(matches)) !== undefined, { message: what, intervals: [20] }).toBe(true);
    return found!;
  }

  await until("welcome", (message): message is ServerMessage => message.type === "welcome");
  send({ type: "media.connect" });
  await until("audio", (message): message is ServerMessage => message.type === "media.state" && message.state === "connected");

  return {
    messages,
    receivedCount: () => client.received.length,
    talks() {
      const talks: ReceivedRtp[][] = [];
      // Sorted by SSRC, because the last packets of one talk may arrive among the first packets of the next, which has another SSRC.
      const open = new Map<number, ReceivedRtp[]>();
      for (const packet of client.received) {
        if (packet.marker || !open.has(packet.ssrc)) {
          open.set(packet.ssrc, []);
          talks.push(open.get(packet.ssrc)!);
        }
        open.get(packet.ssrc)!.push(packet);
      }
      return talks;
    },
    async join(channelId) {
      send({ type: "join", channelId });
      await until("joined", (message): message is ServerMessage => message.type === "joined" && message.channelId === channelId);
    },
    async press(channelId) {
      pressId += 1;
      const ownPressId = pressId;
      send({ type: "talk.start", channelId, pressId: ownPressId });
      const answer = await until(
        "an answer to the press",
        (message): message is Extract<ServerMessage, { type: "talk.granted" | "talk.denied" }> =>
          (message.type === "talk.granted" || message.type === "talk.denied") && message.pressId === ownPressId,
      );
      return answer.type === "talk.granted" ? "granted" : answer.reason;
    },
    async release() {
      const grant = messages.findLast((message) => message.type === "talk.granted");
      send({ type: "talk.stop" });
      await until(
        "the end of the talk",
        (message): message is ServerMessage =>
          message.type === "talker.stopped" && grant?.type === "talk.granted" && message.transmissionId === grant.transmissionId,
      );
    },
    startSending() {
      const start = performance.now();
      const from = sequence;
      const timer = setInterval(() => {
        // Timers are late, so the clock decides how many frames are due.
        while (sequence - from < (performance.now() - start) / FRAME_MS) {
          client.send({ payload: packets[sequence % packets.length]!, sequence, timestamp: sequence * FRAME_SAMPLES });
          sequence += 1;
        }
      }, FRAME_MS / 2);
      sending = { timer, from };
    },
    stopSending() {
      if (!sending) return 0;
      clearInterval(sending.timer);
      const sent = sequence - sending.from;
      sending = null;
      return sent;
    },
    close() {
      if (sending) clearInterval(sending.timer);
      client.close();
      socket.close();
    },
  };
}
