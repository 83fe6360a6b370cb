/** What the voice core needs from the features. Everything is read anew each time, so a member of a deleted tenant is out at once. */
import { admitLive } from "../access/gate.ts";
import { listTalkRules } from "../channels/channels.ts";
import type { Services } from "../services.ts";
import { presentSelf } from "../tenants/tenants.ts";
import type { VoiceAccess } from "../voice/ports.ts";

export function makeVoiceAccess(services: Services): VoiceAccess {
  return {
    async loadMembers(tenantId, subjects) {
      const members = await admitLive(services, tenantId, subjects);
      return members.map((member) => member && { ...member, present: () => presentSelf(member) });
    },
    listChannels: (tenantId) => services.database.withTenant(tenantId, listTalkRules, { line: "voice" }),
  };
}
