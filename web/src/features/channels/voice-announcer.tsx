import { VisuallyHidden } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { channelsQuery } from "../../api/queries.ts";
import { useTenant } from "../tenants/tenant-context.ts";
import type { Cue } from "../../voice/cues.ts";
import type { Tick } from "../../voice/sounds.ts";
import { useTickSetting } from "../../voice/use-tick-setting.ts";
import { useVoiceClient } from "../../voice/use-voice.ts";
import { refusalWords } from "../../voice/words.ts";

/** The same channel is announced again only after this long: a quick dialogue is heard, it need not be read out. */
const QUIET_MS = 10_000;

/** Gives every change of state its sound, and its sentence for screen readers. */
export function VoiceAnnouncer() {
  const client = useVoiceClient();
  const tenant = useTenant();
  const { data: channels } = useQuery(channelsQuery(tenant.slug));
  const [ticks] = useTickSetting();
  const [polite, setPolite] = useState("");
  const [urgent, setUrgent] = useState("");
  const saidAt = useRef(new Map<string, number>());

  useEffect(() => {
    const nameOf = (channelId: string) => channels?.find((channel) => channel.channelId === channelId)?.name ?? "the channel";
    return client.onCue((cue) => {
      const tick = TICK_OF[cue.kind];
      if (ticks && tick) client.playTick(tick);
      switch (cue.kind) {
        case "live":
          return setUrgent(`You're live on ${nameOf(cue.channelId)}`);
        case "released":
          return setUrgent("");
        case "denied":
          return setUrgent(
            refusalWords(cue.notice.reason, { channel: nameOf(cue.notice.channelId), role: tenant.self.roleName }),
          );
        case "lost":
          return setUrgent(
            client.state().connection.phase === "ended"
              ? "Your session here has ended. Nobody can hear you."
              : "Not connected: nobody can hear you. Trying again.",
          );
        case "back":
          return setUrgent("Connected again.");
        case "incoming": {
          const last = saidAt.current.get(cue.channelId) ?? 0;
          if (Date.now() - last < QUIET_MS) return;
          saidAt.current.set(cue.channelId, Date.now());
          return setPolite(`${cue.name} is talking on ${nameOf(cue.channelId)}`);
        }
      }
    });
  }, [client, channels, tenant.self.roleName, ticks]);

  return (
    <VisuallyHidden>
      <div aria-live="polite">{polite}</div>
      <div aria-live="assertive">{urgent}</div>
    </VisuallyHidden>
  );
}

const TICK_OF: Record<Cue["kind"], Tick | null> = {
  live: "live",
  released: "released",
  incoming: "incoming",
  denied: "denied",
  lost: "lost",
  back: null,
};
