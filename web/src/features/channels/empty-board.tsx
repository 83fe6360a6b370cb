import { Button, VisuallyHidden } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconAntennaBars5, IconHeadphones, IconLock } from "@tabler/icons-react";
import type { Channel } from "../../api/types.ts";
import { EmptyState } from "../../ui/empty-state.tsx";
import { Name } from "../../ui/name.tsx";
import { peopleOn } from "../../voice/cues.ts";
import { useVoice, useVoiceClient } from "../../voice/use-voice.ts";
import { useTenant } from "../tenants/tenant-context.ts";
import classes from "./board.module.css";
import { ChannelCreate } from "./channel-create.tsx";
import { useFavourites } from "./use-favourites.ts";
import { useTalkKeyMode } from "./use-talk-key-mode.ts";

/** The greatest number of channels offered here. The rail lists all. */
const MAX_OFFERED = 8;

/** The first step, while no channel is joined. */
export function EmptyBoard({ channels }: { channels: Channel[] }) {
  const tenant = useTenant();
  const [creating, create] = useDisclosure();
  if (channels.length > 0 && !channels.some(({ can }) => can.join)) {
    return (
      <EmptyState icon={<IconLock />} title="You can't join channels here">
        Your role, {tenant.self.roleName}, doesn&apos;t allow it. An admin can change your role.
      </EmptyState>
    );
  }
  if (channels.length > 0) return <JoinFirst channels={channels} />;
  if (!tenant.can.createChannels) {
    return (
      <EmptyState icon={<IconAntennaBars5 />} title="No channels yet">
        An admin can create one. It will appear here.
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

function JoinFirst({ channels }: { channels: Channel[] }) {
  const [mode] = useTalkKeyMode();
  const { isFavourite } = useFavourites();
  const joinable = channels.filter(({ can }) => can.join);
  const mayTalk = joinable.some(({ can }) => can.talk);
  const first = joinable.toSorted((a, b) => Number(isFavourite(b.channelId)) - Number(isFavourite(a.channelId)));
  return (
    <>
      <EmptyState icon={<IconHeadphones />} title="Join a channel">
        {mayTalk
          ? `You'll hear everyone on it. To talk, ${mode === "latch" ? "press" : "hold"} its key, or Space.`
          : "You'll hear everyone on it. Your role can listen but not talk."}
      </EmptyState>
      <ul className={classes.offers} aria-label="Channels to join">
        {first.slice(0, MAX_OFFERED).map((channel) => (
          <Offer key={channel.channelId} channel={channel} />
        ))}
      </ul>
      {joinable.length > MAX_OFFERED && (
        <p translate="no" className={classes.more}>
          {joinable.length - MAX_OFFERED} more in the list
        </p>
      )}
    </>
  );
}

function Offer({ channel: { channelId, name, description } }: { channel: Channel }) {
  const client = useVoiceClient();
  const here = useVoice((state) => peopleOn(state, channelId).length);
  return (
    <li className={classes.offer}>
      <span className={classes.offerText}>
        <Name strong>{name}</Name>
        <span translate="no" className={classes.offerSub}>
          {description || (here === 0 ? "Nobody here" : `${here} here`)}
        </span>
      </span>
      <Button onClick={() => client.join(channelId)}>
        Join<VisuallyHidden> the channel {name}</VisuallyHidden>
      </Button>
    </li>
  );
}
