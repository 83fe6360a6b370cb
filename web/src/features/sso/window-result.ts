/**
 * Passes the result from the window that was at the identity provider to the page that opened it. A BroadcastChannel is needed, because the
 * window is isolated.
 */
import { useEffect, useEffectEvent } from "react";
import type { SsoReport } from "../../api/types.ts";

export type WindowResult = { what: "tested"; slug: string; report: SsoReport } | { what: "confirmed"; slug: string };

type Message = { id: string; result: WindowResult } | { taken: string };

const CHANNEL = "whoot:sso";
/** Longest wait for the answer of a page, in milliseconds. */
const ANSWER_MS = 500;

// oxlint-disable-next-line require-post-message-target-origin -- a channel has none: only pages of whoot hear it
const send = (channel: BroadcastChannel, message: Message) => channel.postMessage(message);

/** @returns whether a page took the result */
export function sendResult(result: WindowResult): Promise<boolean> {
  return new Promise((resolve) => {
    const id = String(Math.random());
    const channel = new BroadcastChannel(CHANNEL);
    const end = (taken: boolean) => {
      clearTimeout(timer);
      channel.close();
      resolve(taken);
    };
    const timer = setTimeout(() => end(false), ANSWER_MS);
    channel.onmessage = ({ data }: MessageEvent<Message>) => {
      if ("taken" in data && data.taken === id) end(true);
    };
    send(channel, { id, result });
  });
}

/** @param take gets each result, and returns whether it was for this page */
export function useWindowResult(waiting: boolean, take: (result: WindowResult) => boolean): void {
  const onResult = useEffectEvent(take);
  useEffect(() => {
    if (!waiting) return;
    const channel = new BroadcastChannel(CHANNEL);
    channel.onmessage = ({ data }: MessageEvent<Message>) => {
      if ("result" in data && onResult(data.result)) send(channel, { taken: data.id });
    };
    return () => channel.close();
  }, [waiting]);
}
