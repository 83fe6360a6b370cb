import { talkRefusal, type Talker, type TalkRule } from "../voice/talk-rule.ts";
import type { TransmissionPolicy } from "#contract/http/channels.ts";
import type { Permission } from "#contract/permissions.ts";

/** What the interface may offer this member. Each operation enforces its permission again. */
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

/** The permissions needed to change these settings of an existing channel. Undefined settings need none. */
export function permissionsToChange(settings: ChannelSettings): Permission[] {
  const needed: Permission[] = [];
  if (settings.name !== undefined || settings.description !== undefined) needed.push("channels.edit");
  if (settings.recording !== undefined) needed.push("recording.configure");
  if (settings.transmission !== undefined || settings.talkers !== undefined) needed.push("channels.set_transmission");
  return needed;
}

/** The permissions needed, besides channels.create, to create a channel with these settings. */
export function permissionsToCreate(settings: { recording: boolean; transmission: TransmissionPolicy }): Permission[] {
  const needed: Permission[] = [];
  if (settings.recording) needed.push("recording.configure");
  if (settings.transmission === "restricted") needed.push("channels.set_transmission");
  return needed;
}
