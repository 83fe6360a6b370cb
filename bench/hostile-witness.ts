/**
 * The witness of the hostile bench, in a process of its own (fork this file): in an ordinary workspace one person talks, one listens, and
 * channels are listed.
 */
import type { ChildProcess } from "node:child_process";
import { fork } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { tonePackets } from "../server/src/media/testing/rtp-client.ts";
import { connect, type GatewayClient } from "./gateway.ts";
import { makeHttp } from "./http.ts";
import type { Member, Workspace } from "./workspace.ts";

const FRAME_MS = 20;
const FRAME_SAMPLES = 960;
/** Between two requests of the channel list. */
const PAUSE_MS = 20;

type Place = Pick<Workspace, "url" | "slug" | "gateway" | "channelId">;

interface Setup {
  place: Place;
  talker: Member;
  listener: Member;
}

/** What the witness saw since the last call. */
export interface Seen {
  /** Longest time between two successive packets at the listener, in ms. */
  gap: number;
  /** The same at the talker, which shows the delay of the machine itself. */
  sentGap: number;
  packets: number;
  /** Time of each channel list, in ms. */
  lists: number[];
  /** Channel lists that were not answered with 200. */
  refused: number;
  /** How often talker or listener lost the connection and reconnected. */
  reconnects: number;
}

export interface Witness {
  /** What was seen since the last call. */
  take(): Promise<Seen>;
  close(): void;
}

export async function startWitness(setup: Setup): Promise<Witness> {
  const child = fork(fileURLToPath(import.meta.url));
  const heard = (): Promise<unknown> =>
    new Promise((resolve, reject) => {
      const onExit = (code: number | null) => reject(new Error(`the witness ended with ${code}`));
      child.once("exit", onExit).once("message", (message) => {
        child.off("exit", onExit);
        resolve(message);
      });
    });
  await ask(child, setup, heard);
  return { take: () => ask(child, "take", heard) as Promise<Seen>, close: () => void child.kill() };
}

function ask(child: ChildProcess, message: Setup | "take", heard: () => Promise<unknown>): Promise<unknown> {
  const answer = heard();
  child.send(message);
  return answer;
}

/** The longest time between two successive events, in ms. */
function makeGap() {
  let last: number | null = null;
  let largest = 0;
  return {
    note(at = performance.now()): void {
      if (last !== null) largest = Math.max(largest, at - last);
      last = at;
    },
    take(): number {
      // A gap that is still open counts, because somebody who is cut off hears nothing.
      const open = last === null ? 0 : performance.now() - last;
      const taken = Math.max(largest, open);
      largest = 0;
      return taken;
    },
  };
}

async function run({ place, talker, listener }: Setup): Promise<void> {
  const tone = await tonePackets();
  const [sent, received] = [makeGap(), makeGap()];
  const seen = { packets: 0, lists: [] as number[], refused: 0, reconnects: 0 };

  /** Talks and listens until one of the two loses the connection. */
  async function converse(onTalk: () => void): Promise<void> {
    const clients: GatewayClient[] = [];
    try {
      for (const member of [talker, listener]) clients.push(await connect(place, member));
      const [speaking, listening] = clients as [GatewayClient, GatewayClient];
      for (const client of clients) await client.enter(place.channelId);
      listening.rtp.onReceived(() => {
        received.note();
        seen.packets += 1;
      });
      const granted = speaking.next("the grant", ({ type }) => type === "talk.granted");
      speaking.send({ type: "talk.start", channelId: place.channelId, pressId: 1 });
      await granted;
      onTalk();
      const start = performance.now();
      // A frame every 20 ms, paced by the clock, because timers drift.
      for (let frame = 0; clients.every(({ rtp }) => rtp.state() === "connected"); frame += 1) {
        speaking.rtp.send({ payload: tone[frame % tone.length]!, sequence: frame, timestamp: frame * FRAME_SAMPLES });
        sent.note();
        await sleep(Math.max(0, start + (frame + 1) * FRAME_MS - performance.now()));
      }
    } finally {
      for (const client of clients) client.close();
    }
  }

  /** Reconnects after a loss; the silence until then counts as a gap. */
  async function talk(onTalk: () => void): Promise<void> {
    for (;;) {
      await converse(onTalk).catch(() => {});
      seen.reconnects += 1;
      await sleep(FRAME_MS);
    }
  }

  async function list(): Promise<void> {
    const http = makeHttp(place.url);
    for (;;) {
      const start = performance.now();
      const answer = await http.ask("GET", `/tenants/${place.slug}/channels`, listener.cookie).catch(() => null);
      seen.lists.push(performance.now() - start);
      if (answer?.status !== 200) seen.refused += 1;
      await sleep(PAUSE_MS);
    }
  }

  process.on("message", () => {
    const looked: Seen = { ...seen, lists: seen.lists.splice(0), gap: received.take(), sentGap: sent.take() };
    Object.assign(seen, { packets: 0, refused: 0, reconnects: 0 });
    process.send?.(looked);
  });
  await new Promise<void>((talking) => void talk(talking));
  void list();
  process.send?.("ready");
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.once("message", (setup: Setup) => void run(setup));
