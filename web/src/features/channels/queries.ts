import { queryOptions } from "@tanstack/react-query";
import { answerOf, itemsOf } from "../../api/operation.ts";
import type { Channel } from "../../api/types.ts";
import { byName } from "../../ui/by-name.ts";

const inOrder = (channels: Channel[]) => channels.toSorted(byName);

export const channelsQuery = (slug: string) =>
  queryOptions({
    ...itemsOf("GET /api/v1/tenants/{slug}/channels", { path: { slug }, query: { limit: 200 } }),
    select: inOrder,
  });

/** One channel, with the roles and people chosen to talk, which the list leaves out. */
export const channelQuery = (slug: string, channelId: string) =>
  queryOptions(answerOf("GET /api/v1/tenants/{slug}/channels/{channelId}", { path: { slug, channelId } }));
