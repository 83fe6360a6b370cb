/**
 * How long a press waits for its grant: from the client's `talk.start` to `talk.granted`, over a real WebSocket to a real
 * server process with its database, on a recorded channel, with audio that is sent all the time. On loopback; a network adds its
 * round trip.
 *
 *   node bench/press-to-grant.ts
 */
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { tonePackets } from "../server/src/media/testing/rtp-client.ts";
import { type Figure, latencyFigures } from "./figure.ts";
import { connect, type GatewayClient } from "./gateway.ts";
import { makeWorkspace } from "./workspace.ts";

const PRESSES = 400;
/** Presses that are not counted: the first ones run uncompiled code. */
const WARM_UP = 20;
const HOLD_MS = 50;
const PAUSE_MS = 40;
const FRAME_MS = 20;
const FRAME_SAMPLES = 960;
const LIMIT_MS = 300;
const REFERENCE = "3GPP TS 22.179 MCPTT KPI 1: 300 ms for 95 % of requests";

/** Takes about 40 s. */
export async function measurePressToGrant(): Promise<Figure[]> {
  const workspace = await makeWorkspace();
  let speaking: NodeJS.Timeout | undefined;
  let client: GatewayClient | undefined;
  try {
    client = await connect(workspace, workspace.owner);
    const { rtp, send, next } = client;
    await client.enter(workspace.channelId);

    const tone = await tonePackets();
    let frame = 0;
    speaking = setInterval(() => {
      rtp.send({ payload: tone[frame % tone.length]!, sequence: frame, timestamp: frame * FRAME_SAMPLES });
      frame += 1;
    }, FRAME_MS);

    const durations: number[] = [];
    for (let pressId = 1; pressId <= WARM_UP + PRESSES; pressId += 1) {
      const granted = next("the grant", (message) => message.type === "talk.granted" && message.pressId === pressId);
      const pressed = performance.now();
      send({ type: "talk.start", channelId: workspace.channelId, pressId });
      const duration = (await granted) - pressed;
      if (pressId > WARM_UP) durations.push(duration);
      await sleep(HOLD_MS);
      send({ type: "talk.stop" });
      await sleep(PAUSE_MS);
    }
    return latencyFigures(`Press to grant (${PRESSES} presses)`, durations, LIMIT_MS, REFERENCE);
  } finally {
    clearInterval(speaking);
    client?.close();
    await workspace.close();
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) console.table(await measurePressToGrant());
