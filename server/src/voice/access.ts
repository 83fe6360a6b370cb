import { CLOSE } from "#contract/gateway.ts";
import { mayLatch, talkRefusal } from "./talk-rule.ts";
import { endOf, inTime } from "./ends.ts";
import type { Joining } from "./joining.ts";
import type { VoiceAccess, VoiceMember } from "./ports.ts";
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
 * Reads parts of the tenant again and enforces the result: ends talk, leaves channels, closes connections. If one of the two
 * reads fails, the other is still applied.
 * @throws the error of the failed read, so that the caller repeats the pass
 */
export async function readAndApply(room: Room, parts: ReadonlySet<Part>, deps: Deps): Promise<void> {
  const [channels, members] = await Promise.all([
    parts.has("channels") ? attempt(() => deps.limit(() => deps.access.listChannels(room.tenantId))) : null,
    parts.has("members") ? attempt(() => readMembers(room, room.sessions.values(), deps)) : null,
  ]);
  // No await from here on: a new role and the channel that admits it must take effect together.
  const changed = members && "value" in members ? applyMembers(room, members.value) : [];
  if (channels && "value" in channels) deps.joining.applyChannels(room, channels.value);
  enforce(room, deps);
  // Send these after enforcing: there may be thousands, and live audio must stop first.
  for (const { connection, member } of changed) connection.send({ type: "changed", what: "self", member: member.present() });
  for (const result of [channels, members]) if (result && "error" in result) throw result.error;
}

/**
 * Closes the connections of members whose access ended without a change event, for example an expired web session. Does not
 * apply roles: this read may be older than the last change event. A failed read closes nothing.
 */
export async function closeEnded(room: Room, deps: Deps): Promise<void> {
  const read = await attempt(() => readMembers(room, room.sessions.values(), deps));
  if ("error" in read) return;
  for (const { session, member, readAt } of read.value) {
    if (member === null) session.connection.close(CLOSE.goneAway, "access ended");
    // A later end may be older than a change that brought the end forward: then it is read again when it comes.
    else session.endsAt = Math.min(session.endsAt, endOf(member, readAt));
  }
}

/** Closes the given sessions whose access ended by time and was not renewed. A session that cannot be read in time is asked to reconnect. */
export async function closeDue(room: Room, due: readonly Session[], deps: Deps): Promise<void> {
  const read = await inTime(() => readMembers(room, due, deps));
  if (read === null) return due.forEach(({ connection }) => connection.close(CLOSE.restarting, "access cannot be checked"));
  for (const { session, member, readAt } of read) {
    if (member === null) session.connection.close(CLOSE.goneAway, "access ended");
    else session.endsAt = endOf(member, readAt);
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

interface Reading {
  session: Session;
  member: VoiceMember | null;
  /** When the read began, on the monotonic clock. */
  readAt: number;
}

/** Reads the members behind these connections at once, each web session once, however many tabs it has open. */
async function readMembers(room: Room, of: Iterable<Session>, { access, limit }: Deps): Promise<Reading[]> {
  const sessions = [...of];
  const subjects = new Map(sessions.map(({ subject }) => [subject.sessionId, subject]));
  if (subjects.size === 0) return [];
  let readAt = 0;
  const read = await limit(() => {
    readAt = performance.now();
    return access.loadMembers(room.tenantId, [...subjects.values()]);
  });
  const members = new Map([...subjects.keys()].map((sessionId, index) => [sessionId, read[index] ?? null]));
  return sessions.map((session) => ({ session, member: members.get(session.subject.sessionId) ?? null, readAt }));
}

/** Returns the sessions whose role or permissions changed. */
function applyMembers(room: Room, readings: readonly Reading[]): Session[] {
  return readings.filter((reading) => applyMember(room, reading)).map(({ session }) => session);
}

function applyMember(room: Room, { session, member, readAt }: Reading): boolean {
  const { connection, member: before } = session;
  if (connection.ended) return false;
  if (member === null || member.memberId !== before.memberId) {
    // Removed and invited again between two reads: the same person is now a different member.
    if (member === null) connection.close(CLOSE.goneAway, "access ended");
    else connection.close(CLOSE.restarting, "membership changed");
    return false;
  }
  session.member = member;
  session.endsAt = endOf(member, readAt);
  if (member.name !== before.name)
    for (const channelId of session.joined) room.presence.joined(channelId, person(session, channelId));
  return !isSameRole(member, before);
}

function isSameRole(a: VoiceMember, b: VoiceMember): boolean {
  const isSame = a.roleId === b.roleId && a.roleName === b.roleName && a.isOwner === b.isOwner;
  return isSame && a.permissions.symmetricDifference(b.permissions).size === 0;
}

function enforce(room: Room, { talk, joining }: Deps): void {
  for (const session of room.sessions.values()) {
    if (!session.member.permissions.has("voice.join")) {
      for (const channelId of session.joined) joining.leave(room, session, channelId, "revoked");
      continue;
    }
    const channel = session.talk && room.channels.get(session.talk.channelId);
    if (!channel) continue;
    const unlatched = session.talkMode === "latch" && !mayLatch(session.member);
    if (unlatched || talkRefusal(session.member, channel.rules) !== null) talk.end(room, session, "revoked");
  }
}
