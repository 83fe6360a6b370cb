import type { ServerMessage } from "#contract/gateway.ts";
import { monotonicNow } from "../ui/clocks.ts";
import { makeAudio } from "./audio.ts";
import { makeAudioTrouble } from "./audio-trouble.ts";
import { cuesBetween, type Cue } from "./cues.ts";
import { makeGateway, type Gateway } from "./gateway.ts";
import { makeMedia } from "./media.ts";
import { recallBoard, rememberBoard } from "./memory.ts";
import type { LastTalk } from "./model.ts";
import type { VoiceState, Volume } from "./model.ts";
import { initialState, reduce, type VoiceEvent } from "./state.ts";
import { listeningOf, makeListeningReport } from "./listening.ts";
import { makeTalking } from "./talking.ts";

export type Change = Extract<ServerMessage, { type: "changed" }>;

interface VoiceOptions {
  /** Called for each connection, because the workspace may have moved. */
  url: () => string;
  memberId: string;
  onChanged: (change: Change) => void;
  /** Connected again after a loss: everything fetched before may be stale. */
  onReconnected: () => void;
  /** The connection was lost or refused. The session may have ended. */
  onDisconnected: () => void;
}

/** How long a notice stays on the talk key. */
const NOTICE_MS = 8_000;

/** The parts of the state that are stored, to outlive the page. */
const BOARD = ["wanted", "selected", "volumes", "missed"] as const;

/** How often the time at which this person was last here is stored. */
const REMEMBER_EVERY_MS = 15_000;

/** An audio connection that takes longer is given up and requested again. */
const MEDIA_TIMEOUT_MS = 15_000;

export type VoiceClient = ReturnType<typeof makeVoiceClient>;

