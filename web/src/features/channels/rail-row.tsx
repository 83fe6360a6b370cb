import { ActionIcon, Button, UnstyledButton, VisuallyHidden } from "@mantine/core";
import { IconHeadphones, IconMicrophone, IconStar, IconStarFilled, IconVolume, IconVolumeOff } from "@tabler/icons-react";
import { Link } from "react-router";
import type { Channel } from "../../api/types.ts";
import { paths } from "../../paths.ts";
import { WithReason } from "../../ui/with-reason.tsx";
import { peopleOn } from "../../voice/cues.ts";
import { MAX_MISSED } from "../../voice/missed.ts";
import { isCutOff } from "../../voice/state.ts";
import { useVoice, useVoiceClient } from "../../voice/use-voice.ts";
import { useTenant } from "../tenants/tenant-context.ts";
import classes from "./rail-channels.module.css";

interface RailRowProps {
  channel: Channel;
  open: boolean;
  favourite: boolean;
  onFavourite: () => void;
  tabIndex: 0 | -1;
}

export function RailRow({ channel, open, favourite, onFavourite, tabIndex }: RailRowProps) {
  const { channelId, name, can } = channel;
  const { slug, talkStopped } = useTenant();
  const client = useVoiceClient();
  const talkers = useVoice((state) => state.channels[channelId]?.talkers);
  const here = useVoice((state) => peopleOn(state, channelId).length);
  const cutOff = useVoice(isCutOff);
  const live = useVoice((state) => state.press.phase === "live" && state.press.channelId === channelId);
  const joined = useVoice((state) => state.wanted.includes(channelId));
  const target = useVoice((state) => state.selected === channelId) && can.talk && !talkStopped;
  const muted = useVoice((state) => joined && (state.volumes[channelId]?.muted ?? false));
  const missed = useVoice((state) => (joined ? (state.missed[channelId]?.length ?? 0) : 0));
  const talking = talkers?.map((talker) => talker.name).join(", ") ?? "";
  return (
    <li
      className={classes.row}
      data-row={channelId}
      data-open={open}
      data-talking={talking !== "" && !muted}
      data-live={live}
      data-target={target}
    >
      <UnstyledButton
        component={Link}
        to={open ? paths.board(slug) : paths.channel(slug, channelId)}
        className={classes.link}
        aria-current={open ? "true" : undefined}
        tabIndex={tabIndex}
      >
        <span className={classes.icon} data-joined={joined} aria-hidden>
          <RowIcon live={live} talking={talking !== ""} muted={muted} />
        </span>
        <span translate="no" className={classes.text}>
          <span className={classes.name} dir="auto" title={name}>
            {name}
          </span>
          <span className={classes.sub}>
            {live ? (
              "You're live"
            ) : talking ? (
              `${talking} talking`
            ) : cutOff ? (
              "Not connected"
            ) : target ? (
              <>
                <span className={classes.byKey}>Space talks here</span>
                <span className={classes.byTouch}>Talk key is here</span>
              </>
            ) : (
              hereWords(here, joined)
            )}
          </span>
        </span>
        {missed > 0 && (
          <span translate="no" className={classes.missed}>
            {missed >= MAX_MISSED ? `${MAX_MISSED - 1}+` : missed}
            <VisuallyHidden> missed</VisuallyHidden>
          </span>
        )}
      </UnstyledButton>
      <ActionIcon
        className={classes.star}
        variant="subtle"
        color="gray"
        size="md"
        aria-label={`Favourite: ${name}`}
        title={favourite ? "Remove from favourites" : "Add to favourites"}
        aria-pressed={favourite}
        tabIndex={tabIndex}
        onClick={onFavourite}
      >
        {favourite ? <IconStarFilled size={14} /> : <IconStar size={14} />}
      </ActionIcon>
      {!joined && (
        <WithReason reason={can.join ? null : "Your role can't join channels. An admin can change your role."}>
          <Button size="compact-sm" variant="light" tabIndex={tabIndex} onClick={() => client.join(channelId)}>
            Join<VisuallyHidden> {name}</VisuallyHidden>
          </Button>
        </WithReason>
      )}
    </li>
  );
}

function RowIcon({ live, talking, muted }: { live: boolean; talking: boolean; muted: boolean }) {
  if (live) return <IconMicrophone size={18} />;
  if (muted) return <IconVolumeOff size={18} />;
  return talking ? <IconVolume size={18} /> : <IconHeadphones size={18} />;
}

function hereWords(count: number, joined: boolean): string {
  if (joined) return count > 1 ? `Joined · ${count} here` : "Joined · only you";
  return count === 0 ? "Nobody here" : `${count} here`;
}
