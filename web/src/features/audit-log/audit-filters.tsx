import { AUDIT_ACTION_NAMES, AUDIT_ACTIONS, AUDIT_GROUP_NAMES, AUDIT_GROUPS } from "#contract/audit.ts";
import { Button, Select, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { auditActorsQuery } from "./queries.ts";
import { membersNamedQuery } from "../members/queries.ts";
import { capitalized } from "../../ui/capitalized.ts";
import { useTenant } from "../tenants/tenant-context.ts";
import classes from "./audit.module.css";
import { TargetFilter } from "./target-filter.tsx";
import { type AuditFilters, type Period, PERIODS } from "./use-audit-filters.ts";
import { byName } from "../../ui/by-name.ts";
import { detailsApart, detailsOf, namesakes } from "../../ui/tell-apart.ts";
import { useTimes } from "../tenants/use-times.ts";
import { fittingOptions } from "../../ui/fitting-options.ts";

interface AuditFilterBarProps {
  filters: AuditFilters;
  narrow: (changes: Partial<AuditFilters>) => void;
  clear: () => void;
}

/** "changed the role of" as a choice: "Changed the role of …". */
const asChoice = (says: string) => `${capitalized(says)}${/ (of|to|from|by|on|as)$/.test(says) ? " …" : ""}`;

const WHAT = AUDIT_GROUP_NAMES.map((group) => {
  const actions = AUDIT_ACTION_NAMES.filter((action) => AUDIT_ACTIONS[action].group === group);
  return {
    group: AUDIT_GROUPS[group],
    items: [
      { value: `group:${group}`, label: `All of: ${AUDIT_GROUPS[group]}` },
      ...actions.map((action) => ({ value: action as string, label: asChoice(AUDIT_ACTIONS[action].says) })),
    ],
  };
});

const PERIOD_CHOICES = Object.entries(PERIODS).map(([value, label]) => ({ value, label }));

export function AuditFilterBar({ filters, narrow, clear }: AuditFilterBarProps) {
  const { slug } = useTenant();
  const { data: actorList } = useQuery(auditActorsQuery(slug));
  const actors = useActors(actorList?.items ?? []);
  const isNarrowed = filters.period !== "any" || filters.what !== null || filters.who !== null || filters.on !== null;
  return (
    <search className={classes.filters} aria-label="Filter the audit log">
      <Select
        label="When"
        data={PERIOD_CHOICES}
        value={filters.period}
        onChange={(period) =>
          narrow({ period: (period ?? "any") as Period, ...(period === "days" ? {} : { from: null, to: null }) })
        }
      />
      {filters.period === "days" && (
        <>
          <Day label="First day" day={filters.from} max={filters.to} choose={(from) => narrow({ from })} />
          <Day label="Last day" day={filters.to} min={filters.from} choose={(to) => narrow({ to })} />
        </>
      )}
      <Select
        label="What"
        placeholder="Everything"
        data={WHAT}
        value={filters.what}
        onChange={(what) => narrow({ what })}
        searchable
        filter={fittingOptions}
        clearable
        clearButtonProps={{ "aria-label": "Clear what" }}
        nothingFoundMessage="No matches. Try fewer letters."
      />
      <Select
        label="Who"
        placeholder="Everyone"
        data={actors.choices}
        renderOption={({ option }) => <ActorOption {...(actors.byId.get(option.value) ?? option)} />}
        value={filters.who}
        onChange={(who) => narrow({ who })}
        searchable
        filter={fittingOptions}
        clearable
        limit={100}
        clearButtonProps={{ "aria-label": "Clear who" }}
        nothingFoundMessage={
          actorList?.complete === false
            ? "Only the first 1,000 people are listed. Open one of this person's entries and filter from there."
            : "No matches. Try fewer letters."
        }
      />
      <TargetFilter targetId={filters.on} choose={(targetId) => narrow({ on: targetId })} />
      {isNarrowed && (
        <div className={classes.chosen}>
          <Button size="xs" variant="subtle" onClick={clear}>
            Show everything
          </Button>
        </div>
      )}
    </search>
  );
}

/** Options for the actors. Namesakes get their address, if this person may see it, and former members the day of their last entry. */
function useActors(actors: readonly { memberId: string; name: string; newestAt: string }[]) {
  const { slug, can } = useTenant();
  const { dateWords, fullTime } = useTimes();
  const items = actors.map((actor) => ({ ...actor, id: actor.memberId }));
  const shared = namesakes(items).map(({ id }) => id);
  const members = useQuery({ ...membersNamedQuery(slug, shared), enabled: can.viewMembers && shared.length > 0 });
  const known = new Map((members.data ?? []).map((member) => [member.memberId, member]));
  const details = detailsApart(items, ({ id, newestAt }, fully) => {
    const when = fully ? fullTime : dateWords;
    const member = known.get(id);
    if (member) return detailsOf(member, when);
    return `${members.isSuccess ? "no longer a member, " : ""}last entry ${when(newestAt)}`;
  });
  const choices = items.toSorted(byName).map(({ id, name }) => {
    const detail = details.get(id);
    return { value: id, label: detail === undefined ? name : `${name} (${detail})` };
  });
  return { choices, byId: new Map(items.map(({ id, name }) => [id, { label: name, details: details.get(id) }])) };
}

function ActorOption({ label, details }: { label: string; details?: string | undefined }) {
  return (
    <span className={classes.target}>
      {label} {details !== undefined && <span>{details}</span>}
    </span>
  );
}

interface DayProps {
  label: string;
  /** ISO 8601, without a time. */
  day: string | null;
  min?: string | null;
  max?: string | null;
  choose: (day: string | null) => void;
}

/** Ignores years before 1000: typing 2026 digit by digit gives the years 2, 20 and 202 first. */
function Day({ label, day, min, max, choose }: DayProps) {
  const [typed, setTyped] = useState(day ?? "");
  useEffect(() => setTyped(day ?? ""), [day]);
  return (
    <TextInput
      type="date"
      label={label}
      value={typed}
      min={min ?? undefined}
      max={max ?? undefined}
      onChange={({ currentTarget: { value } }) => {
        setTyped(value);
        if (value === "" || value >= "1000") choose(value || null);
      }}
    />
  );
}
