/** A gateway client for benches: answers heartbeats and records when each message arrived. */
import { WebSocket } from "ws";
import { type ClientMessage, ServerMessage } from "#contract/gateway.ts";
import { createRtpClient, type RtpClient } from "../server/src/media/testing/rtp-client.ts";
import type { Member, Workspace } from "./workspace.ts";

const DEADLINE_MS = 10_000;
const HEARTBEAT = '{"type":"heartbeat"}';

export interface GatewayClient {
  readonly rtp: RtpClient;
  send(message: ClientMessage): void;
  /** The time (performance.now) at which the next matching message arrived. @throws Error after 10 s */
  next(what: string, matches: (message: ServerMessage) => boolean): Promise<number>;
  /** Connects audio and joins the channel. */
  enter(channelId: string): Promise<void>;
  close(): void;
}

type Place = Pick<Workspace, "gateway" | "url">;

function open({ gateway, url }: Place, { cookie }: Pick<Member, "cookie">): WebSocket {
  const socket = new WebSocket(gateway, { headers: { cookie, origin: url } });
  socket.on("error", () => {});
  return socket;
}

export async function connect(workspace: Place, member: Pick<Member, "cookie">): Promise<GatewayClient> {
  const socket = open(workspace, member);
  const send = (message: ClientMessage) => socket.send(JSON.stringify(message));
  const waiting = new Set<(message: ServerMessage, at: number) => void>();
  const rtp = createRtpClient({
    onAnswer: (sdp) => send({ type: "media.answer", sdp }),
    onCandidate: (candidate, mid) => send({ type: "media.candidate", candidate, mid }),
    keepReceived: false,
  });

  function next(what: string, matches: (message: ServerMessage) => boolean): Promise<number> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`${what} did not arrive`)), DEADLINE_MS);
      const offer = (message: ServerMessage, at: number) => {
        if (!matches(message)) return;
        clearTimeout(timer);
        waiting.delete(offer);
        resolve(at);
      };
      waiting.add(offer);
    });
  }

  socket.on("message", (data) => {
    const at = performance.now();
    const message = ServerMessage.parse(JSON.parse(String(data)));
    if (message.type === "heartbeat") send(message);
    if (message.type === "media.offer") rtp.offer(message.sdp);
    if (message.type === "media.candidate") rtp.candidate(message.candidate, message.mid);
    for (const offer of waiting) offer(message, at);
  });
  await next("the welcome", ({ type }) => type === "welcome");
  return {
    rtp,
    send,
    next,
    async enter(channelId) {
      const connected = next("audio", (message) => message.type === "media.state" && message.state === "connected");
      send({ type: "media.connect" });
      await connected;
      const joined = next("the channel", ({ type }) => type === "joined");
      send({ type: "join", channelId });
      await joined;
    },
    close() {
      rtp.close();
      socket.close();
    },
  };
}

/** An open page that only stays connected. */
export interface Page<Who extends Pick<Member, "cookie"> = Member> {
  readonly member: Who;
  /** Resolves when the server ends the connection. */
  readonly closed: Promise<void>;
  /** Called when the member's permissions changed. */
  onSelf: (() => void) | null;
  close(): void;
}

export async function openPage<Who extends Pick<Member, "cookie">>(place: Place, member: Who): Promise<Page<Who>> {
  const socket = open(place, member);
  const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()));
  const page: Page<Who> = { member, closed, onSelf: null, close: () => socket.close() };
  await new Promise<void>((resolve, reject) => {
    socket.once("close", () => reject(new Error("a page could not connect")));
    socket.on("message", (data) => {
      const text = String(data);
      // Not parsed, so that the crowd leaves the CPU to the measured code.
      if (text === HEARTBEAT) socket.send(HEARTBEAT);
      else if (text.startsWith('{"type":"welcome"')) resolve();
      else if (text.startsWith('{"type":"changed","what":"self"')) page.onSelf?.();
    });
  });
  return page;
}
