/**
 * How long a press waits for its grant: from the client's `talk.start` to `talk.granted`, over a real WebSocket to a real
 * server process with its database, on a recorded channel, with audio connected and speaking all the time. On loopback:
 * a network adds its round trip.
 *
 *   node bench/press-to-grant.ts
 */
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { WebSocket } from "ws";
import { type ClientMessage, ServerMessage } from "#contract/gateway.ts";
import { createRtpClient, tonePackets } from "../server/src/media/testing/rtp-client.ts";
import { type Figure, latencyFigures } from "./figure.ts";
import { makeWorkspace } from "./workspace.ts";

const PRESSES = 400;
/** Not counted: what runs for the first time is not yet compiled. */
const WARM_UP = 20;
const HOLD_MS = 50;
const PAUSE_MS = 40;
const FRAME_MS = 20;
const FRAME_SAMPLES = 960;
const LIMIT_MS = 300;
const REFERENCE = "3GPP TS 22.179 MCPTT KPI 1: 300 ms for 95 % of requests";
const DEADLINE_MS = 10_000;

/** Takes about 40 s. */
export async function measurePressToGrant(): Promise<Figure[]> {
  const workspace = await makeWorkspace();
  const socket = new WebSocket(workspace.gateway, { headers: { cookie: workspace.owner.cookie, origin: workspace.url } });
  const send = (message: ClientMessage) => socket.send(JSON.stringify(message));
  const waiting = new Set<(message: ServerMessage, at: number) => void>();
  const rtp = createRtpClient({
    onAnswer: (sdp) => send({ type: "media.answer", sdp }),
    onCandidate: (candidate, mid) => send({ type: "media.candidate", candidate, mid }),
  });

  /** The next message that fits, with the moment at which it came. */
  function next(what: string, fits: (message: ServerMessage) => boolean): Promise<number> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`${what} did not come`)), DEADLINE_MS);
      const look = (message: ServerMessage, at: number) => {
        if (!fits(message)) return;
        clearTimeout(timer);
        waiting.delete(look);
        resolve(at);
      };
      waiting.add(look);
    });
  }

  socket.on("error", () => {});
  socket.on("message", (data) => {
    const at = performance.now();
    const message = ServerMessage.parse(JSON.parse(String(data)));
    if (message.type === "heartbeat") send(message);
    if (message.type === "media.offer") rtp.offer(message.sdp);
    if (message.type === "media.candidate") rtp.candidate(message.candidate, message.mid);
    for (const look of waiting) look(message, at);
  });

  let speaking: NodeJS.Timeout | undefined;
  try {
    await next("the welcome", ({ type }) => type === "welcome");
    const connected = next("audio", (message) => message.type === "media.state" && message.state === "connected");
    send({ type: "media.connect" });
    await connected;
    const joined = next("the channel", ({ type }) => type === "joined");
    send({ type: "join", channelId: workspace.channelId });
    await joined;

    const tone = await tonePackets();
    let frame = 0;
    speaking = setInterval(() => {
      rtp.send({ payload: tone[frame % tone.length]!, sequence: frame, timestamp: frame * FRAME_SAMPLES });
      frame += 1;
    }, FRAME_MS);

    const waited: number[] = [];
    for (let pressId = 1; pressId <= WARM_UP + PRESSES; pressId += 1) {
      const granted = next("the grant", (message) => message.type === "talk.granted" && message.pressId === pressId);
      const pressed = performance.now();
      send({ type: "talk.start", channelId: workspace.channelId, pressId });
      const took = (await granted) - pressed;
      if (pressId > WARM_UP) waited.push(took);
      await sleep(HOLD_MS);
      send({ type: "talk.stop" });
      await sleep(PAUSE_MS);
    }
    return latencyFigures(`Press to grant (${PRESSES} presses)`, waited, LIMIT_MS, REFERENCE);
  } finally {
    clearInterval(speaking);
    rtp.close();
    socket.close();
    await workspace.close();
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) console.table(await measurePressToGrant());
