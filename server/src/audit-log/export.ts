/** Streams the log as CSV in batches, so that neither a long log nor a slow reader holds memory or a connection. */
import { Readable } from "node:stream";
import type { AuditFilters } from "#contract/http/audit-log.ts";
import type { Ctx } from "../access/ctx.ts";
import { reenter } from "../access/gate.ts";
import { orNotFound } from "../platform/refusal.ts";
import { changesBetween } from "../audit/audit.ts";
import { ENTRIES_HEAD, entryLines } from "./csv.ts";
import * as queries from "./queries.ts";
import { parseFilters, visibleTo } from "./audit-log.ts";

/** Entries read per transaction: about a megabyte of CSV, in a few milliseconds. */
const STRETCH = 2_000;

function recordExport(ctx: Ctx, filters: AuditFilters): void {
  const { from, to, action, group, actor, target } = filters;
  ctx.audit.record({
    action: "audit_log.exported",
    target: { type: "workspace", id: ctx.tenantId, name: ctx.tenant.name },
    changes: changesBetween({}, { from, to, action, group, actor, target }),
  });
}

/**
 * All entries up to the current newest one that match the filters. If the caller loses the session, the membership or the permission, or the
 * workspace is deleted, the stream ends with an error at the next batch.
 * @returns the stream, to be sent after the transaction. An error in it breaks the transfer off.
 */
export async function exportEntries(ctx: Ctx, filters: AuditFilters): Promise<Readable> {
  const filter = parseFilters(filters);
  const end = orNotFound(await queries.findEnd(ctx.db));
  const span = filter.from || filter.to ? await queries.findSpan(ctx.db, filter) : { first: 1, last: end.sequence };
  recordExport(ctx, filters);

  /** The next batch, if the caller may still read it. */
  function stretch(after: number, last: number): Promise<queries.EntryRow[]> {
    return reenter(ctx, async ({ db, member }) => {
      member.require("audit.export");
      return (await queries.listStretch(db, filter, after, last)).map(visibleTo(member));
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
  // No batch is read ahead of the reader.
  return Readable.from(lines(), { objectMode: false, highWaterMark: 1 });
}
