import { TenantMember } from "#contract/http/tenants.ts";
import { builtInPermissions, type BuiltInRole } from "#contract/permissions.ts";
import { v7 as uuidv7 } from "uuid";
import type { StoredPiece, Subject, TransmissionStore, VoiceAccess, VoiceChannel, VoiceMember } from "../ports.ts";

const NO_ABILITIES = Object.fromEntries(Object.keys(TenantMember.shape.can.shape).map((key) => [key, false])) as Omit<
  TenantMember["can"],
  "givePermissions"
>;

/** People and channels in memory, in place of the database. `state.down` makes every read fail. */
export function memoryAccess() {
  const members = new Map<string, VoiceMember>();
  const channels = new Map<string, Map<string, VoiceChannel>>();
  /** When access ends by time, on the monotonic clock. */
  const ends = new Map<string, number>();
  const state = { down: false, reads: 0 };

  async function read<T>(answer: () => T): Promise<T> {
    state.reads += 1;
    await new Promise((resolve) => setImmediate(resolve));
    if (state.down) throw new Error("database is down");
    return answer();
  }

  const access: VoiceAccess = {
    loadMembers: (tenantId, subjects) =>
      read(() =>
        subjects.map(({ sessionId }) => {
          const key = `${tenantId}/${sessionId}`;
          const member = members.get(key);
          const endsInMs = (ends.get(key) ?? Infinity) - performance.now();
          return member && endsInMs > 0 ? { ...member, endsInMs } : null;
        }),
      ),
    listChannels: (tenantId) => read(() => [...(channels.get(tenantId)?.values() ?? [])]),
  };

  return {
    access,
    state,
    /** Adds a member with a new web session. */
    addMember(tenantId: string, role: BuiltInRole = "member", name = "Ada"): Subject {
      const subject = { tenantId, accountId: uuidv7(), sessionId: uuidv7() };
      const memberId = uuidv7();
      members.set(`${tenantId}/${subject.sessionId}`, {
        memberId,
        roleId: `role-${role}`,
        roleName: role,
        name,
        isOwner: false,
        permissions: builtInPermissions(role),
        endsInMs: Infinity,
        present() {
          const { roleName, isOwner, permissions } = this;
          return {
            self: { memberId, name: this.name, roleName, isOwner },
            can: { ...NO_ABILITIES, givePermissions: [...permissions] },
          };
        },
      });
      return subject;
    },
    change({ tenantId, sessionId }: Subject, change: Partial<VoiceMember>) {
      const key = `${tenantId}/${sessionId}`;
      const member = members.get(key);
      if (member) members.set(key, { ...member, ...change });
    },
    /** Makes the access end by time, `ms` milliseconds from now, without announcing it. */
    endIn: ({ tenantId, sessionId }: Subject, ms: number) => void ends.set(`${tenantId}/${sessionId}`, performance.now() + ms),
    removeMember: ({ tenantId, sessionId }: Subject) => members.delete(`${tenantId}/${sessionId}`),
    addChannel(tenantId: string, rules: Partial<VoiceChannel> = {}): string {
      const channelId = rules.channelId ?? uuidv7();
      const tenant = channels.get(tenantId) ?? new Map<string, VoiceChannel>();
      tenant.set(channelId, {
        recording: false,
        talkStopped: false,
        transmission: "open",
        talkerRoleIds: new Set(),
        talkerMemberIds: new Set(),
        ...rules,
        channelId,
      });
      channels.set(tenantId, tenant);
      return channelId;
    },
    removeChannel: (tenantId: string, channelId: string) => channels.get(tenantId)?.delete(channelId),
  };
}

/** A store in memory that lists every call that came out of order. */
export function memoryStore() {
  const begun = new Map<string, Parameters<TransmissionStore["begin"]>[0]>();
  const ended = new Map<string, number>();
  const pieces = new Map<string, StoredPiece[]>();
  const complaints: string[] = [];

  const store: TransmissionStore = {
    begin(transmission) {
      if (begun.has(transmission.transmissionId)) complaints.push("begun twice");
      begun.set(transmission.transmissionId, transmission);
      pieces.set(transmission.transmissionId, []);
    },
    append(piece) {
      const list = pieces.get(piece.transmissionId);
      if (!list || ended.has(piece.transmissionId)) complaints.push("piece outside of begin and end");
      if (list && piece.sequence !== list.length) complaints.push(`piece ${piece.sequence} at place ${list.length}`);
      list?.push(piece);
    },
    end({ transmissionId, durationMs }) {
      if (!begun.has(transmissionId)) complaints.push("ended without begin");
      if (ended.has(transmissionId)) complaints.push("ended twice");
      ended.set(transmissionId, durationMs);
    },
  };
  return { store, begun, ended, pieces, complaints };
}
