import { ActionIcon, Button } from "@mantine/core";
import { IconPlayerPauseFilled, IconPlayerPlayFilled, IconX } from "@tabler/icons-react";
import { useState } from "react";
import type { Channel } from "../../api/types.ts";
import { paths } from "../../paths.ts";
import { Name } from "../../ui/name.tsx";
import { MAX_MISSED } from "../../voice/missed.ts";
import { useVoice, useVoiceClient } from "../../voice/use-voice.ts";
import { usePlayerItself, usePlayingOf } from "../recordings/player.tsx";
import { useTenant } from "../tenants/tenant-context.ts";
import { useTimes } from "../tenants/use-times.ts";
import classes from "./channel-tile.module.css";

const NONE: readonly string[] = [];

/** Who talked last and when, with a replay button, and how many transmissions this person missed. */
export function TileLast({ channel }: { channel: Channel }) {
  const { channelId, name, recording, can } = channel;
  const { slug, self } = useTenant();
  const { when, fullTime } = useTimes();
  const client = useVoiceClient();
  const player = usePlayerItself();
  const last = useVoice((state) => state.last[channelId]);
  const missed = useVoice((state) => state.missed[channelId] ?? NONE);
  const talkers = useVoice((state) => state.channels[channelId]?.talkers);
  // What this tile is playing. It is marked as heard when it starts, so `missed` no longer holds it.
  const [ownSources, setOwnSources] = useState<readonly string[]>(NONE);
  const phase = usePlayingOf(ownSources);
  const active = phase === "playing" || phase === "loading";
  const ended = missed.filter((id) => !talkers?.some(({ transmissionId }) => transmissionId === id));
  const toPlay = ended.length > 0 ? ended : last ? [last.transmissionId] : NONE;
  const who = last?.memberId === self.memberId ? "You" : last?.name;
  const count = missed.length >= MAX_MISSED ? `${MAX_MISSED - 1}+` : missed.length;

  function play() {
    if (active) return player.pause();
    const srcs = toPlay.map((transmissionId) => paths.audio(slug, transmissionId));
    setOwnSources(srcs);
    player.playAll(srcs);
  }

  if (!last && missed.length === 0) return null;
  const label = ended.length > 0 ? `Play ${count} missed: ${name}` : `Replay ${who}, ${last && when(last.startedAt)}`;
  return (
    <div className={classes.last}>
      {recording && can.playRecordings && toPlay.length > 0 && (
        <ActionIcon
          variant="subtle"
          color="gray"
          size={28}
          radius={14}
          aria-label={active ? `Pause: ${name}` : label}
          title={active ? "Pause" : label}
          onClick={play}
        >
          {active ? <IconPlayerPauseFilled size={16} /> : <IconPlayerPlayFilled size={16} />}
        </ActionIcon>
      )}
      <span className={classes.lastWho}>
        {phase === "failed" ? (
          "This can't be played right now."
        ) : (
          <>
            {who !== undefined && (
              <>
                <span className={classes.lastLabel}>Last:</span> <Name>{who}</Name>
              </>
            )}
            {last && (
              <time dateTime={last.startedAt} title={fullTime(last.startedAt)} translate="no">
                {when(last.startedAt)}
              </time>
            )}
          </>
        )}
      </span>
      {missed.length > 0 && (
        <Button
          className={classes.missed}
          size="compact-xs"
          variant="filled"
          rightSection={<IconX size={12} />}
          aria-label={`${count} missed on ${name}: dismiss`}
          title="Dismiss"
          onClick={() => client.dismiss(channelId)}
        >
          {count} missed
        </Button>
      )}
    </div>
  );
}
