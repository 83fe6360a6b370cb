import { channelRoutes } from "./routes.ts";
import type { Feature } from "../feature.ts";

export const channels: Feature = {
  name: "channels",
  routes: () => channelRoutes,
  tables: [
    {
      table: "channel_talker_members",
      kind: "channel settings",
      erase: { by: "channel_id" },
      refersTo: ["channels", "members"],
      exportAs: "channel-talkers-members",
      exported: ["channel_id", "member_id"],
      withheld: [],
    },
    {
      table: "channel_talker_roles",
      kind: "channel settings",
      erase: { by: "channel_id" },
      refersTo: ["channels", "roles"],
      exportAs: "channel-talkers-roles",
      exported: ["channel_id", "role_id"],
      withheld: [],
    },
    {
      table: "channels",
      kind: "channels",
      erase: { by: "channel_id" },
      refersTo: [],
      exportAs: "channels",
      exported: ["channel_id", "name", "description", "recording", "transmission", "created_at"],
      withheld: [],
    },
  ],
  announces: ["channels"],
};
