/** Every change of a connection goes through changeConnection, which ends the proofs that rest on what the connection no longer trusts. */
import { announceChanged } from "../platform/changes.ts";
import type { TenantTx } from "../platform/db/pools.ts";
import type { Connection } from "./queries.ts";
import * as queries from "./queries.ts";
import { upholdsProofs } from "./trust.ts";

/**
 * Saves a changed connection. In the same transaction, the proofs that rest on withdrawn trust end, and live audio with them.
 * @param before the locked connection
 * @param editorsSession the id of a session that keeps its proof, so that the editor can test and correct the change. It keeps none when
 * the connection is switched off.
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
