import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "vitest";
import { createRtpClient, type RtpClient } from "../../media/testing/rtp-client.ts";
import type { GatewayClient } from "./gateway-client.ts";

/** 20 ms of Opus in one frame (RFC 6716 §3.1). The rest of the packet can be anything, because no test decodes it. */
const TOC = 0x98;
const FRAME_MS = 20;
const FRAME_SAMPLES = 960;

export type TestPerson = Awaited<ReturnType<typeof becomePerson>>;

/**
 * A person with a real gateway connection and real audio. Sends frames that carry words, granted or not, so that a test can
 * check exactly what was heard and what was recorded.
 */
export async function becomePerson(client: GatewayClient) {
  await client.opened();
  const welcome = await client.consume("welcome");
  let rtp: RtpClient | null = null;
  let sequence = 1_000;
  let timestamp = 48_000;
  let presses = 0;

  async function connectAudio(): Promise<void> {
    const earlier = client.received.length;
    rtp?.close();
    client.send({ type: "media.connect" });
    const { sdp } = await client.next("media.offer", (offer) => client.received.indexOf(offer) >= earlier);
    const rtpClient = createRtpClient({
      onAnswer: (answer) => client.send({ type: "media.answer", sdp: answer }),
      onCandidate: (candidate, mid) => client.send({ type: "media.candidate", candidate, mid }),
    });
    rtp = rtpClient;
    rtpClient.offer(sdp);
    await client.next("media.state", (state) => client.received.indexOf(state) >= earlier && state.state === "connected");
    await expect.poll(() => rtpClient.state()).toBe("connected");
  }

  client.onMessage((message) => {
    if (message.type === "media.candidate") rtp?.candidate(message.candidate, message.mid);
  });

  return {
    ...client,
    sessionId: welcome.sessionId,
    memberId: welcome.memberId,
    welcome,
    connectAudio,
    async join(channelId: string) {
      client.send({ type: "join", channelId });
      await client.next("joined", (joined) => joined.channelId === channelId);
    },
    /** Presses and returns the pressId of the answer without waiting for it. */
    press(channelId: string): number {
      presses += 1;
      client.send({ type: "talk.start", channelId, pressId: presses });
      return presses;
    },
    async granted(pressId: number): Promise<string> {
      return (await client.next("talk.granted", (granted) => granted.pressId === pressId)).transmissionId;
    },
    async denied(pressId: number): Promise<string> {
      return (await client.next("talk.denied", (denied) => denied.pressId === pressId)).reason;
    },
    release: () => client.send({ type: "talk.stop" }),
    /** Sends this many frames of the word in real time. */
    async say(word: string, frames = 5): Promise<void> {
      for (let n = 0; n < frames; n += 1) {
        try {
          rtp?.send({ payload: Buffer.concat([Buffer.of(TOC), Buffer.from(`${word}#${n}`)]), sequence, timestamp });
        } catch (error) {
          // Sending fails when the server has just closed the connection; that is no fault of the test.
          if (rtp?.state() === "connected") throw error;
        }
        sequence += 1;
        timestamp += FRAME_SAMPLES;
        await sleep(FRAME_MS);
      }
    },
    /** Waits, and moves the RTP timestamp on accordingly. */
    pause(ms: number): Promise<void> {
      timestamp += ms * 48;
      return sleep(ms);
    },
    /** Numbers of the frames of this word that were heard, in order of arrival. */
    heard: (word: string) => wordsIn(rtp?.received.map(({ payload }) => payload) ?? [], word),
    async hears(word: string, frames = 5): Promise<void> {
      await expect.poll(() => this.heard(word).length).toBe(frames);
    },
    hangUp: () => rtp?.close(),
  };
}

/** Numbers of the frames of the word among these Opus packets. */
export function wordsIn(packets: readonly Uint8Array[], word: string): number[] {
  return packets
    .map((packet) => Buffer.from(packet).subarray(1).toString("latin1").split("#"))
    .filter(([said]) => said === word)
    .map(([, n]) => Number(n));
}
