import { ActionIcon, Button, Skeleton } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconLock, IconPlayerRecordFilled, IconSettings, IconX } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link, useParams } from "react-router";
import { channelsQuery } from "./queries.ts";
import type { Channel } from "../../api/types.ts";
import { paths } from "../../paths.ts";
import { EmptyState } from "../../ui/empty-state.tsx";
import { WithReason } from "../../ui/with-reason.tsx";
import { useVoice, useVoiceClient } from "../../voice/use-voice.ts";
import { TransmissionsList } from "../recordings/transmissions-list.tsx";
import { useTenant } from "../tenants/tenant-context.ts";
import { ChannelSettings } from "./channel-settings.tsx";
import classes from "./channel-page.module.css";
import { leaveWithUndo } from "./leave.tsx";
import { PeoplePresent } from "./people-present.tsx";

/** The panel of one channel beside the board: people, recordings and settings. */
export function ChannelPage() {
  const tenant = useTenant();
  const { channelId } = useParams();
  const channels = useQuery(channelsQuery(tenant.slug));
  const channel = channels.data?.find((candidate) => candidate.channelId === channelId);
  return (
    <aside className={classes.panel} data-page aria-labelledby="channel-name">
      {channel ? (
        <Panel key={channel.channelId} channel={channel} />
      ) : channels.isPending ? (
        <Skeleton height={160} m="lg" width="auto" />
      ) : (
        <EmptyState
          icon={<IconLock />}
          title="Channel not found"
          level={1}
          action={
            <Button component={Link} to={paths.board(tenant.slug)} variant="default">
              Back to the board
            </Button>
          }
        >
          It may have been deleted, or the link is wrong.
        </EmptyState>
      )}
    </aside>
  );
}

function Panel({ channel }: { channel: Channel }) {
  const { slug } = useTenant();
  const client = useVoiceClient();
  const [settingsOpen, settings] = useDisclosure();
  const joined = useVoice((state) => state.wanted.includes(channel.channelId));
  const { edit, configureRecording, setTransmission } = channel.can;
  const mayConfigure = edit || configureRecording || setTransmission || channel.can.delete;
  return (
    <>
      <header className={classes.head}>
        <div className={classes.titleRow}>
          <h1 id="channel-name">{channel.name}</h1>
          <WithReason reason={mayConfigure ? null : "Your role can't change this channel. An admin can."}>
            <ActionIcon
              variant="subtle"
              color="gray"
              size="lg"
              aria-label={`Settings for ${channel.name}`}
              onClick={settings.open}
            >
              <IconSettings size={20} />
            </ActionIcon>
          </WithReason>
          <ActionIcon
            component={Link}
            to={paths.board(slug)}
            variant="subtle"
            color="gray"
            size="lg"
            aria-label="Close the channel panel"
          >
            <IconX size={20} />
          </ActionIcon>
        </div>
        {channel.description && <p className={classes.description}>{channel.description}</p>}
        <ul className={classes.tags} aria-label="Channel settings">
          <li>
            {channel.recording && <IconPlayerRecordFilled size={12} aria-hidden />}
            {channel.recording ? "Recorded" : "Not recorded"}
          </li>
          <li>
            {channel.transmission === "restricted" && <IconLock size={14} aria-hidden />}
            {channel.transmission === "restricted" ? "Chosen people may talk" : "Everyone may talk"}
          </li>
        </ul>
        {joined ? (
          <Button variant="default" onClick={() => leaveWithUndo(client, channel)}>
            Leave {channel.name}
          </Button>
        ) : (
          <WithReason reason={channel.can.join ? null : "Your role can't join channels. An admin can change your role."}>
            <Button onClick={() => client.join(channel.channelId)}>Join {channel.name}</Button>
          </WithReason>
        )}
      </header>
      <PeoplePresent channelId={channel.channelId} />
      <TransmissionsList channel={channel} />
      <ChannelSettings channel={channel} opened={settingsOpen} onClose={settings.close} />
    </>
  );
}
