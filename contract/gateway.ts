/**
 * The real-time gateway: JSON messages over one WebSocket per open workspace (one per browser tab).
 *
 * A session: the server sends `welcome` with the state of every channel, and the client joins channels. For audio the client sends
 * `media.connect`, the server offers, the client answers, and both send candidates.
 * The server alone decides who talks. A client may send audio as soon as the key goes down: the server holds it back until `talk.granted` and
 * drops it on `talk.denied`.
 */
import { z } from "zod";
import { bounded } from "./bounded.ts";
import { TalkRefusal } from "./http/channels.ts";
import { TalkKeyMode, TenantMember } from "./http/tenants.ts";

/** For scale: an SDP answer with every slot is about 6 kB. */
export const MAX_CLIENT_MESSAGE_BYTES = 64 * 1024;
/** Sustained rate and burst of client messages. Beyond them the connection is closed (4429). */
export const CLIENT_MESSAGES_PER_SECOND = 50;
export const CLIENT_MESSAGE_BURST = 200;
/** The server sends `heartbeat` this often and the client answers each. Either side closes the connection after the timeout. */
export const HEARTBEAT_MS = 2_500;
export const HEARTBEAT_TIMEOUT_MS = 7_500;
/** Talkers that one listener can hear at the same time. */
export const SLOT_COUNT = 6;
/** Microphone lines (upstream m-lines) that the server offers. A client uses them in turn, one for each press. */
export const LINE_COUNT = 2;
/** Packets sent before `talk.stop` are forwarded if they arrive at most this many milliseconds after it. */
export const LATE_PACKETS_MS = 150;
/** Muted channels that one client may report. */
const MAX_MUTED_REPORTED = 1_000;

const Id = z.uuid();

export const ClientMessage = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("heartbeat") }),
  /** Checks the connection. The server answers with `pong` at once. */
  z.strictObject({ type: z.literal("ping") }),
  z.strictObject({ type: z.literal("join"), channelId: Id }),
  z.strictObject({ type: z.literal("leave"), channelId: Id }),
  /**
   * The talk key went down. The answer repeats `pressId`, so that a late answer is not taken for a newer press's. `mode`: whether the talk goes
   * on when the key comes up; default hold. `line`: the microphone line of the talk; default the first.
   */
  z.strictObject({
    type: z.literal("talk.start"),
    channelId: Id,
    pressId: z.int().min(0),
    mode: TalkKeyMode.optional(),
    line: z
      .int()
      .min(0)
      .max(LINE_COUNT - 1)
      .optional(),
  }),
  /** The talk and its tail are over. Packets sent before are still forwarded, see LATE_PACKETS_MS. */
  z.strictObject({ type: z.literal("talk.stop") }),
  /**
   * What this client plays: `sound`, whether the browser allows playback; `muted`, the joined channels that the person muted. Send it after
   * `welcome` and on every change. Until then everything counts as heard.
   */
  z.strictObject({ type: z.literal("listening"), sound: z.boolean(), muted: z.array(Id).max(MAX_MUTED_REPORTED) }),
  /** Requests a media connection. The session's earlier one is closed. */
  z.strictObject({ type: z.literal("media.connect") }),
  z.strictObject({ type: z.literal("media.answer"), sdp: bounded(32_000) }),
  z.strictObject({ type: z.literal("media.candidate"), candidate: bounded(1_000), mid: bounded(32) }),
]);

/** One session of a person in the workspace. Somebody with two tabs appears twice, with the same memberId. */
export const Person = z.strictObject({
  sessionId: Id,
  memberId: Id,
  name: z.string(),
  hears: z.boolean().describe("Their audio is connected, their browser plays sound, and they have not muted this channel"),
});

export const Talker = z.strictObject({
  sessionId: Id,
  memberId: Id,
  name: z.string(),
  transmissionId: Id,
  startedAt: z.iso.datetime(),
});

const ChannelState = z.strictObject({
  channelId: Id,
  people: z.array(Person).describe("The sessions in the channel now"),
  talkers: z.array(Talker).describe("The sessions that talk now"),
});

/**
 * not_joined: join the channel first. no_media: the audio connection is not up. already_talking: end the current talk first.
 * workspace_unpaid: nobody can begin to talk until the workspace pays, or has a plan.
 * latch_not_allowed: the role must hold the key to talk.
 */
export const TalkDenial = z.enum([
  ...TalkRefusal.options,
  "workspace_unpaid",
  "latch_not_allowed",
  "not_joined",
  "no_media",
  "already_talking",
]);

