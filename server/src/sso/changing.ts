/** The one way in which a connection changes. It takes away what sessions proved by what the connection no longer trusts. */
import { announceChanged } from "../platform/changes.ts";
import type { TenantTx } from "../platform/db/pools.ts";
import type { Connection } from "./queries.ts";
import * as queries from "./queries.ts";
import { upholdsProofs } from "./trust.ts";

/**
 * Saves what a connection becomes. In the same transaction, and so at the same moment, proofs end that rest on what was withdrawn, and live
 * audio with them.
 * @param before the connection as it was locked
 * @param editorsSession keeps its proof, so that the editor can test and correct what they changed; not when the connection is switched off
 */
export async function changeConnection(
  tx: TenantTx,
  { before, after, editorsSession }: { before: Connection; after: Connection; editorsSession: string | null },
): Promise<void> {
  const { connectionId } = before;
  await queries.saveConnection(tx.db, connectionId, after);
  if (upholdsProofs(before, after)) return;
  await queries.endProofs(tx.db, { connectionId, exceptSessionId: after.enabled ? editorsSession : null });
  await announceChanged(tx, "tenant");
}
