import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { answerOf, pagesOf } from "../../api/operation.ts";

/** The greatest number of transmissions of a channel that a page loads when it reconnects. */
const MAX_RECENT = 50;

export const transmissionsQuery = (slug: string, channelId: string) =>
  infiniteQueryOptions(
    pagesOf("GET /api/v1/tenants/{slug}/channels/{channelId}/transmissions", {
      path: { slug, channelId },
      query: { limit: 50 },
    }),
  );

/** The newest transmissions of a channel, fetched once. The gateway reports later ones. */
export const recentTransmissionsQuery = (slug: string, channelId: string) =>
  queryOptions({
    ...answerOf("GET /api/v1/tenants/{slug}/channels/{channelId}/transmissions", {
      path: { slug, channelId },
      query: { limit: MAX_RECENT },
    }),
    staleTime: 0,
  });