/** Why the server ended a transmission. */
export const TalkEnd = z.enum(["revoked", "channel_deleted", "left", "media_lost", "too_long", "no_audio"]);

/** Machine-readable reasons of an `error` message. The connection stays open except after too_many_messages. */
export const GatewayError = z.enum(["malformed", "too_large", "too_many_messages", "unknown_channel", "media_failed"]);

/**
 * What changed, for the client to fetch again over HTTP. `self` goes only to the person concerned: their role or permissions in this
 * workspace changed, and with them the abilities in every resource.
 */
export const Changed = z.enum([
  "self",
  "tenant",
  "channels",
  "members",
  "roles",
  "invitations",
  "transmissions",
  "accessReviews",
  "exports",
  "domains",
  "sso",
  "encryptionKey",
  "billing",
]);

/** WebSocket close codes (4000–4999 are free for applications, RFC 6455 §7.4.2). */
export const CLOSE = {
  /** The session, the membership or the workspace ended: do not reconnect. */
  goneAway: 4401,
  tooManyMessages: 4429,
  heartbeatLost: 4408,
  /** The server stops or restarts: reconnect. */
  restarting: 1012,
} as const;

export const ServerMessage = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("heartbeat") }),
  z.strictObject({ type: z.literal("pong") }),
  z.strictObject({
    type: z.literal("welcome"),
    sessionId: Id,
    memberId: Id,
    serverTime: z.iso
      .datetime()
      .describe("With a talker's startedAt it tells how long they have talked, independent of the client's clock"),
    channels: z.array(ChannelState),
  }),
  z.strictObject({ type: z.literal("joined"), channelId: Id }),
  z.strictObject({ type: z.literal("left"), channelId: Id, reason: z.enum(["asked", "revoked", "channel_deleted"]) }),
  /** Changes of presence in the workspace's channels, collected for at most 100 ms. */
  z.strictObject({
    type: z.literal("presence"),
    changes: z.array(
      z.strictObject({
        channelId: Id,
        joined: z.array(Person),
        left: z.array(Id).describe("sessionIds"),
      }),
    ),
  }),
  z.strictObject({ type: z.literal("talker.started"), channelId: Id, talker: Talker }),
  z.strictObject({ type: z.literal("talker.stopped"), channelId: Id, transmissionId: Id }),
  z.strictObject({ type: z.literal("talk.granted"), channelId: Id, pressId: z.int(), transmissionId: Id }),
  z.strictObject({ type: z.literal("talk.denied"), channelId: Id, pressId: z.int(), reason: TalkDenial }),
  z.strictObject({ type: z.literal("talk.ended"), channelId: Id, transmissionId: Id, reason: TalkEnd }),
  /** To the talker: sessions that do not hear this, because they already hear SLOT_COUNT talkers. Each message replaces the previous one. */
  z.strictObject({
    type: z.literal("talk.unheard"),
    channelId: Id,
    transmissionId: Id,
    sessionIds: z.array(Id),
  }),
  z.strictObject({ type: z.literal("media.offer"), sdp: z.string() }),
  z.strictObject({ type: z.literal("media.candidate"), candidate: z.string(), mid: z.string() }),
  /** The audio connection's state as the server sees it. On `lost`, send `media.connect` again. */
  z.strictObject({ type: z.literal("media.state"), state: z.enum(["connected", "lost"]) }),
  /** The talker whom the listener hears from now on in a receive slot; null: nobody. `mid` is that of the slot's transceiver. */
  z.strictObject({
    type: z.literal("slot"),
    mid: z.string(),
    source: z.strictObject({ channelId: Id, sessionId: Id, transmissionId: Id }).nullable(),
  }),
  /** Something that the client may have fetched over HTTP has changed: fetch it again. */
  z.strictObject({
    type: z.literal("changed"),
    what: Changed,
    channelId: Id.optional().describe("With transmissions: their channel"),
    member: TenantMember.optional().describe("With self: the new role and abilities, so that pages can act before they fetch"),
  }),
  z.strictObject({ type: z.literal("error"), error: GatewayError, message: z.string() }),
]);

export type ClientMessage = z.infer<typeof ClientMessage>;
export type ServerMessage = z.infer<typeof ServerMessage>;
export type Person = z.infer<typeof Person>;
export type Talker = z.infer<typeof Talker>;
export type Changed = z.infer<typeof Changed>;
export type TalkDenial = z.infer<typeof TalkDenial>;
export type TalkEnd = z.infer<typeof TalkEnd>;
