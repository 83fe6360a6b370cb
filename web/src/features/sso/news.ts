/** How the last page of a window at the identity provider tells the page that opened it. Neither can reach the other: the window is isolated. */
import { useEffect, useEffectEvent } from "react";
import type { SsoReport } from "../../api/types.ts";

export type News = { what: "tested"; slug: string; report: SsoReport } | { what: "confirmed"; slug: string };

type Message = { id: string; news: News } | { taken: string };

const CHANNEL = "whoot:sso";
/** A page that waits answers within this time. */
const ANSWER_MS = 500;

// oxlint-disable-next-line require-post-message-target-origin -- a channel has none: only pages of whoot hear it
const send = (channel: BroadcastChannel, message: Message) => channel.postMessage(message);

/** @returns whether a page took it */
export function announce(news: News): Promise<boolean> {
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
    send(channel, { id, news });
  });
}

/** @param take returns whether the news was for this page */
export function useNews(waiting: boolean, take: (news: News) => boolean): void {
  const onNews = useEffectEvent(take);
  useEffect(() => {
    if (!waiting) return;
    const channel = new BroadcastChannel(CHANNEL);
    channel.onmessage = ({ data }: MessageEvent<Message>) => {
      if ("news" in data && onNews(data.news)) send(channel, { taken: data.id });
    };
    return () => channel.close();
  }, [waiting]);
}
