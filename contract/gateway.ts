/**
 * The real-time gateway: JSON messages over one WebSocket per open workspace (one per browser tab).
 *
 * A session's life: the server says `welcome` and the state of every channel, the client joins channels and, once it
 * wants audio, says `media.connect`; the server offers, the client answers, candidates trickle both ways.
 * The server is the only judge of who talks: a client may send audio the moment the key goes down, it is held back until
 * `talk.granted` and dropped on `talk.denied`.
 */
import { z } from "zod";
import { TalkRefusal } from "./http/channels.ts";
import { TalkKeyMode, TenantMember } from "./http/tenants.ts";

/** Bytes of one client message; an SDP answer with every slot is about 6 kB. */
export const MAX_CLIENT_MESSAGE_BYTES = 64 * 1024;
/** Client messages per second, sustained, and how many may come at once. Beyond it the connection is closed (4429). */
export const CLIENT_MESSAGES_PER_SECOND = 50;
export const CLIENT_MESSAGE_BURST = 200;
/** The server says `heartbeat` this often and the client answers each; either side gives up after the timeout. */
export const HEARTBEAT_MS = 2_500;
export const HEARTBEAT_TIMEOUT_MS = 7_500;
/** How many talkers one listener can hear at the same time. */
export const SLOT_COUNT = 6;

const Id = z.uuid();

export const ClientMessage = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("heartbeat") }),
  z.strictObject({ type: z.literal("join"), channelId: Id }),
  z.strictObject({ type: z.literal("leave"), channelId: Id }),
  /**
   * The talk key went down. `pressId` comes back in the answer, so a late answer cannot be taken for a newer press's. `mode`: whether
   * the talk goes on when the key goes up; without it, hold.
   */
  z.strictObject({ type: z.literal("talk.start"), channelId: Id, pressId: z.int().min(0), mode: TalkKeyMode.optional() }),
  z.strictObject({ type: z.literal("talk.stop") }),
  /** Asks for a (new) media connection; an earlier one of this session is closed. */
  z.strictObject({ type: z.literal("media.connect") }),
  z.strictObject({ type: z.literal("media.answer"), sdp: z.string().max(32_000) }),
  z.strictObject({ type: z.literal("media.candidate"), candidate: z.string().max(1_000), mid: z.string().max(32) }),
]);

/** One open workspace of one person; somebody with two tabs is there twice, under one memberId. */
export const Person = z.strictObject({ sessionId: Id, memberId: Id, name: z.string() });

export const Talker = z.strictObject({
  sessionId: Id,
  memberId: Id,
  name: z.string(),
  transmissionId: Id,
  startedAt: z.iso.datetime(),
});

const ChannelState = z.strictObject({
  channelId: Id,
  people: z.array(Person).describe("Who is in the channel now"),
  talkers: z.array(Talker).describe("Who talks now"),
});

/**
 * not_joined: join the channel first. no_media: the audio connection is not up. already_talking: release first. latch_not_allowed:
 * the role takes the key held down.
 */
export const TalkDenial = z.enum([...TalkRefusal.options, "latch_not_allowed", "not_joined", "no_media", "already_talking"]);

/** Why a transmission ended that the client did not end itself. */
export const TalkEnd = z.enum(["revoked", "channel_deleted", "left", "media_lost", "too_long", "no_audio"]);

/** Machine-readable reasons of an `error` message. The connection stays open except after too_many_messages. */
export const GatewayError = z.enum(["malformed", "too_large", "too_many_messages", "unknown_channel", "media_failed"]);

/**
 * What the client may have fetched over HTTP and should fetch again. `self` is told to whom it concerns alone: what they are in this
 * workspace, or may do in it, is another now, and with it the abilities that come with every resource.
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
]);

/** Close codes (4000–4999 are the application's, RFC 6455 §7.4.2). */
export const CLOSE = {
  /** The session ended, or the membership or workspace did: do not reconnect. */
  goneAway: 4401,
  tooManyMessages: 4429,
  heartbeatLost: 4408,
  /** The server stops or restarts: reconnect. */
  restarting: 1012,
} as const;

export const ServerMessage = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("heartbeat") }),
  z.strictObject({ type: z.literal("welcome"), sessionId: Id, memberId: Id, channels: z.array(ChannelState) }),
  z.strictObject({ type: z.literal("joined"), channelId: Id }),
  z.strictObject({ type: z.literal("left"), channelId: Id, reason: z.enum(["asked", "revoked", "channel_deleted"]) }),
  /** Presence of any channel of the workspace, gathered over at most 100 ms. */
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
  z.strictObject({ type: z.literal("media.offer"), sdp: z.string() }),
  z.strictObject({ type: z.literal("media.candidate"), candidate: z.string(), mid: z.string() }),
  /** The audio connection's state as the server sees it. On `lost` say media.connect again. */
  z.strictObject({ type: z.literal("media.state"), state: z.enum(["connected", "lost"]) }),
  /** What the listener hears on a receive slot (its transceiver's mid) from now on; null: nobody. */
  z.strictObject({
    type: z.literal("slot"),
    mid: z.string(),
    source: z.strictObject({ channelId: Id, sessionId: Id, transmissionId: Id }).nullable(),
  }),
  /** Something that the client may have fetched over HTTP changed: fetch it again. */
  z.strictObject({
    type: z.literal("changed"),
    what: Changed,
    channelId: Id.optional().describe("With transmissions: of which channel"),
    member: TenantMember.optional().describe(
      "With self: what the workspace says of it now, for pages to act on before they fetch",
    ),
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
