import { ActionIcon, Slider } from "@mantine/core";
import { IconVolume, IconVolumeOff } from "@tabler/icons-react";
import type { Channel } from "../../api/types.ts";
import { FULL_VOLUME } from "../../voice/state.ts";
import { useVoice, useVoiceClient } from "../../voice/use-voice.ts";

export function VolumeControl({ channel: { channelId, name } }: { channel: Channel }) {
  const client = useVoiceClient();
  const { level, muted } = useVoice((state) => state.volumes[channelId] ?? FULL_VOLUME);
  return (
    <>
      <ActionIcon
        variant="subtle"
        color="gray"
        size="lg"
        aria-label={muted ? `Unmute ${name} for me` : `Mute ${name} for me`}
        title={muted ? "Muted for you" : "Mute for me"}
        aria-pressed={muted}
        onClick={() => client.setVolume(channelId, { level, muted: !muted })}
      >
        {muted ? <IconVolumeOff size={18} /> : <IconVolume size={18} />}
      </ActionIcon>
      <Slider
        flex={1}
        mx={4}
        miw={32}
        maw={120}
        size={4}
        thumbSize={16}
        label={(value) => `${value} %`}
        thumbLabel={`Volume of ${name}`}
        color="gray"
        value={muted ? 0 : Math.round(level * 100)}
        onChange={(value) => client.setVolume(channelId, { level: value / 100, muted: false })}
      />
    </>
  );
}
