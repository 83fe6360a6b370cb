import { OVERDUE_CHANGE_MS, RECHECK_MS } from "./limits.ts";
import { CLOSE } from "#contract/gateway.ts";
import { makeEnds } from "./ends.ts";
import type { Log } from "./ports.ts";
import { makePresence } from "./presence.ts";
import { makeRefresh, type Part } from "./refresh.ts";
import { broadcast, type Room, type Session } from "./room.ts";

export interface Rooms {
  /** The tenant's room. The first connection creates it and starts its first read. */
  enter(tenantId: string): Room;
  find(tenantId: string): Room | undefined;
  all(): Room[];
  /** Removes the room if it has no connections left. */
  leave(room: Room): void;
}

interface Checks {
  /** Reads parts of a room again and applies them. */
  read(room: Room, parts: ReadonlySet<Part>): Promise<void>;
  /** Closes the connections of members whose access ended without a change event. Never rejects. */
  closeEnded(room: Room): Promise<void>;
  /** Closes those of the sessions whose access ended by time and was not renewed. Never rejects. */
  closeDue(room: Room, due: readonly Session[]): Promise<void>;
}

/** The rooms of all tenants with at least one connection. */
export function makeRooms({ read, closeEnded, closeDue }: Checks, log: Log): Rooms {
  const rooms = new Map<string, Room>();

  function open(tenantId: string): Room {
    const ready = Promise.withResolvers<void>();
    const noteFailure = (error: unknown) => log("error", "closing connections without access failed", { tenantId, err: error });
    const room: Room = {
      tenantId,
      channels: new Map(),
      sessions: new Map(),
      connections: new Map(),
      presence: makePresence((message) => broadcast(room, message)),
      refresh: makeRefresh({
        async read(parts) {
          await read(room, parts).finally(room.ends.arm);
          // Every pass before the first success includes the channels: a failed pass is repeated with all its parts.
          ready.resolve();
        },
        onOverdue() {
          log("error", "a change could not be read in time, so the tenant's connections are closed", {
            tenantId,
            overdueMs: OVERDUE_CHANGE_MS,
          });
          closeAll(room, CLOSE.restarting, "access cannot be checked");
        },
        onError: (error) => log("warn", "reading access again failed", { tenantId, err: error }),
      }),
      recheck: setInterval(() => void closeEnded(room).catch(noteFailure).then(room.ends.arm), RECHECK_MS),
      ends: makeEnds(
        () => room.sessions.values(),
        (due) => closeDue(room, due).catch(noteFailure),
      ),
      ready: ready.promise,
      membersVersion: 0,
    };
    rooms.set(tenantId, room);
    room.refresh.mark(["channels"]);
    return room;
  }

  return {
    enter: (tenantId) => rooms.get(tenantId) ?? open(tenantId),
    find: (tenantId) => rooms.get(tenantId),
    all: () => [...rooms.values()],
    leave(room) {
      if (room.connections.size > 0 || rooms.get(room.tenantId) !== room) return;
      rooms.delete(room.tenantId);
      room.presence.close();
      room.refresh.close();
      clearInterval(room.recheck);
      room.ends.close();
    },
  };
}

/** Closes every connection of the tenant, including those being admitted. */
export function closeAll(room: Room, code: number, reason: string): void {
  for (const connection of room.connections.keys()) connection.close(code, reason);
}
