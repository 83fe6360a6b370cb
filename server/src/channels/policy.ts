import type { TalkRefusal, TransmissionPolicy } from "#contract/http/channels.ts";
import type { Permission } from "#contract/permissions.ts";

interface Talker {
  memberId: string;
  roleId: string;
  permissions: ReadonlySet<Permission>;
}

interface TalkRule {
  transmission: TransmissionPolicy;
  talkerRoleIds: ReadonlySet<string>;
  talkerMemberIds: ReadonlySet<string>;
}

/** May this member talk on this channel, and if not, why. Null: they may. */
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

/** What the interface may offer this member; each is enforced again where it is done. */
export function channelAbilities(member: Talker, channel: TalkRule) {
  const may = (permission: Permission) => member.permissions.has(permission);
  const refusal = talkRefusal(member, channel);
  return {
    join: may("voice.join"),
    talk: refusal === null,
    talkRefusal: refusal,
    playRecordings: may("recording.play"),
    edit: may("channels.edit"),
    configureRecording: may("recording.configure"),
    setTransmission: may("channels.set_transmission"),
    delete: may("channels.delete"),
  };
}

interface ChannelSettings {
  name?: unknown;
  description?: unknown;
  recording?: unknown;
  transmission?: unknown;
  talkers?: unknown;
}

/** What it takes to set these settings of a channel that exists; those that are not given need nothing. */
export function permissionsToChange(settings: ChannelSettings): Permission[] {
  const needed: Permission[] = [];
  if (settings.name !== undefined || settings.description !== undefined) needed.push("channels.edit");
  if (settings.recording !== undefined) needed.push("recording.configure");
  if (settings.transmission !== undefined || settings.talkers !== undefined) needed.push("channels.set_transmission");
  return needed;
}

/** What it takes, beyond channels.create, to make a channel that is not the plain default. */
export function permissionsToCreate(settings: { recording: boolean; transmission: TransmissionPolicy }): Permission[] {
  const needed: Permission[] = [];
  if (settings.recording) needed.push("recording.configure");
  if (settings.transmission === "restricted") needed.push("channels.set_transmission");
  return needed;
}
