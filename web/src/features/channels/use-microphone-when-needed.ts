import { useQuery } from "@tanstack/react-query";
import { useEffect } from "react";
import { channelsQuery } from "../../api/queries.ts";
import { useVoice, useVoiceClient } from "../../voice/use-voice.ts";
import { useTenant } from "../tenants/tenant-context.ts";

/** Asks for the microphone when the first channel is joined on which one may talk. Who only listens is never asked. */
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
