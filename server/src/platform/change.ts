import type { Changed } from "#contract/gateway.ts";

/** A change, announced after its commit, possibly by another process. */
export type Change =
  /** The listening connection is down: reread everything, as far as the database answers. Sent about once a second meanwhile. */
  | { kind: "deaf" }
  /** The listening connection was down for a while and changes may have been missed: reread everything. */
  | { kind: "resync" }
  /** Something of the tenant changed. "members" and "roles" may change what members may do, "channels" who may talk where. */
  | {
      kind: "changed";
      tenantId: string;
      what: Changed;
      /** For transmissions: the channel. */
      channelId?: string;
    }
  | { kind: "tenantDeleted"; tenantId: string }
  /** The clock of a sample server was moved. */
  | { kind: "billingClock" }
  /** A session ended: signed out, revoked, or the password changed. */
  | { kind: "sessionEnded"; sessionId: string };
