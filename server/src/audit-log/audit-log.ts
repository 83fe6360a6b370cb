/** Reads the log: pages of entries, filters, and the actors and targets to filter by. */
import { MAX_ACTORS, MAX_TARGETS } from "#contract/http/audit-log.ts";
import { z } from "zod";
import { AUDIT_ACTION_NAMES, AUDIT_ACTIONS, type AuditAction, type AuditGroup, HIDDEN_ADDRESS } from "#contract/audit.ts";
import type { AuditFilters } from "#contract/http/audit-log.ts";
import { nameOrder } from "#contract/name-order.ts";
import type { Ctx } from "../access/ctx.ts";
import type { Member } from "../access/member.ts";
import type { TenantTx } from "../platform/db/pools.ts";
import { parseKeyedCursor, toKeyedPage } from "../platform/page.ts";
import { orNotFound } from "../platform/refusal.ts";
import { searchWords } from "../platform/search-words.ts";
import type { Changes } from "../audit/chain.ts";
import { hideAddresses } from "../platform/addresses.ts";
import { withoutAddresses } from "./contact.ts";
import * as queries from "./queries.ts";

const DAY_MS = 24 * 3600 * 1000;
/** The latest time that both PostgreSQL and JavaScript can represent. */
const LATEST = Date.UTC(9999, 11, 31);
/** How many of the newest entries are searched for recent targets. */
const RECENT_ENTRIES = 200;

const list = <Value>(input: Value | Value[] | undefined): Value[] =>
  input === undefined ? [] : Array.isArray(input) ? input : [input];

const moment = (text: string, addedMs = 0) => new Date(Math.min(Math.max(Date.parse(text) + addedMs, 0), LATEST));

export function groupOf(action: string): AuditGroup | null {
  return Object.hasOwn(AUDIT_ACTIONS, action) ? AUDIT_ACTIONS[action as AuditAction].group : null;
}

/** Turns a request's filters into those of the query. The chosen actions and the actions of the chosen groups form one set. */
export function parseFilters(input: AuditFilters): queries.EntryFilter {
  const groups = new Set<AuditGroup>(list(input.group));
  const actions = new Set<string>([
    ...list(input.action),
    ...AUDIT_ACTION_NAMES.filter((action) => groups.has(AUDIT_ACTIONS[action].group)),
  ]);
  const wholeDay = input.to?.length === "YYYY-MM-DD".length;
  return {
    from: input.from === undefined ? null : moment(input.from),
    to: input.to === undefined ? null : moment(input.to, wholeDay ? DAY_MS : 0),
    actions: input.action === undefined && input.group === undefined ? null : [...actions],
    actorId: input.actor ?? null,
    targetId: input.target ?? null,
  };
}

/** An entry as this viewer may read it. */
export function visibleTo(viewer: Member) {
  return viewer.may("users.view_contact") ? (entry: queries.EntryRow) => entry : withoutAddresses;
}

function present(entry: queries.EntryRow) {
  return {
    sequence: entry.sequence,
    occurredAt: entry.occurredAt.toISOString(),
    action: entry.action,
    group: groupOf(entry.action),
    actor: { memberId: entry.actorMemberId, name: entry.actorName },
    target: { type: entry.targetType, id: entry.targetId, name: entry.targetName },
    ipAddress: entry.ipAddress,
    userAgent: entry.userAgent,
    changes: JSON.parse(entry.changes) as Changes,
    hash: entry.hash.toString("hex"),
  };
}

/** Milliseconds in PostgreSQL's range of times, and the sequence. */
const PLACE = z.tuple([z.string().regex(/^\d{1,14}$/), z.string().regex(/^\d{1,15}$/)]);

function parseCursor(cursor: string | undefined): queries.EntryCursor | null {
  const place = parseKeyedCursor(cursor, PLACE);
  return place && { at: new Date(Number(place[0])), sequence: Number(place[1]) };
}

/** A page, newest first. @throws Refusal invalid_input for a cursor that this server did not create */
export async function listEntries(
  ctx: Ctx,
  { filters, cursor, limit }: { filters: AuditFilters; cursor?: string | undefined; limit: number },
) {
  const head = orNotFound(await queries.findEnd(ctx.db));
  const rows = await queries.listEntries(ctx.db, parseFilters(filters), parseCursor(cursor), limit);
  const { items, nextCursor } = toKeyedPage(rows, limit, (row) => [String(row.occurredAt.getTime()), String(row.sequence)]);
  return {
    items: items.map(visibleTo(ctx.member)).map(present),
    nextCursor,
    head: { sequence: head.sequence, hash: head.hash.toString("hex") },
  };
}

interface Reader {
  /** The viewer's languages, the preferred one first. */
  languages: readonly string[];
}

/** Everybody who has acted, sorted by name. */
export async function listActors(tx: TenantTx, { languages }: Reader) {
  const compare = nameOrder(languages);
  const actors = await queries.listActors(tx.db, MAX_ACTORS + 1);
  return {
    items: actors
      .slice(0, MAX_ACTORS)
      .sort((a, b) => compare(a.name, b.name))
      .map(({ newestAt, ...actor }) => ({ ...actor, newestAt: newestAt.toISOString() })),
    complete: actors.length <= MAX_ACTORS,
  };
}

/**
 * Finds targets of entries by id or by name; without either, the recent ones. A viewer who may not see addresses finds a target that is
 * named only by an address by its id, not by searching.
 */
export async function listTargets(
  ctx: Ctx,
  { search = "", id, languages }: { search?: string | undefined; id?: string | undefined } & Reader,
) {
  const compare = nameOrder(languages);
  const seesAddresses = ctx.member.may("users.view_contact");
  const asSeen = (name: string) => (seesAddresses ? name : hideAddresses(name));
  const found = await findTargets(ctx, seesAddresses, search.trim(), id);
  const shown = found.map((target) => ({ ...target, name: asSeen(target.name), newestAt: target.newestAt.toISOString() }));
  return {
    items: shown
      .slice(0, MAX_TARGETS)
      .filter(({ name }) => id !== undefined || name !== HIDDEN_ADDRESS)
      .sort((a, b) => compare(a.name, b.name)),
    complete: found.length <= MAX_TARGETS,
  };
}

function findTargets(tx: TenantTx, seesAddresses: boolean, search: string, id: string | undefined): Promise<queries.TargetRow[]> {
  if (id !== undefined) return queries.findTarget(tx.db, id);
  if (search === "") return queries.listRecentTargets(tx.db, RECENT_ENTRIES, MAX_TARGETS);
  return queries.searchTargets(tx.db, searchWords(search, seesAddresses), MAX_TARGETS);
}
