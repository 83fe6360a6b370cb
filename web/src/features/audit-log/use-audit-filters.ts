/** The filters of the audit log, kept in the address so that links and the back button restore them. */
import { AUDIT_ACTIONS, AUDIT_GROUPS, type AuditAction, type AuditGroup } from "#contract/audit.ts";
import { useMemo } from "react";
import { useSearchParams } from "react-router";
import type { AuditQuery } from "./queries.ts";
import { wallNow } from "../../ui/clocks.ts";
import { addDays, dayIn, startOfDay } from "../../ui/days.ts";
import { useTenant } from "../tenants/tenant-context.ts";

export const PERIODS = {
  any: "Any time",
  "1": "Today",
  "7": "Last 7 days",
  "30": "Last 30 days",
  days: "Between two days",
} as const;
export type Period = keyof typeof PERIODS;

export interface AuditFilters {
  period: Period;
  /** First and last day, YYYY-MM-DD, when the period is "days". */
  from: string | null;
  to: string | null;
  /** A group as `group:roles`, or an action. */
  what: string | null;
  who: string | null;
  /** Id of the target: a member, channel, role … */
  on: string | null;
}

const DAY = /^\d{4}-\d\d-\d\d$/;
const ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

function isWhat(what: string): boolean {
  return what.startsWith("group:") ? Object.hasOwn(AUDIT_GROUPS, what.slice(6)) : Object.hasOwn(AUDIT_ACTIONS, what);
}

/** Reads the filters from the address. Invalid ones are ignored, because an address can be mistyped. */
function parse(search: URLSearchParams): AuditFilters {
  const get = (name: string, fits: (value: string) => boolean) => {
    const value = search.get(name);
    return value !== null && fits(value) ? value : null;
  };
  const isDay = (value: string) => DAY.test(value) && !Number.isNaN(Date.parse(value));
  return {
    period: (get("period", (value) => Object.hasOwn(PERIODS, value)) ?? "any") as Period,
    from: get("from", isDay),
    to: get("to", isDay),
    what: get("what", isWhat),
    who: get("who", (value) => ID.test(value)),
    on: get("on", (value) => ID.test(value)),
  };
}

function toQuery({ period, from, to, what, who, on }: AuditFilters, timeZone: string): AuditQuery {
  const today = dayIn(timeZone, wallNow());
  const days = period === "any" ? [null, null] : period === "days" ? [from, to] : [addDays(today, 1 - Number(period)), null];
  const [first, last] = days;
  return {
    ...(first ? { from: startOfDay(timeZone, first) } : {}),
    ...(last ? { to: startOfDay(timeZone, addDays(last, 1)) } : {}),
    ...(what?.startsWith("group:") ? { group: what.slice(6) as AuditGroup } : what ? { action: what as AuditAction } : {}),
    ...(who ? { actor: who } : {}),
    ...(on ? { target: on } : {}),
  };
}

export function useAuditFilters() {
  const { display } = useTenant();
  const [search, setSearch] = useSearchParams();
  const text = search.toString();
  const filters = useMemo(() => parse(new URLSearchParams(text)), [text]);
  const query = useMemo(() => toQuery(filters, display.timeZone), [filters, display.timeZone]);

  function narrow(changes: Partial<AuditFilters>): void {
    const next = Object.entries({ ...filters, ...changes }).filter(([, value]) => value !== null && value !== "any");
    setSearch(new URLSearchParams(next as [string, string][]), { preventScrollReset: true });
  }
  return { filters, query, narrow, clear: () => setSearch(new URLSearchParams(), { preventScrollReset: true }) };
}
