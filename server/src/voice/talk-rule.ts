/** Who may talk on a channel: pure functions, called on every press without a query. */
import type { TalkRefusal, TransmissionPolicy } from "#contract/http/channels.ts";
import type { Permission } from "#contract/permissions.ts";

export interface Talker {
  memberId: string;
  roleId: string;
  permissions: ReadonlySet<Permission>;
}

export interface TalkRule {
  transmission: TransmissionPolicy;
  talkerRoleIds: ReadonlySet<string>;
  talkerMemberIds: ReadonlySet<string>;
}

/** Why this member may not talk on this channel; null if they may. */
export function talkRefusal(member: Talker, channel: TalkRule): TalkRefusal | null {
  if (!member.permissions.has("voice.transmit")) return "role_cannot_talk";
  if (channel.transmission === "open") return null;
  const chosen = channel.talkerRoleIds.has(member.roleId) || channel.talkerMemberIds.has(member.memberId);
  return chosen ? null : "channel_restricted";
}

/** May this member's talk go on when the talk key goes up? */
export function mayLatch(member: Pick<Talker, "permissions">): boolean {
  return member.permissions.has("voice.latch");
}
