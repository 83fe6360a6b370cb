import { vi } from "vitest";
import type { Subject } from "../ports.ts";
import { startVoice } from "../voice.ts";
import { fakeSocket } from "./fake-socket.ts";
import { memoryAccess, memoryStore } from "./memory-ports.ts";
import { scriptedMedia } from "./scripted-media.ts";

/** The whole voice core without network, media and real time. Needs `vi.useFakeTimers()`. */
export function scriptedVoice() {
  const world = memoryAccess();
  const kept = memoryStore();
  const worker = scriptedMedia();
  const log = vi.fn();
  const voice = startVoice({
    media: worker.media,
    access: world.access,
    store: kept.store,
    log,
    now: () => new Date(),
  });

  /** Connects without waiting for the welcome. */
  function attach(subject: Subject) {
    const socket = fakeSocket();
    voice.connect(socket.socket, subject);
    return socket;
  }

  /** Connects, waits for the welcome, joins the channels and connects audio. */
  async function enter(subject: Subject, ...channelIds: string[]) {
    const socket = attach(subject);
    await settle();
    const { sessionId, memberId } = socket.last("welcome");
    for (const channelId of channelIds) socket.say({ type: "join", channelId });
    socket.say({ type: "media.connect" });
    socket.say({ type: "media.answer", sdp: "answer" });
    const { peerId } = worker.last("openPeer");
    let presses = 0;
    return {
      ...socket,
      sessionId,
      memberId,
      peerId,
      press: (channelId: string) => socket.say({ type: "talk.start", channelId, pressId: (presses += 1) }),
      release: () => socket.say({ type: "talk.stop" }),
    };
  }

  return { voice, world, kept, worker, log, attach, enter };
}

/** Lets pending reads finish. */
export async function settle(): Promise<void> {
  await vi.advanceTimersByTimeAsync(2);
}
