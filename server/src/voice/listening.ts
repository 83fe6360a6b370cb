import type { ClientMessage } from "#contract/gateway.ts";
import { LISTENING_WINDOW_MS, LISTENING_WINDOW_PER_CHANNEL_MS } from "./limits.ts";
import { person, type Room, type Session } from "./room.ts";

type Report = Extract<ClientMessage, { type: "listening" }>;

/** Stores what the client says it plays. The last report is always broadcast, but delayed when reports come often. */
export function setListening(room: Room, session: Session, { sound, muted }: Report): void {
  const { listening } = session;
  listening.sound = sound;
  listening.muted = new Set(muted.filter((channelId) => room.channels.has(channelId)));
  if (listening.pause) listening.changed = true;
  else tell(room, session);
}

/** Broadcasts whether the session can hear, for each channel that it joined. */
export function tellHears(room: Room, session: Session): void {
  for (const channelId of session.joined) room.presence.joined(channelId, person(session, channelId));
}

/** Call when the session is over: stops its delayed broadcast. */
export function stopListening({ listening }: Session): void {
  if (listening.pause) clearTimeout(listening.pause);
}

function tell(room: Room, session: Session): void {
  const { listening } = session;
  listening.changed = false;
  tellHears(room, session);
  const pauseMs = LISTENING_WINDOW_MS + session.joined.size * LISTENING_WINDOW_PER_CHANNEL_MS;
  listening.pause = setTimeout(() => {
    listening.pause = null;
    if (listening.changed) tell(room, session);
  }, pauseMs);
}
