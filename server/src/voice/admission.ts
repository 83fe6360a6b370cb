import { v7 as uuidv7 } from "uuid";
import { CLOSE } from "#contract/gateway.ts";
import type { Connection } from "./connection.ts";
import { ADMISSION_TIMEOUT_MS, MEDIA_CONNECT_BURST, MEDIA_CONNECTS_PER_SECOND } from "./limits.ts";
import type { Subject, VoiceAccess } from "./ports.ts";
import type { Room, Session } from "./room.ts";
import { makeTokenBucket } from "./token-bucket.ts";

/**
 * Reads who this is and waits for the room's channels. Null when the connection ended meanwhile, also because of the
 * answer: access ended (4401), or it cannot be told in time (1012).
 */
export async function admit(room: Room, connection: Connection, subject: Subject, access: VoiceAccess): Promise<Session | null> {
  const timeout = setTimeout(() => connection.close(CLOSE.restarting, "not ready"), ADMISSION_TIMEOUT_MS);
  try {
    await room.ready;
    while (!connection.ended) {
      const version = room.membersVersion;
      const [member] = await access.loadMembers(subject.tenantId, [subject]);
      if (connection.ended) return null;
      // A change was told during the read: the answer may be from before it.
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
        joined: new Set(),
        peer: null,
        connectBudget: makeTokenBucket(MEDIA_CONNECTS_PER_SECOND, MEDIA_CONNECT_BURST),
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
