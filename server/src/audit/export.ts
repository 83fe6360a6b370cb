/** The log as a CSV that streams: batch by batch, so that neither its length nor a slow reader costs memory or a connection. */
import { Readable } from "node:stream";
import type { AuditFilters } from "#contract/http/audit-log.ts";
import type { SignedIn } from "../accounts/sessions.ts";
import { stillAdmitted } from "../http/still-admitted.ts";
import type { Member } from "../members/admit.ts";
import type { TenantTx } from "../platform/db/pools.ts";
import { orNotFound } from "../platform/refusal.ts";
import type { Services } from "../services.ts";
import { currentTenant } from "../tenants/tenants.ts";
import { changesBetween, record } from "./audit.ts";
import { ENTRIES_HEAD, entryLines } from "./csv.ts";
import * as queries from "./queries.ts";
import { parseFilters, visibleTo } from "./reading.ts";

/** Entries looked at in one transaction: about a megabyte of CSV, a few milliseconds. */
const STRETCH = 2_000;

function recordExport(tx: TenantTx, reader: Member, tenantName: string, filters: AuditFilters): void {
  const { from, to, action, group, actor, target } = filters;
  record(tx, reader.actor, {
    action: "audit_log.exported",
    target: { type: "workspace", id: tx.tenantId, name: tenantName },
    changes: changesBetween({}, { from, to, action, group, actor, target }),
  });
}

/**
 * Everything up to the newest entry of now that fits the filters. Whoever loses the session, the membership or the permission, and
 * whose workspace is deleted, loses the stream with the next batch.
 * @returns the stream, for after the transaction; what goes wrong in it breaks it off.
 */
export async function exportEntries(
  services: Services,
  tx: TenantTx,
  reader: Member,
  account: SignedIn,
  filters: AuditFilters,
): Promise<Readable> {
  const { tenantId } = tx;
  const filter = parseFilters(filters);
  const end = orNotFound(await queries.findEnd(tx.db));
  const span = filter.from || filter.to ? await queries.findSpan(tx.db, filter) : { first: 1, last: end.sequence };
  recordExport(tx, reader, (await currentTenant(tx)).name, filters);

  /** The next batch, if whoever asked may still have it. */
  function stretch(after: number, last: number): Promise<queries.EntryRow[]> {
    return stillAdmitted(services.database, tenantId, account, async (batch, member) => {
      member.require("audit.export");
      return (await queries.listStretch(batch.db, filter, after, last)).map(visibleTo(member));
    });
  }

  async function* lines() {
    yield ENTRIES_HEAD;
    if (span === null) return;
    for (let after = span.first - 1; after < span.last; after += STRETCH) {
      const entries = await stretch(after, Math.min(after + STRETCH, span.last));
      if (entries.length > 0) yield entryLines(entries);
    }
  }
  // Nothing is read ahead of the reader.
  return Readable.from(lines(), { objectMode: false, highWaterMark: 1 });
}
