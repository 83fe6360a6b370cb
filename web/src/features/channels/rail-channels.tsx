import { ActionIcon, CloseButton, Skeleton, TextInput } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconPlus, IconSearch } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useId, useState } from "react";
import { useParams } from "react-router";
import { channelsQuery } from "./queries.ts";
import { useKeyboardRows } from "../../ui/use-keyboard-rows.ts";
import { WithReason } from "../../ui/with-reason.tsx";
import { useVoice } from "../../voice/use-voice.ts";
import { useTenant } from "../tenants/tenant-context.ts";
import { ChannelCreate } from "./channel-create.tsx";
import classes from "./rail-channels.module.css";
import { RailRow } from "./rail-row.tsx";
import { groupsOf } from "./rail-groups.ts";
import { useFavourites } from "./use-favourites.ts";
import { useSettled } from "./use-settled.ts";

/** The number of channels from which the rail has a search field. */
const MIN_FOR_SEARCH = 10;

/**
 * All channels of the workspace, with who is there, who talks, and a button to join. Joined ones come first, then favourites. Tab
 * reaches one row; the arrow keys go to the others.
 */
export function RailChannels() {
  const tenant = useTenant();
  const { channelId: open } = useParams();
  const { data: channels, isPending } = useQuery(channelsQuery(tenant.slug));
  const [creating, create] = useDisclosure();
  const heading = useId();
  const [query, setQuery] = useState("");
  const joined = useVoice((state) => state.wanted);
  const { isFavourite, toggle } = useFavourites();
  const { settled, busy } = useSettled(groupsOf(channels ?? [], { joined, isFavourite, query }), query);
  const rows = settled.flatMap((group) => group.channels);
  const { list, tabIndexOf } = useKeyboardRows(rows.map(({ channelId }) => channelId));
  const known = new Map(channels?.map((channel) => [channel.channelId, channel]));

  return (
    <nav aria-labelledby={heading}>
      <div className={classes.top}>
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
        {(channels?.length ?? 0) >= MIN_FOR_SEARCH && (
          <TextInput
            className={classes.search}
            size="sm"
            type="search"
            aria-label="Search channels"
            placeholder="Search channels"
            leftSection={<IconSearch size={16} aria-hidden />}
            rightSection={query !== "" && <CloseButton size="sm" aria-label="Clear the search" onClick={() => setQuery("")} />}
            value={query}
            onChange={(event) => setQuery(event.currentTarget.value)}
          />
        )}
      </div>
      {isPending && <Skeleton height={40} radius="md" />}
      {channels?.length === 0 && <p className={classes.none}>None yet</p>}
      {channels && channels.length > 0 && rows.length === 0 && (
        <p className={classes.none}>No matches. Try fewer letters, or clear the search.</p>
      )}
      <div {...list} {...busy}>
        {settled.map(({ title, channels: settledChannels }) => (
          <section key={title} aria-label={title}>
            {settled.length > 1 && (
              <h3 className={classes.group} aria-hidden>
                {title}
              </h3>
            )}
            <ul className={classes.list}>
              {settledChannels.map(({ channelId }) => {
                const channel = known.get(channelId);
                return (
                  channel && (
                    <RailRow
                      key={channel.channelId}
                      channel={channel}
                      open={channel.channelId === open}
                      favourite={isFavourite(channel.channelId)}
                      onFavourite={() => toggle(channel.channelId)}
                      tabIndex={tabIndexOf(channel.channelId)}
                    />
                  )
                );
              })}
            </ul>
          </section>
        ))}
      </div>
      <ChannelCreate opened={creating} onClose={create.close} />
    </nav>
  );
}
