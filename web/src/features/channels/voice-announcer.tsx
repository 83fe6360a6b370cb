import { VisuallyHidden } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { channelsQuery } from "./queries.ts";
import { monotonicNow } from "../../ui/clocks.ts";
import { useTenant } from "../tenants/tenant-context.ts";
import type { Cue } from "../../voice/cues.ts";
import type { Tick } from "../../voice/sounds.ts";
import type { Notice } from "../../voice/model.ts";
import { useTickSetting } from "../../voice/use-tick-setting.ts";
import { useVoiceClient } from "../../voice/use-voice.ts";
import { refusalWords } from "../../voice/words.ts";

/** How long a channel is not announced again, so that screen readers don't talk over a quick dialogue. */
const QUIET_MS = 10_000;

/** Plays a sound for each change of state, and announces it to screen readers. */
export function VoiceAnnouncer() {
  const client = useVoiceClient();
  const tenant = useTenant();
  const { data: channels } = useQuery(channelsQuery(tenant.slug));
  const [ticks] = useTickSetting();
  const [polite, setPolite] = useState("");
  const [urgent, setUrgent] = useState("");
  const announcedAt = useRef(new Map<string, number>());

  useEffect(() => {
    const nameOf = (channelId: string) => channels?.find((channel) => channel.channelId === channelId)?.name ?? "the channel";
    return client.onCue((cue) => {
      const tick = tickOf(cue);
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
          const last = announcedAt.current.get(cue.channelId) ?? -Infinity;
          if (monotonicNow() - last < QUIET_MS) return;
          announcedAt.current.set(cue.channelId, monotonicNow());
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

/** A talk that ended while the key was held sounds like a lost connection, because nobody hears the talker any more. */
function tickOf(cue: Cue): Tick | null {
  if (cue.kind === "denied" && CUT_OFF.has(cue.notice.reason)) return "lost";
  return TICK_OF[cue.kind];
}

const CUT_OFF: ReadonlySet<Notice["reason"]> = new Set(["focus_lost", "meta_key", "microphone_lost", "microphone_muted"]);

const TICK_OF: Record<Cue["kind"], Tick | null> = {
  live: "live",
  released: "released",
  incoming: "incoming",
  denied: "denied",
  lost: "lost",
  back: null,
};
