import { ActionIcon, UnstyledButton, VisuallyHidden } from "@mantine/core";
import { IconLogout, IconPlayerRecordFilled, IconUsers, IconVolumeOff } from "@tabler/icons-react";
import { useRef } from "react";
import { Link } from "react-router";
import type { Channel } from "../../api/types.ts";
import { paths } from "../../paths.ts";
import { peopleOn } from "../../voice/cues.ts";
import { isCutOff } from "../../voice/state.ts";
import { useVoice, useVoiceClient } from "../../voice/use-voice.ts";
import { useTenant } from "../tenants/tenant-context.ts";
import classes from "./channel-tile.module.css";
import { TalkKey } from "./talk-key.tsx";
import { TileNow } from "./tile-now.tsx";
import { useTalkStatus } from "./use-talk-status.ts";
import { VolumeControl } from "./volume-control.tsx";

interface ChannelTileProps {
  channel: Channel;
  onLeave: () => void;
}

export function ChannelTile({ channel, onLeave }: ChannelTileProps) {
  const { channelId, name } = channel;
  const { slug } = useTenant();
  const client = useVoiceClient();
  const selected = useVoice((state) => state.selected === channelId);
  const muted = useVoice((state) => state.volumes[channelId]?.muted ?? false);
  const { phase, onlyListens } = useTalkStatus(channel);
  const closesMenu = useRef(false);

  function selectByClick(event: React.MouseEvent) {
    if (closesMenu.current) return;
    if (event.target instanceof Element && event.target.closest("a,button,input,[role=slider]")) return;
    client.select(channelId);
  }

  // A click on the tile is a shortcut. The button "Use Space here" and the arrow keys do the same.
  return (
    // oxlint-disable-next-line jsx-a11y/click-events-have-key-events, jsx-a11y/no-noninteractive-element-interactions
    <article
      translate="no"
      className={classes.tile}
      data-tile={channelId}
      data-phase={phase === "incoming" && muted ? "unheard" : phase}
      data-target={selected && !onlyListens}
      aria-labelledby={`tile-${channelId}`}
      onPointerDown={() => {
        // Checked on pointerdown, because an open menu is closed by the time of the click.
        closesMenu.current = document.querySelector("[aria-haspopup][aria-expanded=true]") !== null;
      }}
      onClick={selectByClick}
    >
      <header className={classes.head}>
        <h2 id={`tile-${channelId}`} className={classes.name}>
          <Link to={paths.channel(slug, channelId)} dir="auto" translate="no" title={name}>
            {name}
          </Link>
        </h2>
        <Marks channel={channel} muted={muted} />
      </header>
      <TileNow channel={channel} phase={phase} muted={muted} />
      <div className={classes.key} data-docked={selected}>
        <TalkKey channel={channel} selected={selected} />
      </div>
      <footer className={classes.foot}>
        <VolumeControl channel={channel} />
        {!onlyListens && (
          <UnstyledButton className={classes.select} aria-pressed={selected} onClick={() => client.select(channelId)}>
            <span className={classes.byKey}>{selected ? "Space talks here" : "Use Space here"}</span>
            <span className={classes.byTouch}>{selected ? "Talk key is here" : "Talk key here"}</span>
            <VisuallyHidden>: {name}</VisuallyHidden>
          </UnstyledButton>
        )}
        <ActionIcon
          className={classes.leave}
          variant="subtle"
          color="gray"
          size="lg"
          aria-label={`Leave ${name}`}
          title={`Leave ${name}`}
          onClick={onLeave}
        >
          <IconLogout size={18} />
        </ActionIcon>
      </footer>
    </article>
  );
}

/** Lasting facts about the channel: muted, recorded, how many people are on it. */
function Marks({ channel: { channelId, recording }, muted }: { channel: Channel; muted: boolean }) {
  const here = useVoice((state) => peopleOn(state, channelId).length);
  const cutOff = useVoice(isCutOff);
  return (
    <span className={classes.marks}>
      {muted && (
        <span className={classes.muted}>
          <IconVolumeOff size={14} aria-hidden /> Muted
        </span>
      )}
      {recording && (
        <span className={classes.mark} title="Recorded: everything said here is kept">
          <IconPlayerRecordFilled size={12} aria-hidden /> Rec
          <VisuallyHidden>orded</VisuallyHidden>
        </span>
      )}
      <span className={classes.mark} title={cutOff ? "Not connected" : `${here} here`}>
        <IconUsers size={16} aria-hidden /> {cutOff ? "–" : here}
        <VisuallyHidden>people here</VisuallyHidden>
      </span>
    </span>
  );
}
