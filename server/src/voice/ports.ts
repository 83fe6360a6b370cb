/**
 * What the voice core needs from the rest of the server, and what it offers. The voice core knows no SQL and no HTTP.
 */
import type { TransmissionPolicy } from "#contract/http/channels.ts";
import type { TenantMember } from "#contract/http/tenants.ts";
import type { Media, MediaEvent } from "#contract/media.ts";
import type { Permission } from "#contract/permissions.ts";
import type { Change } from "../platform/change.ts";

/** Who opened a connection. `sessionId` is the web session (the cookie), not the gateway session in the messages. */
export interface Subject {
  tenantId: string;
  accountId: string;
  sessionId: string;
  /** The client's IP address, as trusted proxies report it. */
  remoteAddress?: string | undefined;
}

export interface VoiceMember {
  memberId: string;
  roleId: string;
  roleName: string;
  name: string;
  isOwner: boolean;
  permissions: ReadonlySet<Permission>;
  /** Milliseconds from the read until the access ends by time (single sign-on, limits of sessions), unless it is renewed. */
  endsInMs: number;
  /** What the member's open pages are sent when their role or permissions change. */
  present(): TenantMember;
}

export interface VoiceChannel {
  channelId: string;
  recording: boolean;
  /** Whether nobody can begin to talk. A talk that has begun goes on. */
  talkStopped: boolean;
  transmission: TransmissionPolicy;
  talkerRoleIds: ReadonlySet<string>;
  talkerMemberIds: ReadonlySet<string>;
}

/**
 * Reads members and channels from the database, without a cache. A rejected promise means "unknown for now" and is
 * retried; it never means "no".
 */
export interface VoiceAccess {
  /**
   * One read for all subjects; the result has their order. Null when the web session, the membership or the tenant ended, or
   * the tenant's conditions (MFA, SSO) are no longer met.
   */
  loadMembers(tenantId: string, subjects: readonly Subject[]): Promise<ReadonlyArray<VoiceMember | null>>;
  /** Every channel of the tenant. Empty for a deleted tenant. */
  listChannels(tenantId: string): Promise<ReadonlyArray<VoiceChannel>>;
}

/** A recording piece from the media worker, with its tenant. */
export type StoredPiece = Omit<Extract<MediaEvent, { type: "recordingPiece" }>, "type"> & { tenantId: string };

/**
 * Stores the transmissions of recorded channels. Call order per transmission: `begin` once, `append` any number of times,
 * `end` once. `begin` comes with the first audio: a press without audio is not stored. Every transmission that began also
 * ends, unless the process dies. No method throws or blocks: a recording that fails must not stop the talk.
 */
export interface TransmissionStore {
  begin(transmission: {
    tenantId: string;
    transmissionId: string;
    channelId: string;
    memberId: string;
    speakerName: string;
    /** When the talk was granted. */
    startedAt: Date;
  }): void;
  append(piece: StoredPiece): void;
  /** No more pieces follow. `durationMs`: length of the received audio. */
  end(transmission: { tenantId: string; transmissionId: string; durationMs: number }): void;
}

/** Pass an error as `details.err`. */
export type Log = (level: "error" | "warn" | "info" | "debug", message: string, details?: Record<string, unknown>) => void;

/** The part of a `ws` WebSocket that voice uses. Set its maxPayload a little above MAX_CLIENT_MESSAGE_BYTES. */
export interface VoiceSocket {
  readonly bufferedAmount: number;
  send(text: string): void;
  close(code: number, reason: string): void;
  terminate(): void;
  on(event: "message", listener: (data: SocketData, isBinary: boolean) => void): unknown;
  on(event: "close", listener: () => void): unknown;
  on(event: "error", listener: (error: Error) => void): unknown;
}

export type SocketData = Buffer | ArrayBuffer | Buffer[];

export interface VoiceOptions {
  media: Media;
  access: VoiceAccess;
  store: TransmissionStore;
  log: Log;
  /** Wall clock, for times that people see. Timeouts use the monotonic clock. */
  now: () => Date;
}

export interface VoiceStats {
  /** Tenants with at least one open connection. */
  tenants: number;
  sessions: number;
  peers: number;
  /** Transmissions in progress. */
  talking: number;
  /** Ended transmissions whose last recording piece has not arrived yet. */
  ending: number;
}

export interface TalkingNow {
  channelId: string;
  memberId: string;
  name: string;
}

export interface Voice {
  /**
   * Takes over an open socket whose upgrade was admitted (session, membership, origin). Access is read again.
   * Call this in the same tick as the upgrade, or messages that arrive earlier are lost.
   */
  connect(socket: VoiceSocket, subject: Subject): void;
  /** Ends live audio that the change no longer allows. Cheap, never throws; reads happen in the background. */
  onChange(change: Change): void;
  /** Who talks now in a tenant, in this process. Contains names: show it only to members who may join channels. */
  talking(tenantId: string): TalkingNow[];
  /** Ids of the members who are connected to a tenant, in this process. */
  connectedMembers(tenantId: string): ReadonlySet<string>;
  stats(): VoiceStats;
  /**
   * Ends all talk, closes every connection with 1012 and waits (a few seconds at most) until the store has the end of every
   * recording. Close the media worker and the store only afterwards. Harmless when called twice.
   */
  close(): Promise<void>;
}
