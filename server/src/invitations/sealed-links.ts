/** The links of invitations that can be copied: their tokens are sealed with the tenant's key. */
import { isDeleted, lockRoster } from "../access/roster.ts";
import { open, seal } from "../platform/seal.ts";
import type { SealedStore } from "../platform/sealed-blobs.ts";
import type { Services } from "../services.ts";
import { sealContext } from "./invitations.ts";
import * as queries from "./queries.ts";

/** How many tokens are sealed anew in one transaction, which takes a few milliseconds of CPU. */
const BATCH = 250;

/** Null when the key does not open it. */
function unseal(key: Buffer, { invitationId, tokenSealed }: queries.SealedLink): Buffer | null {
  try {
    return open(key, tokenSealed, sealContext(invitationId));
  } catch {
    return null;
  }
}

export function sealedLinks({ database, keys }: Pick<Services, "database" | "keys">): SealedStore {
  /** Seals a batch anew. @returns the last id, null after the last batch, and how many no key opened */
  function sealBatch(tenantId: string, after: string | null) {
    return database.withTenant(tenantId, async (tx) => {
      if (await isDeleted(tx)) return { links: 0, unreadable: 0, last: null };
      // Inviting holds this lock from before it takes the key until its commit, so nothing is sealed with the old key afterwards.
      await lockRoster(tx);
      const [current, previous] = keys.openingKeys(tenantId);
      const links = await queries.listSealedLinks(tx.db, after, BATCH);
      const anew: queries.SealedLink[] = [];
      let unreadable = 0;
      for (const link of links) {
        if (!current || !previous || unseal(current, link)) continue;
        const token = unseal(previous, link);
        if (token) anew.push({ ...link, tokenSealed: seal(current, token, sealContext(link.invitationId)) });
        else unreadable += 1;
      }
      await queries.setSealedLinks(tx.db, anew);
      return { links: links.length, unreadable, last: links.length < BATCH ? null : (links.at(-1)?.invitationId ?? null) };
    });
  }

  return {
    count: (tenantId) => database.withTenant(tenantId, (tx) => queries.countSealedLinks(tx.db)),
    async *sealAnew(tenantId) {
      let after: string | null = null;
      do {
        const { links, unreadable, last }: Awaited<ReturnType<typeof sealBatch>> = await sealBatch(tenantId, after);
        for (let link = 0; link < links; link += 1) yield link < unreadable ? "unreadable" : "done";
        after = last;
      } while (after !== null);
    },
  };
}
