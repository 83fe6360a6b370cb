/** What the voice core asks of the features. Read fresh each time; a member of a deleted tenant is nobody at once. */
import { sessionHolds } from "../accounts/sessions.ts";
import { listTalkRules } from "../channels/channels.ts";
import { admit } from "../members/admit.ts";
import { Refusal } from "../platform/refusal.ts";
import type { Services } from "../services.ts";
import type { VoiceAccess } from "../voice/ports.ts";

export function makeVoiceAccess({ database }: Services): VoiceAccess {
  return {
    async loadMember({ tenantId, accountId, sessionId }) {
      if (!(await sessionHolds(database, { sessionId, accountId, tenantId }))) return null;
      try {
        return await database.withTenant(tenantId, (tx) => admit(tx, { accountId, sessionId }, null));
      } catch (error) {
        // Whatever a gate refuses ends the connection; only a database that is away is no answer.
        if (error instanceof Refusal && error.code !== "unavailable") return null;
        throw error;
      }
    },
    listChannels: (tenantId) => database.withTenant(tenantId, listTalkRules),
  };
}
