import { Button, Skeleton } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconAntennaBars5, IconHeadphones, IconLock } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Outlet, useParams } from "react-router";
import { channelsQuery } from "../../api/queries.ts";
import type { Channel } from "../../api/types.ts";
import { EmptyState } from "../../ui/empty-state.tsx";
import { LoadFailure } from "../../ui/failure.tsx";
import { usePageTitle } from "../../ui/use-page-title.ts";
import { isCutOff } from "../../voice/state.ts";
import { useVoice } from "../../voice/use-voice.ts";
import { useTenant } from "../tenants/tenant-context.ts";
import classes from "./board.module.css";
import { ChannelCreate } from "./channel-create.tsx";
import { ChannelTile } from "./channel-tile.tsx";
import { RailChannels } from "./rail-channels.tsx";
import { useBoardArrows } from "./use-board-arrows.ts";
import { useTalkKeyMode } from "./use-talk-key-mode.ts";

/** One tile for each joined channel; the channel that is opened stands beside them. */
export function BoardPage() {
  const tenant = useTenant();
  const { channelId: opened } = useParams();
  const channels = useQuery(channelsQuery(tenant.slug));
  usePageTitle(channels.data?.find(({ channelId }) => channelId === opened)?.name, tenant.name);
  const wanted = useVoice((state) => state.wanted);
  const cutOff = useVoice(isCutOff);
  useBoardArrows();

  const tiles = wanted.flatMap((id) => channels.data?.find(({ channelId }) => channelId === id) ?? []);
  return (
    <div className={classes.page} data-panel={opened !== undefined}>
      <section className={classes.board} aria-labelledby="board">
        <h1 id="board" className={classes.title}>
          Board
        </h1>
        {channels.isPending && <Skeleton height={224} radius="lg" maw={480} />}
        {channels.isError && !channels.data && <LoadFailure error={channels.error} retry={() => void channels.refetch()} />}
        {channels.data && tiles.length === 0 && <EmptyBoard channels={channels.data} />}
        <div className={classes.tiles} data-veiled={cutOff && tiles.length > 0}>
          {tiles.map((channel) => (
            <ChannelTile key={channel.channelId} channel={channel} />
          ))}
        </div>
        <div className={classes.phoneChannels}>
          <RailChannels />
        </div>
      </section>
      <Outlet />
    </div>
  );
}

function EmptyBoard({ channels }: { channels: Channel[] }) {
  const tenant = useTenant();
  const [mode] = useTalkKeyMode();
  const [creating, create] = useDisclosure();
  if (channels.length > 0 && !channels.some(({ can }) => can.join)) {
    return (
      <EmptyState icon={<IconLock />} title="You can't join a channel here">
        Your role, {tenant.self.roleName}, doesn&apos;t allow it. An admin can change your role.
      </EmptyState>
    );
  }
  if (channels.length > 0) {
    return (
      <EmptyState icon={<IconHeadphones />} title="Join a channel">
        Press Join beside a channel. You hear everybody on it, and {mode === "latch" ? "press" : "hold"} its key, or Space, to
        talk.
      </EmptyState>
    );
  }
  if (!tenant.can.createChannels) {
    return (
      <EmptyState icon={<IconAntennaBars5 />} title="No channels yet">
        An admin can create one. It shows up here by itself.
      </EmptyState>
    );
  }
  return (
    <>
      <EmptyState
        icon={<IconAntennaBars5 />}
        title="Create your first channel"
        action={<Button onClick={create.open}>Create a channel</Button>}
      >
        A channel is a line that people join to hear each other: one for dispatch, one for the yard. Most teams start with two to
        four.
      </EmptyState>
      <ChannelCreate opened={creating} onClose={create.close} />
    </>
  );
}
