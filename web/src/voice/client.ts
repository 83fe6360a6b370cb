import type { ServerMessage } from "#contract/gateway.ts";
import type { TalkKeyMode } from "#contract/http/tenants.ts";
import { makeAudio } from "./audio.ts";
import { cuesBetween, type Cue } from "./cues.ts";
import { makeGateway, type Gateway } from "./gateway.ts";
import { makeMedia } from "./media.ts";
import { recallBoard, rememberBoard } from "./memory.ts";
import { makeOneVoice } from "./one-voice.ts";
import { initialState, reduce, type VoiceEvent, type VoiceState, type Volume } from "./state.ts";

export type Change = Extract<ServerMessage, { type: "changed" }>;

interface VoiceOptions {
  /** Asked for each connection: the workspace may have moved. */
  url: () => string;
  memberId: string;
  onChanged: (change: Change) => void;
  /** Connected again: whatever was fetched meanwhile may be stale. */
  onReconnected: () => void;
  /** The connection was lost or refused: the session may have ended. */
  onDisconnected: () => void;
}

/** How long a refusal stays on the key. */
const NOTICE_MS = 8_000;

/** An audio connection that isn't up by then is asked for again. */
const MEDIA_TIMEOUT_MS = 15_000;

export type VoiceClient = ReturnType<typeof makeVoiceClient>;

/** One open workspace: connects gateway, audio connection, microphone and speakers with the state. */
export function makeVoiceClient(options: VoiceOptions) {
  let state = initialState(recallBoard(options.memberId));
  let presses = 0;
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
    if (state.wanted !== before.wanted || state.selected !== before.selected || state.volumes !== before.volumes) {
      rememberBoard(options.memberId, state);
    }
    if (state.slots !== before.slots || state.volumes !== before.volumes) applyGains();
    if (state.notice !== before.notice) forgetLater(state.notice);
    // Whatever ended the press, the microphone leaves the line with it.
    if (before.press.phase !== "up" && state.press.phase === "up") media.transmit(null);
    for (const watcher of watchers) watcher();
    for (const cue of cuesBetween(before, state)) for (const listener of listeners) listener(cue);
  }

  function forgetLater(notice: VoiceState["notice"]): void {
    clearTimeout(noticeTimer);
    if (notice) noticeTimer = setTimeout(() => dispatch({ type: "noticeSeen", at: notice.at }), NOTICE_MS);
  }

  const audio = makeAudio({
    onMicrophone: (microphone) => dispatch({ type: "microphone", microphone }),
    onBlocked: (blocked) => dispatch({ type: "sound", blocked }),
  });

  const media = makeMedia({
    send: (message) => gateway?.send(message),
    speakers: audio.speakers,
    onSlot: applyGains,
    onFailed: loseMedia,
  });

  const oneVoice = makeOneVoice(letGoForOther);

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
    release();
    dispatch({ type: "media", media: "lost" });
    clearTimeout(mediaRetry);
    mediaRetry = setTimeout(connectMedia, 1_000);
  }

  function onMessage(message: ServerMessage): void {
    const before = state.media;
    dispatch({ type: "message", message, at: Date.now() });
    switch (message.type) {
      case "welcome":
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
        // While a new connection is being made, "lost" speaks of the one before.
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

  function join(channelId: string): void {
    const first = state.wanted.length === 0;
    dispatch({ type: "want", channelId });
    gateway?.send({ type: "join", channelId });
    audio.wake();
    if (first) connectMedia();
  }

  function leave(channelId: string): void {
    if (state.press.phase !== "up" && state.press.channelId === channelId) release();
    dispatch({ type: "unwant", channelId });
    gateway?.send({ type: "leave", channelId });
  }

  /** The key goes down. With latch the talk goes on until `release`, or until the key goes down again, which may be held by then. */
  function press(channelId: string, mode: TalkKeyMode = "hold"): void {
    if (state.press.phase !== "up") {
      if (state.press.mode === "latch") release();
      return;
    }
    const at = Date.now();
    audio.wake();
    dispatch({ type: "select", channelId });
    if (state.connection.phase !== "open") return dispatch({ type: "refuse", channelId, reason: "not_connected", at });
    const track = audio.microphone();
    // Who was never asked for a microphone only listens; the server says why, and the person learns who can change it.
    if (!track && state.microphone !== "unasked") return dispatch({ type: "refuse", channelId, reason: "microphone", at });
    presses += 1;
    oneVoice.begin();
    // The track first: what is said before the grant waits at the server, so no first syllable is lost.
    media.transmit(track);
    dispatch({ type: "press", channelId, pressId: presses, mode, at });
    gateway?.send({ type: "talk.start", channelId, pressId: presses, mode });
  }

  function release(): void {
    if (state.press.phase === "up") return;
    gateway?.send({ type: "talk.stop" });
    dispatch({ type: "release" });
  }

  function letGoForOther(): void {
    if (state.press.phase === "up") return;
    const { channelId } = state.press;
    release();
    dispatch({ type: "refuse", channelId, reason: "other_tab", at: Date.now() });
  }

  /** The key of a hands-free talk: begins one, or ends what is said now. */
  function toggle(channelId: string): void {
    if (state.press.phase === "up") press(channelId, "latch");
    else release();
  }

  function start(): void {
    if (gateway) return;
    audio.start();
    gateway = makeGateway({
      url: options.url,
      onMessage,
      onConnecting: () => dispatch({ type: "connecting" }),
      onDisconnected: (retryAt) => {
        clearTimeout(mediaRetry);
        media.close();
        dispatch({ type: "disconnected", retryAt });
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
    clearTimeout(noticeTimer);
    gateway?.close();
    gateway = null;
    media.close();
    audio.close();
    oneVoice.close();
  }

  return {
    start,
    close,
    join,
    leave,
    press,
    release,
    toggle,
    select: (channelId: string) => dispatch({ type: "select", channelId }),
    setVolume: (channelId: string, volume: Volume) => dispatch({ type: "volume", channelId, volume }),
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
