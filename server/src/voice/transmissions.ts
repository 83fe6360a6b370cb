import { v7 as uuidv7 } from "uuid";
import type { Media, MediaEvent } from "#contract/media.ts";
import { ENDING_TIMEOUT_MS, MAX_TALK_MS, NO_AUDIO_MS } from "./limits.ts";
import type { TransmissionStore } from "./ports.ts";

/** One press by one speaker on one channel. */
export interface Transmission {
  readonly transmissionId: string;
  readonly tenantId: string;
  readonly channelId: string;
  readonly sessionId: string;
  readonly memberId: string;
  readonly speakerName: string;
  readonly startedAt: Date;
  readonly recorded: boolean;
}

export type TransmissionEvent = Extract<MediaEvent, { type: "transmissionStarted" | "recordingPiece" | "transmissionEnded" }>;

/** What the media worker or the clock ended, not the caller. */
export type Cutoff = "media_lost" | "no_audio" | "too_long";

export interface Transmissions {
  /** Registers it. Nothing is forwarded before `forward`, so that the talker hears of the grant first. */
  register(talk: Omit<Transmission, "transmissionId" | "startedAt">, onCutoff: (why: Cutoff) => void): Transmission;
  forward(talk: Transmission, peerId: string, mediaChannelId: string): void;
  /** Stops forwarding at once; the rest of the recording is still stored. Harmless when repeated. */
  end(talk: Transmission): void;
  /** Also finds one that ended and whose last recorded page is on its way: a slot may still carry its tail. */
  find(transmissionId: string): Transmission | undefined;
  onMedia(event: TransmissionEvent): void;
  counts(): { talking: number; ending: number };
  /** Settles when nothing is talking or ending. */
  drained(): Promise<void>;
}

interface Entry {
  readonly talk: Transmission;
  readonly onCutoff: (why: Cutoff) => void;
  state: "talking" | "ending";
  /** Told to the store. */
  begun: boolean;
  durationMs: number;
  silence: NodeJS.Timeout;
  limit: NodeJS.Timeout;
  ending?: NodeJS.Timeout;
}

/**
 * The life of a transmission: talking → ending → gone, and its recording's. A transmission ends once, whoever is first:
 * the speaker, a revocation, the clock or the media worker; what comes later finds it gone.
 */
export function makeTransmissions(media: Media, store: TransmissionStore, now: () => Date): Transmissions {
  const entries = new Map<string, Entry>();
  let drainers: (() => void)[] = [];

  function cutOff(entry: Entry, why: Cutoff): void {
    if (entry.state === "talking") entry.onCutoff(why);
  }

  function finish(entry: Entry): void {
    const { tenantId, transmissionId } = entry.talk;
    if (!entries.delete(transmissionId)) return;
    clearTimeout(entry.silence);
    clearTimeout(entry.limit);
    clearTimeout(entry.ending);
    if (entry.begun) store.end({ tenantId, transmissionId, durationMs: entry.durationMs });
    if (entries.size > 0) return;
    for (const resolve of drainers) resolve();
    drainers = [];
  }

  function heard(entry: Entry): void {
    const { tenantId, transmissionId, channelId, memberId, speakerName, startedAt, recorded } = entry.talk;
    // Without a recording the worker tells only of the first packet, so only the beginning can be watched.
    // A timer that was cleared comes back to life on refresh().
    if (!recorded) clearTimeout(entry.silence);
    else if (entry.state === "talking") entry.silence.refresh();
    if (!recorded || entry.begun) return;
    entry.begun = true;
    store.begin({ tenantId, transmissionId, channelId, memberId, speakerName, startedAt });
  }

  return {
    register(request, onCutoff) {
      const talk: Transmission = { ...request, transmissionId: uuidv7(), startedAt: now() };
      const entry: Entry = {
        talk,
        onCutoff,
        state: "talking",
        begun: false,
        durationMs: 0,
        silence: setTimeout(() => cutOff(entry, "no_audio"), NO_AUDIO_MS),
        limit: setTimeout(() => cutOff(entry, "too_long"), MAX_TALK_MS),
      };
      entries.set(talk.transmissionId, entry);
      return talk;
    },

    forward({ transmissionId, recorded }, peerId, channelId) {
      media.send({ type: "startTransmission", transmissionId, peerId, channelId, record: recorded });
    },

    end({ transmissionId }) {
      const entry = entries.get(transmissionId);
      if (entry?.state !== "talking") return;
      entry.state = "ending";
      clearTimeout(entry.silence);
      clearTimeout(entry.limit);
      // The worker may be gone, and it answers nothing for a peer that it never knew.
      entry.ending = setTimeout(() => finish(entry), ENDING_TIMEOUT_MS);
      media.send({ type: "endTransmission", transmissionId });
    },

    find: (transmissionId) => entries.get(transmissionId)?.talk,

    onMedia(event) {
      const entry = entries.get(event.transmissionId);
      if (!entry) return;
      if (event.type === "transmissionStarted") return heard(entry);
      if (event.type === "recordingPiece") {
        // A file of headers only is no transmission.
        if (!entry.begun && event.last && event.durationMs === 0) return;
        heard(entry);
        entry.durationMs = Math.max(entry.durationMs, event.durationMs);
        const { type: _, ...piece } = event;
        if (entry.begun) store.append({ ...piece, tenantId: entry.talk.tenantId });
        return;
      }
      entry.durationMs = Math.max(entry.durationMs, event.durationMs);
      cutOff(entry, "media_lost");
      finish(entry);
    },

    counts() {
      let talking = 0;
      for (const entry of entries.values()) if (entry.state === "talking") talking += 1;
      return { talking, ending: entries.size - talking };
    },

    drained: () => (entries.size === 0 ? Promise.resolve() : new Promise((resolve) => drainers.push(resolve))),
  };
}
