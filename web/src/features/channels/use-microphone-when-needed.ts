import { useQuery } from "@tanstack/react-query";
import { useEffect } from "react";
import { channelsQuery } from "./queries.ts";
import { useVoice, useVoiceClient } from "../../voice/use-voice.ts";
import { useTenant } from "../tenants/tenant-context.ts";

/** Asks for the microphone once a joined channel lets this person talk. People who only listen are never asked. */
export function useMicrophoneWhenNeeded(): void {
  const client = useVoiceClient();
  const { slug } = useTenant();
  const { data: channels } = useQuery(channelsQuery(slug));
  const wanted = useVoice((state) => state.wanted);
  const unasked = useVoice((state) => state.microphone === "unasked");
  const needed = unasked && (channels ?? []).some(({ channelId, can }) => can.talk && wanted.includes(channelId));
  useEffect(() => {
    if (needed) void client.askForMicrophone();
  }, [client, needed]);
}
