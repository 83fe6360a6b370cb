import { ActionIcon, UnstyledButton, VisuallyHidden } from "@mantine/core";
import { IconLogout, IconUsers } from "@tabler/icons-react";
import { Link } from "react-router";
import type { Channel } from "../../api/types.ts";
import { paths } from "../../paths.ts";
import { clock } from "../../ui/time.ts";
import { useNow } from "../../ui/use-now.ts";
import { peopleOn } from "../../voice/cues.ts";
import { LevelMeter } from "../../voice/level-meter.tsx";
import { isCutOff } from "../../voice/state.ts";
import { useVoice, useVoiceClient } from "../../voice/use-voice.ts";
import { useTenant } from "../tenants/tenant-context.ts";
import classes from "./channel-tile.module.css";
import { TalkKey } from "./talk-key.tsx";
import { useTalkStatus } from "./use-talk-status.ts";
import { VolumeControl } from "./volume-control.tsx";

export function ChannelTile({ channel }: { channel: Channel }) {
  const { channelId, name } = channel;
  const { slug } = useTenant();
  const client = useVoiceClient();
  const selected = useVoice((state) => state.selected === channelId);
  const here = useVoice((state) => peopleOn(state, channelId).length);
  const cutOff = useVoice(isCutOff);
  const { phase } = useTalkStatus(channel);

  function selectByClick(event: React.MouseEvent) {
    if (event.target instanceof Element && event.target.closest("a,button,input,[role=slider]")) return;
    client.select(channelId);
  }

  // A shortcut for the pointer; the button "Use Space here" and the arrow keys do the same.
  return (
    // oxlint-disable-next-line jsx-a11y/click-events-have-key-events, jsx-a11y/no-noninteractive-element-interactions
    <article
      className={classes.tile}
      data-phase={phase}
      data-selected={selected && channel.can.talk}
      aria-labelledby={`tile-${channelId}`}
      onClick={selectByClick}
    >
      <header className={classes.head}>
        <h2 id={`tile-${channelId}`} className={classes.name}>
          <Link to={paths.channel(slug, channelId)}>{name}</Link>
        </h2>
        <span className={classes.count} title={cutOff ? "Not connected" : `${here} here`}>
          <IconUsers size={16} aria-hidden /> {cutOff ? "–" : here}
          <VisuallyHidden>people here</VisuallyHidden>
        </span>
      </header>
      <Now channel={channel} live={phase === "live"} />
      <div className={classes.key} data-docked={selected}>
        <TalkKey channel={channel} selected={selected} />
      </div>
      <footer className={classes.foot}>
        <VolumeControl channel={channel} />
        {channel.can.talk && (
          <UnstyledButton className={classes.select} aria-pressed={selected} onClick={() => client.select(channelId)}>
            <span className={classes.byKey}>{selected ? "Space talks here" : "Use Space here"}</span>
            <span className={classes.byTouch}>{selected ? "Talk key is here" : "Talk key here"}</span>
            <VisuallyHidden>: {name}</VisuallyHidden>
          </UnstyledButton>
        )}
        <span className={classes.gap} />
        <ActionIcon
          variant="subtle"
          color="gray"
          size="lg"
          aria-label={`Leave ${name}`}
          title={`Leave ${name}`}
          onClick={() => client.leave(channelId)}
        >
          <IconLogout size={18} />
        </ActionIcon>
      </footer>
    </article>
  );
}

/** What happens on the channel now. */
function Now({ channel: { channelId }, live }: { channel: Channel; live: boolean }) {
  const client = useVoiceClient();
  const talkers = useVoice((state) => state.channels[channelId]?.talkers);
  const me = useVoice((state) => state.sessionId);
  const others = (talkers ?? []).filter(({ sessionId }) => sessionId !== me);
  const now = useNow(others.length > 0);
  const { memberId } = useTenant().self;
  const listeners = useVoice((state) => peopleOn(state, channelId).filter((id) => id !== memberId).length);
  const cutOff = useVoice(isCutOff);
  if (cutOff) return <div className={classes.now}>Not connected</div>;
  if (others.length === 0) return <div className={classes.now}>{live ? hearWords(listeners) : "Quiet"}</div>;
  return (
    <ul className={classes.now} data-incoming>
      {others.map(({ transmissionId, sessionId, name, startedAt }) => (
        <li key={transmissionId} className={classes.talker}>
          <LevelMeter read={() => client.level(channelId, sessionId)} />
          <span className={classes.talkerName}>
            <strong>{name}</strong> is talking
          </span>
          <span>{clock(now - Date.parse(startedAt))}</span>
        </li>
      ))}
    </ul>
  );
}

function hearWords(listeners: number): string {
  if (listeners === 0) return "Nobody else is here to hear you";
  return listeners === 1 ? "1 person hears you" : `${listeners} people hear you`;
}
