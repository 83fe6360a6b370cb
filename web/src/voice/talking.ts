import { LINE_COUNT, type ClientMessage } from "#contract/gateway.ts";
import type { TalkKeyMode } from "#contract/http/tenants.ts";
import { monotonicNow } from "../ui/clocks.ts";
import type { Media } from "./media.ts";
import { makeOneVoice } from "./one-voice.ts";
import type { KeyLoss, LocalDenial, VoiceState } from "./model.ts";
import { isMicrophoneOpen, type VoiceEvent } from "./state.ts";
import { captureDelayOf, type Ending, followEnding, isSound, readTail } from "./tail.ts";

interface TalkingOptions {
  state: () => VoiceState;
  dispatch: (event: VoiceEvent) => void;
  send: (message: ClientMessage) => void;
  transmit: Media["transmit"];
  microphone: () => MediaStreamTrack | null;
  /** Loudness 0–1 of the microphone. */
  level: () => number;
  /** The person made a gesture, so the browser allows sound now. */
  onGesture: () => void;
}

export type Talking = ReturnType<typeof makeTalking>;

/** How often the microphone's level is read: in a press until it gives sound, and after the key came up. */
const READ_LEVEL_EVERY_MS = 10;

/** The talk key: decides when the microphone goes on a line and when it leaves it. */
export function makeTalking({ state, dispatch, send, transmit, microphone, level, onGesture }: TalkingOptions) {
  let presses = 0;
  /** The talk that ended last, while the microphone may still give words of it. */
  let lastTalk: { channelId: string; ending: Ending } | null = null;
  let timer: ReturnType<typeof setInterval> | undefined;
  /** The microphone gave sound since the key went down. */
  let hasSounded = false;
  /** Puts the microphone on the line for a press on another channel, when the microphone has given all of `lastTalk`. */
  let waiting: (() => void) | null = null;

  // Words for the other tab must not be sent from this one, so there is no tail.
  const oneVoice = makeOneVoice(() => cut("other_tab"));

  function follow(channelId: string): void {
    // This press never got on the line, because the microphone still gave words of the previous channel.
    if (waiting) return;
    listen();
    lastTalk = { channelId, ending: followEnding(readTail(), captureDelayOf(microphone()), monotonicNow(), hasSounded) };
    lastTalk.ending.update(level(), monotonicNow());
    clearInterval(timer);
    timer = setInterval(followLevel, READ_LEVEL_EVERY_MS);
  }

  function listenForSound(): void {
    clearInterval(timer);
    timer = setInterval(listen, READ_LEVEL_EVERY_MS);
  }

  function listen(): void {
    hasSounded ||= isSound(level());
    if (hasSounded) clearInterval(timer);
  }

  function followLevel(): void {
    if (!lastTalk) return;
    const { ending } = lastTalk;
    hasSounded ||= isSound(level());
    ending.update(level(), monotonicNow());
    if (state().tail && ending.isOver()) endTail();
    if (!state().tail && ending.isClear()) forgetLastTalk();
  }

  function forgetLastTalk(): void {
    clearInterval(timer);
    lastTalk = null;
    const begin = waiting;
    waiting = null;
    begin?.();
  }

  /** The key goes down. A latched talk goes on until `release`, or until the next press in either mode. */
  function press(channelId: string, mode: TalkKeyMode = "hold"): void {
    const { press: now, tail } = state();
    if (now.phase !== "up") {
      if (now.mode === "latch") release();
      return;
    }
    if (tail?.channelId === channelId && tail.mode === mode) {
      forgetLastTalk();
      listenForSound();
      return dispatch({ type: "resume" });
    }
    endTail();
    const at = monotonicNow();
    onGesture();
    dispatch({ type: "select", channelId });
    if (state().connection.phase !== "open") return dispatch({ type: "refuse", channelId, reason: "not_connected", at });
    const track = microphone();
    // A person who was never asked for a microphone may not talk. Ask the server anyway: its refusal says why.
    if (!track && state().microphone !== "unasked") return dispatch({ type: "refuse", channelId, reason: "microphone", at });
    presses += 1;
    oneVoice.begin();
    const line = presses % LINE_COUNT;
    // The track before the request: the server buffers what arrives before the grant, so the first syllable is kept.
    const begin = () => {
      hasSounded = false;
      listenForSound();
      transmit(track, line);
    };
    if (lastTalk?.channelId === channelId) forgetLastTalk();
    if (lastTalk) waiting = begin;
    else begin();
    dispatch({ type: "press", channelId, pressId: presses, mode, at });
    send({ type: "talk.start", channelId, pressId: presses, mode, line });
  }

  /** The key comes up. The talk ends after its tail, with the words that are still on their way. */
  function release(): void {
    const { press: now } = state();
    if (now.phase === "up") return;
    const isSending = !waiting;
    follow(now.channelId);
    // No tail on a hidden page: its timers run late and would keep the microphone open for too long.
    const hasTail = isSending && lastTalk?.ending.isOver() === false && document.visibilityState !== "hidden";
    if (hasTail) dispatch({ type: "release", tail: true });
    else stop({ type: "release" });
  }

  function endTail(): void {
    if (state().tail) stop({ type: "tailOver" });
  }

  /** Ends the talk at once, without a tail. Does nothing when the microphone is closed. */
  function hangUp(): void {
    if (isMicrophoneOpen(state())) stop({ type: "release" });
  }

  function stop(event: VoiceEvent): void {
    send({ type: "talk.stop" });
    dispatch(event);
  }

  function end(reason: LocalDenial, how: () => void): void {
    const { press: now } = state();
    if (now.phase === "up") return;
    how();
    dispatch({ type: "refuse", channelId: now.channelId, reason, at: monotonicNow() });
  }

  /** Ends the talk or its tail at once. A person whose key is down is told why. */
  function cut(reason: LocalDenial): void {
    end(reason, hangUp);
    hangUp();
  }

  function hidden(): void {
    if (document.visibilityState === "hidden") endTail();
  }

  return {
    press,
    release,
    hangUp,
    cut,
    /** The page might not see the held key's release: ends the talk and tells the person why. */
    loseKey(reason: KeyLoss): void {
      const { press: now } = state();
      if (now.phase !== "up" && now.mode === "hold") end(reason, release);
    },
    /** The key in latch mode: begins a talk, or ends the current one. */
    toggle(channelId: string): void {
      if (state().press.phase === "up") press(channelId, "latch");
      else release();
    },
    /** Call it after each change of the state. Takes the microphone off the line when the talk has ended, for whatever reason. */
    after(before: VoiceState): void {
      if (!isMicrophoneOpen(before) || isMicrophoneOpen(state())) return;
      // The talk was revoked, left or lost without a key-up, so the microphone is not followed yet.
      if (before.press.phase !== "up" && state().press.phase === "up" && lastTalk?.channelId !== before.press.channelId) {
        follow(before.press.channelId);
      }
      waiting = null;
      transmit(null);
    },
    start: () => document.addEventListener("visibilitychange", hidden),
    close() {
      clearInterval(timer);
      document.removeEventListener("visibilitychange", hidden);
      oneVoice.close();
    },
  };
}
