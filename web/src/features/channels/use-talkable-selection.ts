import { useQuery } from "@tanstack/react-query";
import { useEffect } from "react";
import { channelsQuery } from "./queries.ts";
import { useVoice, useVoiceClient } from "../../voice/use-voice.ts";
import { useTenant } from "../tenants/tenant-context.ts";

/** Moves the selection to a joined channel on which the person may talk, if there is one, so that Space can talk. */
export function useTalkableSelection(): void {
  const client = useVoiceClient();
  const { slug } = useTenant();
  const { data: channels } = useQuery(channelsQuery(slug));
  const wanted = useVoice((state) => state.wanted);
  const selected = useVoice((state) => state.selected);
  const mayTalk = (id: string) => channels?.some(({ channelId, can }) => channelId === id && can.talk) ?? false;
  const better = selected !== null && channels && !mayTalk(selected) ? wanted.find(mayTalk) : undefined;
  useEffect(() => {
    if (better !== undefined) client.select(better);
  }, [client, better]);
}
