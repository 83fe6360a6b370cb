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

/** Why the media worker or a timer ended a transmission. */
export type Cutoff = "media_lost" | "no_audio" | "too_long";

export interface Transmissions {
  /** Creates a transmission. Forwards nothing before `forward`, so that the talker is told of the grant first. */
  register(talk: Omit<Transmission, "transmissionId" | "startedAt">, onCutoff: (cutoff: Cutoff) => void): Transmission;
  /** @param line the microphone line of the peer */
  forward(talk: Transmission, peerId: string, line: number, mediaChannelId: string): void;
  /**
   * Stops forwarding: at once, or with `late` after packets that are still under way. The rest of the recording is still
   * stored. Harmless when repeated.
   */
  end(talk: Transmission, late: boolean): void;
  /** Also finds an ended transmission until its last recording piece arrives: a slot may still carry its tail. */
  find(transmissionId: string): Transmission | undefined;
  onMedia(event: TransmissionEvent): void;
  counts(): { talking: number; ending: number };
  /** Settles when nothing is talking or ending. */
  drained(): Promise<void>;
}

interface Entry {
  readonly talk: Transmission;
  readonly onCutoff: (cutoff: Cutoff) => void;
  state: "talking" | "ending";
  /** Whether the store was told to begin the recording. */
  begun: boolean;
  durationMs: number;
  silence: NodeJS.Timeout;
  limit: NodeJS.Timeout;
  ending?: NodeJS.Timeout;
}

/**
 * The lifecycle of transmissions and their recordings: talking → ending → gone. A transmission ends once, through whichever
 * comes first: the speaker, a revocation, a timer or the media worker. Later ends are ignored.
 */
export function makeTransmissions(media: Media, store: TransmissionStore, now: () => Date): Transmissions {
  const entries = new Map<string, Entry>();
  let drainers: (() => void)[] = [];

  function cutOff(entry: Entry, cutoff: Cutoff): void {
    if (entry.state === "talking") entry.onCutoff(cutoff);
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
    // Without a recording the worker reports only the first packet, so later silence cannot be detected.
    // Do not refresh() after `end` cleared the timer: refresh() restarts a cleared timer.
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

    forward({ transmissionId, recorded }, peerId, line, channelId) {
      media.send({ type: "startTransmission", transmissionId, peerId, line, channelId, record: recorded });
    },

    end({ transmissionId }, late) {
      const entry = entries.get(transmissionId);
      if (entry?.state !== "talking") return;
      entry.state = "ending";
      clearTimeout(entry.silence);
      clearTimeout(entry.limit);
      // The worker may be gone, and it does not answer for an unknown peer.
      entry.ending = setTimeout(() => finish(entry), ENDING_TIMEOUT_MS);
      media.send({ type: "endTransmission", transmissionId, late });
    },

    find: (transmissionId) => entries.get(transmissionId)?.talk,

    onMedia(event) {
      const entry = entries.get(event.transmissionId);
      if (!entry) return;
      if (event.type === "transmissionStarted") return heard(entry);
      if (event.type === "recordingPiece") {
        // A recording with headers but no audio is not stored.
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
