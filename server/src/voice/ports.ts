/**
 * What the voice core needs from the rest of the server, and what it offers. It knows no SQL and no HTTP.
 */
import type { Changed } from "#contract/gateway.ts";
import type { TransmissionPolicy } from "#contract/http/channels.ts";
import type { TenantMember } from "#contract/http/tenants.ts";
import type { Media, MediaEvent } from "#contract/media.ts";
import type { Permission } from "#contract/permissions.ts";

/** Whose connection this is. `sessionId` is the web session (cookie), not the gateway session of the messages. */
export interface Subject {
  tenantId: string;
  accountId: string;
  sessionId: string;
}

export interface VoiceMember {
  memberId: string;
  roleId: string;
  roleName: string;
  name: string;
  isOwner: boolean;
  permissions: ReadonlySet<Permission>;
  /** What their open pages are told when one of these is another than before. */
  present(): TenantMember;
}

export interface VoiceChannel {
  channelId: string;
  recording: boolean;
  transmission: TransmissionPolicy;
  talkerRoleIds: ReadonlySet<string>;
  talkerMemberIds: ReadonlySet<string>;
}

/**
 * Who a session is and what there is, read fresh (no cache of its own). A rejected promise means "cannot tell now" and is
 * retried; it never means "no".
 */
export interface VoiceAccess {
  /**
   * All at once, answered in the order of `subjects`. Null when the web session, the membership or the tenant ended, or its
   * conditions (MFA, SSO) are no longer met.
   */
  loadMembers(tenantId: string, subjects: readonly Subject[]): Promise<ReadonlyArray<VoiceMember | null>>;
  /** Every channel of the tenant. Empty for a tenant that is gone. */
  listChannels(tenantId: string): Promise<ReadonlyArray<VoiceChannel>>;
}

/** A piece as the media worker gives it, with whose it is. */
export type StoredPiece = Omit<Extract<MediaEvent, { type: "recordingPiece" }>, "type"> & { tenantId: string };

/**
 * Where transmissions of recorded channels are kept. For one transmission: `begin` once, any number of `append`, `end`
 * once, in this order. `begin` comes with the first sound (a press without any sound is not stored), so every
 * transmission that began also ends, unless the process dies. None of them throws or blocks: talk goes on whatever
 * happens to the recording.
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
  /** Nothing more comes. `durationMs`: audio received. */
  end(transmission: { tenantId: string; transmissionId: string; durationMs: number }): void;
}

/** What changed, told after the commit, possibly by another process. */
export type Change =
  /** Changes may have been missed (the listening connection was lost for a while): everything is read again. */
  | { kind: "resync" }
  /** What members may do changes with "members" and "roles"; who may talk where is "channels"; suspension and MFA policy are "tenant". */
  | {
      kind: "changed";
      tenantId: string;
      what: Changed;
      /** With transmissions: of which channel. */
      channelId?: string;
    }
  | { kind: "tenantDeleted"; tenantId: string }
  /** A web session ended (signed out, revoked, password changed). */
  | { kind: "sessionEnded"; sessionId: string };

/** An error goes under `err`. */
export type Log = (level: "error" | "warn" | "info" | "debug", message: string, details?: Record<string, unknown>) => void;

/** As much of a `ws` WebSocket as is needed here. Give it a maxPayload a little above MAX_CLIENT_MESSAGE_BYTES. */
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
  /** Wall clock, for the times that people see. Timeouts use the monotonic clock. */
  now: () => Date;
}

export interface VoiceStats {
  /** Tenants with at least one open connection. */
  tenants: number;
  sessions: number;
  peers: number;
  /** Transmissions going on. */
  talking: number;
  /** Ended transmissions whose last recorded page is still on its way. */
  ending: number;
}

export interface TalkingNow {
  channelId: string;
  memberId: string;
  name: string;
}

export interface Voice {
  /**
   * Takes a socket that is open and whose upgrade was admitted (session, membership, origin). Access is read again.
   * Attach it in the same tick as the upgrade: messages that arrive before are lost.
   */
  connect(socket: VoiceSocket, subject: Subject): void;
  /** Acts on live audio: what is no longer allowed ends. Cheap, never throws, reads happen in the background. */
  onChange(change: Change): void;
  /** Who talks now in a tenant, as this process knows it. Names tell it: give it only to who may join channels there. */
  talking(tenantId: string): TalkingNow[];
  stats(): VoiceStats;
  /**
   * Ends all talk, closes every connection with 1012 and waits (a few seconds at most) until the recordings' ends were
   * given to the store. Close the media worker and the store only after it. Harmless when called twice.
   */
  close(): Promise<void>;
}
