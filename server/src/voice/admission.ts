import { v7 as uuidv7 } from "uuid";
import { CLOSE } from "#contract/gateway.ts";
import type { Connection } from "./connection.ts";
import { endOf } from "./ends.ts";
import { ADMISSION_TIMEOUT_MS, MEDIA_CONNECT_BURST, MEDIA_CONNECTS_PER_SECOND } from "./limits.ts";
import type { Subject, VoiceAccess } from "./ports.ts";
import type { Room, Session } from "./room.ts";
import { makeTokenBucket } from "./token-bucket.ts";

/**
 * Waits for the room's channels and reads the member. Closes the connection when access has ended (4401) or could not be read
 * in time (1012).
 * @returns null when the connection has ended, for whatever reason
 * @throws when a read fails, after closing the connection with 1012
 */
export async function admit(room: Room, connection: Connection, subject: Subject, access: VoiceAccess): Promise<Session | null> {
  const timeout = setTimeout(() => connection.close(CLOSE.restarting, "not ready"), ADMISSION_TIMEOUT_MS);
  try {
    await room.ready;
    while (!connection.ended) {
      const version = room.membersVersion;
      const readAt = performance.now();
      const [member] = await access.loadMembers(subject.tenantId, [subject]);
      if (connection.ended) return null;
      // A change arrived during the read, so the answer may be older than the change.
      if (version !== room.membersVersion) continue;
      if (!member) {
        connection.close(CLOSE.goneAway, "access ended");
        return null;
      }
      return {
        sessionId: uuidv7(),
        subject,
        connection,
        member,
        endsAt: endOf(member, readAt),
        joined: new Set(),
        peer: null,
        connectBudget: makeTokenBucket(MEDIA_CONNECTS_PER_SECOND, MEDIA_CONNECT_BURST),
        listening: { sound: true, muted: new Set(), pause: null, changed: false },
        talk: null,
        talkMode: "hold",
      };
    }
    return null;
  } catch (error) {
    connection.close(CLOSE.restarting, "not ready");
    throw error;
  } finally {
    clearTimeout(timeout);
  }
}
