import { useCallback, useState } from "react";
import type { Channel } from "../../api/types.ts";

interface Ghost {
  channel: Channel;
  /** Its index among the tiles and the other ghosts. */
  place: number;
  undo: () => void;
}

type Placed = { channel: Channel; undo: (() => void) | null };

/** Keeps the places of tiles that were left for a while, so that no other tile slides under the pointer. */
export function useGhosts(tiles: readonly Channel[]) {
  const [ghosts, setGhosts] = useState<readonly Ghost[]>([]);

  const remove = useCallback(
    (channelId: string) =>
      setGhosts((before) => {
        const gone = before.find(({ channel }) => channel.channelId === channelId);
        if (!gone) return before;
        return before
          .filter((ghost) => ghost !== gone)
          .map((ghost) => (ghost.place > gone.place ? { ...ghost, place: ghost.place - 1 } : ghost));
      }),
    [],
  );

  const placed = placeGhosts(tiles, ghosts);
  return {
    placed,
    remove,
    /** @param undo brings the channel back */
    add(channel: Channel, undo: () => void) {
      const place = placed.findIndex((one) => one.channel.channelId === channel.channelId);
      setGhosts((before) => [...before, { channel, place, undo }].toSorted((a, b) => a.place - b.place));
    },
  };
}

export function placeGhosts(tiles: readonly Channel[], ghosts: readonly Ghost[]): Placed[] {
  const placed: Placed[] = tiles.map((channel) => ({ channel, undo: null }));
  for (const { channel, place, undo } of ghosts) {
    // The notification's Undo may already have made the channel a tile again.
    if (!tiles.some(({ channelId }) => channelId === channel.channelId)) placed.splice(place, 0, { channel, undo });
  }
  return placed;
}
