/** Writes thousands of audit log entries, chained as the server chains them. */
import pg from "pg";
import { chainHash, type ChainedEntry } from "../audit/chain.ts";

type Described = Omit<ChainedEntry, "sequence">;

const AT_ONCE = 5_000;

/**
 * Appends `count` entries to a tenant's log.
 * @param url the database owner's URL
 * @param describe returns the entry at an index, counted from 0
 */
export async function appendEntries(
  url: string,
  tenantId: string,
  count: number,
  describe: (index: number) => Described,
): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    for (let from = 0; from < count; from += AT_ONCE) {
      await client.query("begin");
      await client.query("select set_config('whoot.tenant_id', $1, true)", [tenantId]);
      const { rows } = await client.query<{ sequence: string; hash: Buffer }>("select sequence, hash from lock_audit_head()");
      let [sequence, hash] = [Number(rows[0]?.sequence), rows[0]?.hash as Buffer];
      const entries = Array.from({ length: Math.min(AT_ONCE, count - from) }, (_, index) => {
        sequence += 1;
        const entry = { ...describe(from + index), sequence };
        hash = chainHash(hash, tenantId, entry);
        return { ...entry, hash: hash.toString("hex") };
      });
      await client.query(
        `insert into audit_log (tenant_id, sequence, occurred_at, action, actor_member_id, actor_name, target_type, target_id,
            target_name, ip_address, user_agent, changes, hash)
          select $1, "sequence", "occurredAt", "action", "actorMemberId", "actorName", "targetType", "targetId", "targetName",
            "ipAddress", "userAgent", "changes"::json, decode("hash", 'hex')
          from json_to_recordset($2) as of("sequence" bigint, "occurredAt" timestamptz, "action" text, "actorMemberId" uuid,
            "actorName" text, "targetType" text, "targetId" uuid, "targetName" text, "ipAddress" text, "userAgent" text,
            "changes" text, "hash" text)`,
        [tenantId, JSON.stringify(entries)],
      );
      await client.query("commit");
    }
  } finally {
    await client.end();
  }
}
