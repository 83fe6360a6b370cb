import { PRESENCE_WINDOW_MS } from "./limits.ts";
import type { Room, Session } from "./room.ts";
import type { Transmission } from "./transmissions.ts";

/** Tells talkers which listeners do not hear them because all of the listener's slots carry other talkers. */
export function makeReach() {
  const unheard = new WeakMap<Transmission, { sessionIds: Set<string>; timer: NodeJS.Timeout | null }>();

  function tell(room: Room, talk: Transmission): void {
    const reach = unheard.get(talk);
    const talker = room.sessions.get(talk.sessionId);
    if (!reach) return;
    reach.timer = null;
    if (talker?.talk !== talk) return;
    const { channelId, transmissionId } = talk;
    talker.connection.send({ type: "talk.unheard", channelId, transmissionId, sessionIds: [...reach.sessionIds] });
  }

  return {
    /** Notes whether the worker carries the talk to this listener. Messages are collected, because a channel may have thousands. */
    note(room: Room, talk: Transmission, { sessionId }: Session, isCarried: boolean): void {
      const reach = unheard.get(talk) ?? { sessionIds: new Set(), timer: null };
      if (isCarried !== reach.sessionIds.has(sessionId)) return;
      if (isCarried) reach.sessionIds.delete(sessionId);
      else reach.sessionIds.add(sessionId);
      unheard.set(talk, reach);
      reach.timer ??= setTimeout(() => tell(room, talk), PRESENCE_WINDOW_MS).unref();
    },
  };
}
