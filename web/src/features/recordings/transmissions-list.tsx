import { Button, Skeleton } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Fragment, useLayoutEffect, useRef } from "react";
import { transmissionsQuery } from "./queries.ts";
import type { Channel } from "../../api/types.ts";
import { LoadFailure } from "../../ui/failure.tsx";
import { useTenant } from "../tenants/tenant-context.ts";
import { useTimes } from "../tenants/use-times.ts";
import { TransmissionRow } from "./transmission-row.tsx";
import classes from "./transmissions.module.css";

/** Within this many pixels of the end the list scrolls to new items. Further up it stays in place. */
const NEAR_END = 96;

export function TransmissionsList({ channel }: { channel: Channel }) {
  const { slug } = useTenant();
  const { dayWords } = useTimes();
  const list = useInfiniteQuery(transmissionsQuery(slug, channel.channelId));
  const box = useRef<HTMLDivElement>(null);
  const atEnd = useRef(true);
  // The API returns the newest first; the list shows the newest last, like a conversation.
  const items = (list.data?.pages.flatMap((page) => page.items) ?? []).toReversed();
  const newest = items.at(-1)?.transmissionId;

  useLayoutEffect(() => {
    if (atEnd.current && box.current) box.current.scrollTop = box.current.scrollHeight;
  }, [newest, items.length]);

  return (
    <section className={classes.section} aria-labelledby="said">
      <h2 id="said" className={classes.title}>
        What was said
      </h2>
      <div
        ref={box}
        className={classes.scroll}
        onScroll={({ currentTarget: { scrollHeight, scrollTop, clientHeight } }) => {
          atEnd.current = scrollHeight - scrollTop - clientHeight < NEAR_END;
        }}
      >
        {list.isPending && <Skeleton height={64} radius="md" />}
        {list.isError && items.length === 0 && <LoadFailure error={list.error} retry={() => void list.refetch()} />}
        {list.isSuccess && items.length === 0 && (
          <p className={classes.empty}>
            {channel.recording
              ? "Nothing yet. Everything said on this channel will appear here for replay."
              : "This channel isn't recorded, so nothing is kept."}
          </p>
        )}
        {list.hasNextPage && (
          <Button
            variant="subtle"
            size="xs"
            fullWidth
            loading={list.isFetchingNextPage}
            onClick={() => void list.fetchNextPage()}
          >
            Show earlier
          </Button>
        )}
        <ol className={classes.list}>
          {items.map((transmission, index) => {
            const day = dayWords(transmission.startedAt);
            const before = items[index - 1];
            return (
              <Fragment key={transmission.transmissionId}>
                {(!before || dayWords(before.startedAt) !== day) && <li className={classes.day}>{day}</li>}
                <TransmissionRow transmission={transmission} />
              </Fragment>
            );
          })}
        </ol>
      </div>
    </section>
  );
}
