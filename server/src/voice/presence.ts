import type { Person, ServerMessage } from "#contract/gateway.ts";
import { PRESENCE_WINDOW_MS } from "./limits.ts";

export interface Presence {
  joined(channelId: string, person: Person): void;
  left(channelId: string, sessionId: string): void;
  close(): void;
}

/**
 * Collects who joined and left, and sends it once per PRESENCE_WINDOW_MS with only the last state of each person.
 * Messages carry states ("is here", "is not here"), never differences: a client that was welcomed within the window gets
 * some states twice, which must be harmless.
 */
export function makePresence(send: (message: ServerMessage) => void): Presence {
  let pending = new Map<string, Map<string, Person | null>>();
  let timer: NodeJS.Timeout | undefined;

  function note(channelId: string, sessionId: string, person: Person | null): void {
    const channel = pending.get(channelId) ?? new Map<string, Person | null>();
    pending.set(channelId, channel.set(sessionId, person));
    timer ??= setTimeout(flush, PRESENCE_WINDOW_MS);
  }

  function flush(): void {
    timer = undefined;
    const changes = [...pending].map(([channelId, people]) => ({
      channelId,
      joined: [...people.values()].filter((person) => person !== null),
      left: [...people].filter(([, person]) => person === null).map(([sessionId]) => sessionId),
    }));
    pending = new Map();
    send({ type: "presence", changes });
  }

  return {
    joined: (channelId, person) => note(channelId, person.sessionId, person),
    left: (channelId, sessionId) => note(channelId, sessionId, null),
    close: () => clearTimeout(timer),
  };
}
