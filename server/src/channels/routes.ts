import * as endpoints from "#contract/http/channels.ts";
import type { Serve } from "../http/serve.ts";
import type { Services } from "../services.ts";
import { createChannel, deleteChannel, getChannel, listChannels, updateChannel } from "./channels.ts";

export function registerChannelRoutes(serve: Serve, services: Services): void {
  serve.member(endpoints.listChannels, async ({ tx, member }) => ({ items: await tx.last(() => listChannels(tx, member)) }));
  serve.member(endpoints.getChannel, ({ tx, member, params }) => getChannel(tx, member, params.channelId));
  serve.member(endpoints.createChannel, ({ tx, member, body }) => createChannel(tx, member, body));
  serve.member(endpoints.updateChannel, ({ tx, member, params, body }) => updateChannel(tx, member, params.channelId, body));
  serve.member(endpoints.deleteChannel, ({ tx, member, params }) => deleteChannel(services, tx, member, params.channelId));
}
