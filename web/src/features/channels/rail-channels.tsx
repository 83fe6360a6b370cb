import { ActionIcon, Button, Skeleton, UnstyledButton, VisuallyHidden } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconHeadphones, IconMicrophone, IconPlus, IconVolume } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useId } from "react";
import { Link, useParams } from "react-router";
import { channelsQuery } from "../../api/queries.ts";
import type { Channel } from "../../api/types.ts";
import { paths } from "../../paths.ts";
import { WithReason } from "../../ui/with-reason.tsx";
import { peopleOn } from "../../voice/cues.ts";
import { isCutOff } from "../../voice/state.ts";
import { useVoice, useVoiceClient } from "../../voice/use-voice.ts";
import { useTenant } from "../tenants/tenant-context.ts";
import { ChannelCreate } from "./channel-create.tsx";
import classes from "./rail-channels.module.css";

/** Every channel of the workspace: who is there, who talks, and the way in. */
export function RailChannels() {
  const tenant = useTenant();
  const { channelId: open } = useParams();
  const { data: channels, isPending } = useQuery(channelsQuery(tenant.slug));
  const [creating, create] = useDisclosure();
  const heading = useId();
  return (
    <nav aria-labelledby={heading}>
      <div className={classes.head}>
        <h2 id={heading}>Channels</h2>
        <WithReason
          reason={tenant.can.createChannels ? null : `Your role, ${tenant.self.roleName}, can't create channels. An admin can.`}
        >
          <ActionIcon variant="subtle" color="gray" aria-label="Create a channel" onClick={create.open}>
            <IconPlus size={18} />
          </ActionIcon>
        </WithReason>
      </div>
      {isPending && <Skeleton height={40} radius="md" />}
      {channels?.length === 0 && <p className={classes.none}>None yet</p>}
      <ul className={classes.list}>
        {channels?.map((channel) => (
          <Row key={channel.channelId} channel={channel} open={channel.channelId === open} />
        ))}
      </ul>
      <ChannelCreate opened={creating} onClose={create.close} />
    </nav>
  );
}

function Row({ channel, open }: { channel: Channel; open: boolean }) {
  const { slug } = useTenant();
  const client = useVoiceClient();
  const talkers = useVoice((state) => state.channels[channel.channelId]?.talkers);
  const here = useVoice((state) => peopleOn(state, channel.channelId).length);
  const cutOff = useVoice(isCutOff);
  const live = useVoice((state) => state.press.phase === "live" && state.press.channelId === channel.channelId);
  const joined = useVoice((state) => state.wanted.includes(channel.channelId));
  const talking = talkers?.map(({ name }) => name).join(", ") ?? "";
  return (
    <li className={classes.row} data-open={open} data-talking={talking !== ""} data-live={live}>
      <UnstyledButton
        component={Link}
        to={open ? paths.board(slug) : paths.channel(slug, channel.channelId)}
        className={classes.link}
        aria-current={open ? "true" : undefined}
      >
        <span className={classes.icon} data-joined={joined} aria-hidden>
          <RowIcon live={live} talking={talking !== ""} />
        </span>
        <span className={classes.text}>
          <span className={classes.name} title={channel.name}>
            {channel.name}
          </span>
          <span className={classes.sub}>
            {live ? "You're live" : talking ? `${talking} talking` : cutOff ? "Not connected" : hereWords(here, joined)}
          </span>
        </span>
      </UnstyledButton>
      {!joined && (
        <WithReason reason={channel.can.join ? null : "Your role can't join channels. An admin can change your role."}>
          <Button size="compact-sm" variant="light" onClick={() => client.join(channel.channelId)}>
            Join<VisuallyHidden> {channel.name}</VisuallyHidden>
          </Button>
        </WithReason>
      )}
    </li>
  );
}

function RowIcon({ live, talking }: { live: boolean; talking: boolean }) {
  if (live) return <IconMicrophone size={18} />;
  return talking ? <IconVolume size={18} /> : <IconHeadphones size={18} />;
}

function hereWords(count: number, joined: boolean): string {
  if (joined) return count > 1 ? `Joined · ${count} here` : "Joined · only you";
  return count === 0 ? "Nobody here" : `${count} here`;
}
