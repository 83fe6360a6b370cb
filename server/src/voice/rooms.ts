import { OVERDUE_CHANGE_MS, RECHECK_MS } from "./limits.ts";
import { CLOSE } from "#contract/gateway.ts";
import type { Log } from "./ports.ts";
import { makePresence } from "./presence.ts";
import { makeRefresh, type Part } from "./refresh.ts";
import { broadcast, type Room } from "./room.ts";

export interface Rooms {
  /** The tenant's room, made and read when it is the first connection. */
  enter(tenantId: string): Room;
  find(tenantId: string): Room | undefined;
  all(): Room[];
  /** Forgets a room that the last connection has left. */
  leave(room: Room): void;
}

interface Checks {
  /** Reads parts of a room again and applies them. */
  read(room: Room, parts: ReadonlySet<Part>): Promise<void>;
  /** Closes the connections of those whose access ended without a change being told. Never rejects. */
  closeEnded(room: Room): Promise<void>;
}

/** The tenants that somebody is connected to. */
export function makeRooms({ read, closeEnded }: Checks, log: Log): Rooms {
  const rooms = new Map<string, Room>();

  function open(tenantId: string): Room {
    const ready = Promise.withResolvers<void>();
    const room: Room = {
      tenantId,
      channels: new Map(),
      sessions: new Map(),
      connections: new Map(),
      presence: makePresence((message) => broadcast(room, message)),
      refresh: makeRefresh({
        async read(parts) {
          await read(room, parts);
          // The first pass reads the channels, and a pass that fails is repeated with what it was to read.
          ready.resolve();
        },
        onOverdue() {
          log("error", "a change could not be read; the tenant's connections are closed", {
            tenantId,
            overdueMs: OVERDUE_CHANGE_MS,
          });
          closeAll(room, CLOSE.restarting, "access cannot be checked");
        },
        onError: (error) => log("warn", "access could not be read again", { tenantId, err: error }),
      }),
      recheck: setInterval(() => void closeEnded(room), RECHECK_MS),
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
    },
  };
}

/** Closes every connection of the tenant, those that are being admitted included. */
export function closeAll(room: Room, code: number, reason: string): void {
  for (const connection of room.connections.keys()) connection.close(code, reason);
}
