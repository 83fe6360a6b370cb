import { CLOSE } from "#contract/gateway.ts";
import { talkRefusal } from "../channels/policy.ts";
import type { Joining } from "./joining.ts";
import type { Subject, VoiceAccess, VoiceMember } from "./ports.ts";
import type { Part } from "./refresh.ts";
import { person, type Room, type Session } from "./room.ts";
import type { Talk } from "./talk.ts";

interface Deps {
  access: VoiceAccess;
  talk: Talk;
  joining: Joining;
  limit: <T>(job: () => Promise<T>) => Promise<T>;
}

/**
 * Reads parts of the tenant again and acts on what is no longer allowed: talk ends, channels are left, connections are
 * closed. What could be read is applied also when another read failed; then it rejects, so that the pass is repeated.
 */
export async function readAndApply(room: Room, parts: ReadonlySet<Part>, deps: Deps): Promise<void> {
  const [channels, members] = await Promise.all([
    parts.has("channels") ? attempt(() => deps.limit(() => deps.access.listChannels(room.tenantId))) : null,
    parts.has("members") ? readMembers(room, deps) : [],
  ]);
  // One step from here on: a new role and the channel that admits it take effect together.
  for (const { session, member } of members) {
    if ("value" in member) applyMember(room, session, member.value);
  }
  if (channels && "value" in channels) deps.joining.applyChannels(room, channels.value);
  enforce(room, deps);
  const failed = [channels, ...members.map(({ member }) => member)].find((result) => result && "error" in result);
  if (failed && "error" in failed) throw failed.error;
}

/**
 * Closes the connections of those whose access ended without anybody telling, as a session that ran out. Who else has which
 * role is left to the changes that are told: this read may be older than the last of them. A read that fails says nothing.
 */
export async function closeEnded(room: Room, deps: Deps): Promise<void> {
  for (const { session, member } of await readMembers(room, deps)) {
    if ("value" in member && member.value === null) session.connection.close(CLOSE.goneAway, "access ended");
  }
}

type Attempt<T> = { value: T } | { error: unknown };

async function attempt<T>(read: () => Promise<T>): Promise<Attempt<T>> {
  try {
    return { value: await read() };
  } catch (error) {
    return { error };
  }
}

/** One read per web session, however many tabs it has open. */
async function readMembers(room: Room, { access, limit }: Deps) {
  const reads = new Map<string, Promise<Attempt<VoiceMember | null>>>();
  const read = (subject: Subject) => {
    const known = reads.get(subject.sessionId);
    if (known) return known;
    const started = attempt(() => limit(() => access.loadMember(subject)));
    reads.set(subject.sessionId, started);
    return started;
  };
  const sessions = [...room.sessions.values()];
  return Promise.all(sessions.map(async (session) => ({ session, member: await read(session.subject) })));
}

function applyMember(room: Room, session: Session, member: VoiceMember | null): void {
  if (session.connection.ended) return;
  if (member === null) return session.connection.close(CLOSE.goneAway, "access ended");
  if (member.memberId !== session.member.memberId) {
    // Removed and invited again between two reads: somebody else in this tenant's eyes.
    return session.connection.close(CLOSE.restarting, "membership changed");
  }
  const renamed = member.name !== session.member.name;
  session.member = member;
  if (renamed) for (const channelId of session.joined) room.presence.joined(channelId, person(session));
}

function enforce(room: Room, { talk, joining }: Deps): void {
  for (const session of room.sessions.values()) {
    if (!session.member.permissions.has("voice.join")) {
      for (const channelId of session.joined) joining.leave(room, session, channelId, "revoked");
      continue;
    }
    const channel = session.talk && room.channels.get(session.talk.channelId);
    if (channel && talkRefusal(session.member, channel.rules) !== null) talk.end(room, session, "revoked");
  }
}
