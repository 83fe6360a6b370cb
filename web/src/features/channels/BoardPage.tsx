import { Skeleton } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Outlet, useParams } from "react-router";
import { channelsQuery } from "./queries.ts";
import type { Channel } from "../../api/types.ts";
import { LoadFailure } from "../../ui/failure.tsx";
import { usePageTitle } from "../../ui/use-page-title.ts";
import { isCutOff } from "../../voice/state.ts";
import { useVoice, useVoiceClient } from "../../voice/use-voice.ts";
import { useTenant } from "../tenants/tenant-context.ts";
import classes from "./board.module.css";
import { ChannelTile } from "./channel-tile.tsx";
import { EmptyBoard } from "./empty-board.tsx";
import { FirstSteps } from "./first-steps.tsx";
import { Ghost, leaveWithUndo } from "./leave.tsx";
import { MfaReminder } from "./mfa-reminder.tsx";
import { RailChannels } from "./rail-channels.tsx";
import { useBoardArrows } from "./use-board-arrows.ts";
import { useGhosts } from "./use-ghosts.ts";

/** One tile for each joined channel, with the opened channel's panel beside them. */
export function BoardPage() {
  const tenant = useTenant();
  const client = useVoiceClient();
  const { channelId: opened } = useParams();
  const channels = useQuery(channelsQuery(tenant.slug));
  usePageTitle(channels.data?.find(({ channelId }) => channelId === opened)?.name, tenant.name);
  const wanted = useVoice((state) => state.wanted);
  const cutOff = useVoice(isCutOff);
  useBoardArrows();

  const tiles = wanted.flatMap((id) => channels.data?.find(({ channelId }) => channelId === id) ?? []);
  const { placed, add, remove } = useGhosts(tiles);

  function leave(channel: Channel) {
    add(channel, leaveWithUndo(client, channel));
  }

  return (
    <div className={classes.page} data-panel={opened !== undefined}>
      <section className={classes.board} aria-labelledby="board">
        <h1 id="board" className={classes.title}>
          Board
        </h1>
        {channels.isPending && <Skeleton height={224} radius="lg" maw={480} />}
        {channels.isError && !channels.data && <LoadFailure error={channels.error} retry={() => void channels.refetch()} />}
        {channels.data && (
          <FirstSteps
            channels={channels.data}
            instead={
              <>
                <MfaReminder />
                {channels.data.length === 0 && <EmptyBoard channels={channels.data} />}
              </>
            }
          />
        )}
        {channels.data && channels.data.length > 0 && placed.length === 0 && <EmptyBoard channels={channels.data} />}
        <div className={classes.tiles} data-veiled={cutOff && placed.length > 0}>
          {placed.map(({ channel, undo }) =>
            undo ? (
              <Ghost key={`left-${channel.channelId}`} channel={channel} undo={undo} onGone={remove} />
            ) : (
              <ChannelTile key={channel.channelId} channel={channel} onLeave={() => leave(channel)} />
            ),
          )}
        </div>
        <div className={classes.phoneChannels}>
          <RailChannels />
        </div>
      </section>
      <Outlet />
    </div>
  );
}
