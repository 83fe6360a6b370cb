import type { Channel } from "../../api/types.ts";
import { search } from "../../ui/search.ts";

export interface RailGroup {
  title: string;
  channels: Channel[];
}

interface View {
  /** In the order of the board. */
  joined: readonly string[];
  isFavourite: (channelId: string) => boolean;
  query: string;
}

/** Groups channels for the rail: joined, favourites and others, or the matches of a search, best first. */
export function groupsOf(channels: readonly Channel[], { joined, isFavourite, query }: View): RailGroup[] {
  if (query.trim() !== "") {
    const matches = search(query, [...channels], ({ name, description }) => `${name} ${description}`);
    return matches.length > 0 ? [{ title: "Matches", channels: matches }] : [];
  }
  const onBoard = joined.flatMap((id) => channels.find(({ channelId }) => channelId === id) ?? []);
  const others = channels.filter(({ channelId }) => !joined.includes(channelId));
  return [
    { title: "Joined", channels: onBoard },
    { title: "Favourites", channels: others.filter(({ channelId }) => isFavourite(channelId)) },
    { title: "Others", channels: others.filter(({ channelId }) => !isFavourite(channelId)) },
  ].filter((group) => group.channels.length > 0);
}
