/** Reading the log: pages of it, narrowed by filters, and whom it can be narrowed to. */
import { z } from "zod";
import { AUDIT_ACTION_NAMES, AUDIT_ACTIONS, type AuditAction, type AuditGroup, HIDDEN_ADDRESS } from "#contract/audit.ts";
import type { AuditFilters } from "#contract/http/audit-log.ts";
import type { Member } from "../members/admit.ts";
import type { TenantTx } from "../platform/db/pools.ts";
import { parseKeyedCursor, toKeyedPage } from "../platform/page.ts";
import { orNotFound } from "../platform/refusal.ts";
import { searchWords } from "../platform/search-words.ts";
import type { Changes } from "./chain.ts";
import { hideAddresses } from "../platform/addresses.ts";
import { withoutAddresses } from "./contact.ts";
import * as queries from "./queries.ts";

const DAY_MS = 24 * 3600 * 1000;
/** What PostgreSQL and JavaScript both call a time. */
const LATEST = Date.UTC(9999, 11, 31);
const MOST_ACTORS = 1_000;
const MOST_TARGETS = 20;
/** Looked at for what something was done to lately. */
const RECENT_ENTRIES = 200;

const list = <Value>(given: Value | Value[] | undefined): Value[] =>
  given === undefined ? [] : Array.isArray(given) ? given : [given];

const moment = (text: string, later = 0) => new Date(Math.min(Math.max(Date.parse(text) + later, 0), LATEST));

export function groupOf(action: string): AuditGroup | null {
  return Object.hasOwn(AUDIT_ACTIONS, action) ? AUDIT_ACTIONS[action as AuditAction].group : null;
}

/** The filters of a request as the database takes them. Chosen actions and the actions of chosen groups are one set. */
export function parseFilters(given: AuditFilters): queries.EntryFilter {
  const groups = new Set<AuditGroup>(list(given.group));
  const actions = new Set<string>([
    ...list(given.action),
    ...AUDIT_ACTION_NAMES.filter((action) => groups.has(AUDIT_ACTIONS[action].group)),
  ]);
  const wholeDay = given.to?.length === "YYYY-MM-DD".length;
  return {
    from: given.from === undefined ? null : moment(given.from),
    to: given.to === undefined ? null : moment(given.to, wholeDay ? DAY_MS : 0),
    actions: given.action === undefined && given.group === undefined ? null : [...actions],
    actorId: given.actor ?? null,
    targetId: given.target ?? null,
  };
}

/** As this viewer may read it. */
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

/** Milliseconds, which PostgreSQL's range of times holds, and the sequence. */
const PLACE = z.tuple([z.string().regex(/^\d{1,14}$/), z.string().regex(/^\d{1,15}$/)]);

function parseCursor(cursor: string | undefined): queries.EntryCursor | null {
  const place = parseKeyedCursor(cursor, PLACE);
  return place && { at: new Date(Number(place[0])), sequence: Number(place[1]) };
}

/** A page, newest first. @throws Refusal invalid_input for a cursor that this server did not make */
export async function listEntries(
  tx: TenantTx,
  viewer: Member,
  given: AuditFilters,
  { cursor, limit }: { cursor?: string | undefined; limit: number },
) {
  const head = orNotFound(await queries.findEnd(tx.db));
  const rows = await queries.listEntries(tx.db, parseFilters(given), parseCursor(cursor), limit);
  const { items, nextCursor } = toKeyedPage(rows, limit, (row) => [String(row.occurredAt.getTime()), String(row.sequence)]);
  return {
    items: items.map(visibleTo(viewer)).map(present),
    nextCursor,
    head: { sequence: head.sequence, hash: head.hash.toString("hex") },
  };
}

/** Everybody who did something, by name. */
export async function listActors(tx: TenantTx) {
  const actors = await queries.listActors(tx.db, MOST_ACTORS + 1);
  return {
    items: actors.slice(0, MOST_ACTORS).sort((a, b) => a.name.localeCompare(b.name)),
    complete: actors.length <= MOST_ACTORS,
  };
}

/**
 * To whom or what something was done, by name; without a search, lately. For who may not see addresses, what is called by its address
 * alone is found by nothing, and is only told by its id.
 */
export async function listTargets(
  tx: TenantTx,
  viewer: Member,
  { search = "", id }: { search?: string | undefined; id?: string | undefined },
) {
  const seesAddresses = viewer.may("users.view_contact");
  const asSeen = (name: string) => (seesAddresses ? name : hideAddresses(name));
  const found = await findTargets(tx, seesAddresses, search.trim(), id);
  const shown = found.map((target) => ({ ...target, name: asSeen(target.name), newestAt: target.newestAt.toISOString() }));
  return {
    items: shown
      .slice(0, MOST_TARGETS)
      .filter(({ name }) => id !== undefined || name !== HIDDEN_ADDRESS)
      .sort((a, b) => a.name.localeCompare(b.name)),
    complete: found.length <= MOST_TARGETS,
  };
}

function findTargets(tx: TenantTx, seesAddresses: boolean, search: string, id: string | undefined): Promise<queries.TargetRow[]> {
  if (id !== undefined) return queries.findTarget(tx.db, id);
  if (search === "") return queries.listRecentTargets(tx.db, RECENT_ENTRIES, MOST_TARGETS);
  return queries.searchTargets(tx.db, searchWords(search, seesAddresses), MOST_TARGETS);
}
