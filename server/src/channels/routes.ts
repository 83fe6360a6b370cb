import * as endpoints from "#contract/http/channels.ts";
import { memberRoute } from "../http/route.ts";
import { createChannel, deleteChannel, getChannel, listChannels, updateChannel } from "./channels.ts";

export const channelRoutes = [
  memberRoute(endpoints.listChannels, (ctx, { query }) => listChannels(ctx, query)),
  memberRoute(endpoints.getChannel, (ctx, { params }) => getChannel(ctx, params)),
  memberRoute(endpoints.createChannel, (ctx, { body }) => createChannel(ctx, body)),
  memberRoute(endpoints.updateChannel, (ctx, { params, body }) => updateChannel(ctx, { channelId: params.channelId, ...body })),
  memberRoute(endpoints.deleteChannel, (ctx, { params }) => deleteChannel(ctx, params)),
];
