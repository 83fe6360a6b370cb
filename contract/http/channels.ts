import { z } from "zod";
import { bounded } from "../bounded.ts";
import { endpoint, Id, page, PageQuery, text, Time } from "./endpoint.ts";
import { TenantParams } from "./tenants.ts";

/** Why a person cannot talk on a channel. The interface has a sentence for each, which says who can change it. */
export const TalkRefusal = z.enum(["role_cannot_talk", "channel_restricted"]).meta({ id: "TalkRefusal" });
export type TalkRefusal = z.infer<typeof TalkRefusal>;

export const TransmissionPolicy = z
  .enum(["open", "restricted"])
  .describe("Who may talk. open: every member whose role may talk. restricted: of those, only the chosen roles and members.")
  .meta({ id: "TransmissionPolicy" });
export type TransmissionPolicy = z.infer<typeof TransmissionPolicy>;

const Talkers = z
  .strictObject({
    roleIds: z.array(Id).max(100),
    memberIds: z.array(Id).max(500),
  })
  .describe("Who may talk on a restricted channel; ignored while the channel is open");

const ChannelSummary = z
  .strictObject({
    channelId: Id,
    name: z.string(),
    description: z.string(),
    recording: z.boolean(),
    transmission: TransmissionPolicy,
    createdAt: Time,
    can: z.strictObject({
      join: z.boolean(),
      talk: z.boolean(),
      talkRefusal: TalkRefusal.nullable(),
      playRecordings: z.boolean(),
      edit: z.boolean(),
      configureRecording: z.boolean(),
      setTransmission: z.boolean(),
      delete: z.boolean(),
    }),
  })
  .meta({ id: "ChannelSummary" });

const Channel = ChannelSummary.extend({ talkers: Talkers }).meta({ id: "Channel" });

const ChannelParams = TenantParams.extend({ channelId: Id });

const name = text(1, 60, "a name for the channel");
const description = text(0, 280, "a description");

export const listChannels = endpoint({
  operationId: "listChannels",
  method: "GET",
  path: "/tenants/{slug}/channels",
  summary: "A page of channels, by name. Use getChannel for the members and roles that are chosen to talk.",
  access: "member",
  params: TenantParams,
  query: PageQuery.extend({ cursor: bounded(600).optional() }),
  success: { status: 200, description: "A page of channels", schema: page(ChannelSummary) },
});

export const getChannel = endpoint({
  operationId: "getChannel",
  method: "GET",
  path: "/tenants/{slug}/channels/{channelId}",
  summary: "One channel.",
  access: "member",
  params: ChannelParams,
  success: { status: 200, description: "The channel", schema: Channel },
});

export const createChannel = endpoint({
  operationId: "createChannel",
  method: "POST",
  path: "/tenants/{slug}/channels",
  summary: "Create a channel.",
  access: "member",
  permission: "channels.create",
  params: TenantParams,
  body: z.strictObject({
    name,
    description: description.default(""),
    recording: z.boolean().default(false),
    transmission: TransmissionPolicy.default("open"),
    talkers: Talkers.default({ roleIds: [], memberIds: [] }),
  }),
  audits: ["channel.created"],
  success: { status: 201, description: "Created", schema: Channel },
  errors: ["add_on_missing", "channel_name_taken", "quota_reached"],
});

export const updateChannel = endpoint({
  operationId: "updateChannel",
  method: "PATCH",
  path: "/tenants/{slug}/channels/{channelId}",
  summary:
    "Change a channel. Name and description need channels.edit, recording needs recording.configure, transmission and talkers need channels.set_transmission. Takes effect at once, on live audio too.",
  access: "member",
  params: ChannelParams,
  body: z
    .strictObject({
      name,
      description,
      recording: z.boolean(),
      transmission: TransmissionPolicy,
      talkers: Talkers,
    })
    .partial(),
  audits: ["channel.edited", "channel.addons_changed"],
  success: { status: 200, description: "The channel as it is now", schema: Channel },
  errors: ["add_on_missing", "channel_name_taken", "forbidden", "quota_reached"],
});

export const deleteChannel = endpoint({
  operationId: "deleteChannel",
  method: "DELETE",
  path: "/tenants/{slug}/channels/{channelId}",
  summary: "Delete a channel with its recordings. Its live audio ends.",
  access: "member",
  permission: "channels.delete",
  params: ChannelParams,
  audits: ["channel.deleted"],
  success: { status: 204, description: "Deleted" },
});
