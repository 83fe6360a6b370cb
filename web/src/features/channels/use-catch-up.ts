import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useEffectEvent } from "react";
import { channelsQuery } from "./queries.ts";
import { recentTransmissionsQuery } from "../recordings/queries.ts";
import { useVoice, useVoiceClient } from "../../voice/use-voice.ts";
import { useTenant } from "../tenants/tenant-context.ts";

/**
 * After each connection, loads the last transmission of every joined channel that is recorded, and what this person missed while the
 * page was not connected. Loads one channel after the other.
 */
export function useCatchUp(): void {
  const queries = useQueryClient();
  const client = useVoiceClient();
  const { slug, self } = useTenant();
  const sessionId = useVoice((state) => state.sessionId);
  const joined = useVoice((state) => state.joined);

  const load = useEffectEvent(async (loaded: Set<string>, isOver: () => boolean) => {
    const channels = await queries.ensureQueryData(channelsQuery(slug));
    for (const { channelId, recording } of channels) {
      if (isOver()) return;
      if (!recording || loaded.has(channelId) || !client.state().joined.includes(channelId)) continue;
      const { items } = await queries.fetchQuery(recentTransmissionsQuery(slug, channelId));
      if (isOver()) return;
      loaded.add(channelId);
      const newest = items[0];
      const last = newest && { ...newest, name: newest.speakerName };
      const away = client.away();
      const missed = items.filter(
        ({ memberId, startedAt }) => memberId !== self.memberId && away && startedAt > away.from && startedAt < away.to,
      );
      client.caughtUp(channelId, last ?? null, missed.map(({ transmissionId }) => transmissionId).toReversed());
    }
  });

  useEffect(() => {
    if (sessionId === null) return;
    const loaded = loadedOn(sessionId);
    let over = false;
    // Joining a channel starts the loop again. After a failure tiles only lack their last transmission.
    load(loaded, () => over).catch(() => undefined);
    return () => {
      over = true;
    };
  }, [sessionId, joined]);
}

let progress = { sessionId: "", channels: new Set<string>() };

/** The channels that were loaded on this connection. */
function loadedOn(sessionId: string): Set<string> {
  if (progress.sessionId !== sessionId) progress = { sessionId, channels: new Set() };
  return progress.channels;
}
