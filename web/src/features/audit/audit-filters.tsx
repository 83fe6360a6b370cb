import { AUDIT_ACTION_NAMES, AUDIT_ACTIONS, AUDIT_GROUP_NAMES, AUDIT_GROUPS } from "#contract/audit.ts";
import { Button, Select, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { auditActorsQuery } from "../../api/queries.ts";
import { capitalized } from "../../ui/capitalized.ts";
import { useTenant } from "../tenants/tenant-context.ts";
import classes from "./audit.module.css";
import { TargetFilter } from "./target-filter.tsx";
import { type AuditFilters, type Period, PERIODS } from "./use-audit-filters.ts";

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
  const actors = useQuery(auditActorsQuery(slug));
  const people = actors.data?.items ?? [];
  const isNarrowed = filters.period !== "any" || filters.what !== null || filters.who !== null || filters.on !== null;
  return (
    <search className={classes.filters} aria-label="Narrow the audit log">
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
        clearable
        clearButtonProps={{ "aria-label": "Clear what" }}
        nothingFoundMessage="Nothing is called that."
      />
      <Select
        label="Who"
        placeholder="Everybody"
        data={people.map(({ memberId, name }) => ({ value: memberId, label: name }))}
        value={filters.who}
        onChange={(who) => narrow({ who })}
        searchable
        clearable
        limit={100}
        clearButtonProps={{ "aria-label": "Clear who" }}
        nothingFoundMessage={
          actors.data?.complete === false
            ? "Not among the first thousand. Find an entry of theirs, and narrow from there."
            : "Nobody of that name did anything here."
        }
      />
      <TargetFilter on={filters.on} choose={(on) => narrow({ on })} />
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

interface DayProps {
  label: string;
  /** ISO 8601, without a time. */
  day: string | null;
  min?: string | null;
  max?: string | null;
  choose: (day: string | null) => void;
}

/** Typed digit by digit, the year 2026 is the years 2, 20 and 202 before: none of them is meant, and none may take the field's place. */
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