/** The voice of one open workspace: connects gateway, audio connection, microphone and speakers to the state. */
export function makeVoiceClient(options: VoiceOptions) {
  const remembered = recallBoard(options.memberId);
  let state = initialState(remembered);
  /** The monotonic clock (`at`) and the server's clock (`was`) at the last welcome, and when the server was last heard. */
  let serverTime: { at: number; was: number; heardAt: number } | null = null;
  /** The end of this person's presence before the current connection. */
  let awaySince = remembered.hereUntil ?? null;
  let rememberedAt = -Infinity;
  let welcomed = false;
  let mediaRetry: ReturnType<typeof setTimeout> | undefined;
  let noticeTimer: ReturnType<typeof setTimeout> | undefined;
  const watchers = new Set<() => void>();
  const listeners = new Set<(cue: Cue) => void>();
  let gateway: Gateway | null = null;

  function dispatch(event: VoiceEvent): void {
    const before = state;
    state = reduce(before, event);
    if (state === before) return;
    if (BOARD.some((part) => state[part] !== before[part])) remember();
    if (state.slots !== before.slots || state.volumes !== before.volumes) applyGains();
    if (state.notice !== before.notice) forgetLater(state.notice);
    talking.after(before);
    if (listeningOf(state) !== listeningOf(before)) reportListening(state);
    if (state.media !== before.media || state.connection !== before.connection) audioTrouble.watch(state);
    for (const watcher of watchers) watcher();
    for (const cue of cuesBetween(before, state)) for (const listener of listeners) listener(cue);
  }

  function remember(): void {
    rememberedAt = monotonicNow();
    rememberBoard(options.memberId, state, hereUntil());
  }

  function hereUntil(): string | null {
    return serverTime ? new Date(serverTime.was + serverTime.heardAt - serverTime.at).toISOString() : awaySince;
  }

  function forgetLater(notice: VoiceState["notice"]): void {
    clearTimeout(noticeTimer);
    window.removeEventListener("focus", focused);
    if (!notice) return;
    // A person who looks elsewhere must still find it when they come back.
    if (notice.reason === "focus_lost" && !document.hasFocus()) window.addEventListener("focus", focused, { once: true });
    else noticeTimer = setTimeout(() => dispatch({ type: "noticeSeen", at: notice.at }), NOTICE_MS);
  }

  function focused(): void {
    forgetLater(state.notice);
  }

  const audio = makeAudio({
    onMicrophone: (microphone) => dispatch({ type: "microphone", microphone }),
    // Without a microphone there is nothing to send in a tail.
    onMicrophoneLost: (reason) => talking.cut(reason),
    onBlocked: (blocked) => dispatch({ type: "sound", blocked }),
  });

  const media = makeMedia({
    send: (message) => gateway?.send(message),
    speakers: audio.speakers,
    onSlot: applyGains,
    onFailed: loseMedia,
  });

  const talking = makeTalking({
    state: () => state,
    dispatch,
    send: (message) => gateway?.send(message),
    transmit: media.transmit,
    microphone: audio.microphone,
    level: audio.microphoneLevel,
    onGesture: audio.wake,
  });

  const reportListening = makeListeningReport((message) => gateway?.send(message));

  const audioTrouble = makeAudioTrouble(() => dispatch({ type: "audioTrouble", trouble: media.attempt() }));

  function applyGains(): void {
    for (const [mid, { channelId }] of Object.entries(state.slots)) {
      const volume = state.volumes[channelId];
      audio.speakers().setGain(mid, volume?.muted ? 0 : (volume?.level ?? 1));
    }
  }

  function connectMedia(): void {
    clearTimeout(mediaRetry);
    if (state.wanted.length === 0 || state.connection.phase !== "open") return;
    dispatch({ type: "media", media: "connecting" });
    gateway?.send({ type: "media.connect" });
    mediaRetry = setTimeout(() => state.media === "connecting" && loseMedia(), MEDIA_TIMEOUT_MS);
  }

  function loseMedia(): void {
    media.close();
    talking.hangUp();
    dispatch({ type: "media", media: "lost" });
    clearTimeout(mediaRetry);
    mediaRetry = setTimeout(connectMedia, 1_000);
  }

  function onMessage(message: ServerMessage): void {
    const before = state.media;
    const at = monotonicNow();
    if (message.type === "welcome") {
      awaySince = hereUntil();
      serverTime = { at, was: Date.parse(message.serverTime), heardAt: at };
    } else if (serverTime) {
      serverTime.heardAt = at;
    }
    dispatch({ type: "message", message, at });
    switch (message.type) {
      case "heartbeat":
        // Stored regularly, because a page that crashes fires no pagehide.
        if (at - rememberedAt > REMEMBER_EVERY_MS) remember();
        break;
      case "welcome":
        reportListening(state, true);
        for (const channelId of state.wanted) gateway?.send({ type: "join", channelId });
        connectMedia();
        if (welcomed) options.onReconnected();
        welcomed = true;
        break;
      case "media.offer":
        void media.offer(message.sdp);
        break;
      case "media.candidate":
        media.candidate(message.candidate, message.mid);
        break;
      case "media.state":
        // While a new audio connection is being made, "lost" is about the one before.
        if (message.state === "lost" && before === "connected") loseMedia();
        break;
      case "error":
        if (message.error === "media_failed") loseMedia();
        break;
      case "changed":
        options.onChanged(message);
        break;
      default:
    }
  }

  /** @param index position on the board; without it, the end */
  function join(channelId: string, index?: number): void {
    const first = state.wanted.length === 0;
    dispatch({ type: "want", channelId, ...(index !== undefined && { index }) });
    gateway?.send({ type: "join", channelId });
    audio.wake();
    if (first) connectMedia();
  }

  function leave(channelId: string): void {
    if (state.press.phase !== "up" && state.press.channelId === channelId) talking.hangUp();
    if (state.tail?.channelId === channelId) talking.hangUp();
    dispatch({ type: "unwant", channelId });
    gateway?.send({ type: "leave", channelId });
  }

  function start(): void {
    if (gateway) return;
    audio.start();
    window.addEventListener("pagehide", remember);
    talking.start();
    gateway = makeGateway({
      url: options.url,
      onMessage,
      onConnecting: () => dispatch({ type: "connecting" }),
      onDisconnected: (retryAt, neverOpen) => {
        clearTimeout(mediaRetry);
        media.close();
        dispatch({ type: "disconnected", retryAt, neverOpen });
        options.onDisconnected();
      },
      onEnded: () => {
        media.close();
        dispatch({ type: "ended" });
        options.onDisconnected();
      },
    });
  }

  function close(): void {
    clearTimeout(mediaRetry);
    audioTrouble.close();
    forgetLater(null);
    window.removeEventListener("pagehide", remember);
    if (serverTime) remember();
    gateway?.close();
    gateway = null;
    media.close();
    audio.close();
    talking.close();
  }

  return {
    start,
    close,
    join,
    leave,
    press: talking.press,
    release: talking.release,
    loseKey: talking.loseKey,
    toggle: talking.toggle,
    select: (channelId: string) => dispatch({ type: "select", channelId }),
    setVolume: (channelId: string, volume: Volume) => dispatch({ type: "volume", channelId, volume }),
    /** The time in which this page was not connected, ISO 8601 by the server's clock. Null before the first welcome and on a first visit. */
    away: () => (awaySince !== null && serverTime ? { from: awaySince, to: new Date(serverTime.was).toISOString() } : null),
    caughtUp: (channelId: string, last: LastTalk | null, missed: readonly string[]) =>
      dispatch({ type: "caughtUp", channelId, last, missed }),
    heard: (transmissionId: string) => dispatch({ type: "heard", transmissionId }),
    dismiss: (channelId: string) => dispatch({ type: "dismiss", channelId }),
    retryNow: () => gateway?.retryNow(),
    askForMicrophone: audio.askForMicrophone,
    turnSoundOn: audio.wake,
    playTick: audio.tick,
    microphoneLevel: audio.microphoneLevel,
    /** Loudness 0–1 of one talker, or of a whole channel. */
    level: (channelId: string, sessionId?: string) =>
      Object.entries(state.slots).reduce(
        (loudest, [mid, slot]) =>
          slot.channelId === channelId && (sessionId === undefined || slot.sessionId === sessionId)
            ? Math.max(loudest, audio.speakers().level(mid))
            : loudest,
        0,
      ),
    state: () => state,
    watch(watcher: () => void) {
      watchers.add(watcher);
      return () => void watchers.delete(watcher);
    },
    onCue(listener: (cue: Cue) => void) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}
