/** What the voice core asks of the features. Read fresh each time; a member of a deleted tenant is nobody at once. */
import { findHeldSessions } from "../accounts/sessions.ts";
import { listTalkRules } from "../channels/channels.ts";
import { findAdmitted } from "../members/admit.ts";
import type { TenantTx } from "../platform/db/pools.ts";
import type { Services } from "../services.ts";
import { presentSelf } from "../tenants/tenants.ts";
import type { VoiceAccess } from "../voice/ports.ts";

export function makeVoiceAccess({ database }: Services): VoiceAccess {
  const read = <Result>(tenantId: string, work: (tx: TenantTx) => Promise<Result>) =>
    database.withTenant(tenantId, work, undefined, "voice of ");
  return {
    // Two queries for a thousand people: a role that is edited acts on all of them at once.
    async loadMembers(tenantId, subjects) {
      const held = await findHeldSessions(database, tenantId, subjects);
      const accountIds = new Set(subjects.filter(({ sessionId }) => held.has(sessionId)).map(({ accountId }) => accountId));
      const members = accountIds.size === 0 ? null : await read(tenantId, (tx) => findAdmitted(tx, [...accountIds]));
      return subjects.map(({ sessionId, accountId }) => {
        const member = held.has(sessionId) && members?.get(accountId);
        return member ? { ...member, present: () => presentSelf(member) } : null;
      });
    },
    listChannels: (tenantId) => read(tenantId, listTalkRules),
  };
}
