import { Button, Skeleton } from "@mantine/core";
import { IconListSearch } from "@tabler/icons-react";
import { useInfiniteQuery, useQuery, useQueryClient } from "@tanstack/react-query";
import { type AuditQuery, auditLogQuery, newestAuditEntryQuery } from "./queries.ts";
import { showing } from "../../api/outdated.ts";
import { useState } from "react";
import type { AuditEntry } from "../../api/types.ts";
import { EmptyState } from "../../ui/empty-state.tsx";
import { LoadFailure } from "../../ui/failure.tsx";
import { toggled } from "../../ui/sets.ts";
import { useKeyboardRows } from "../../ui/use-keyboard-rows.ts";
import { useTenant } from "../tenants/tenant-context.ts";
import { useTimes } from "../tenants/use-times.ts";
import { Entry } from "./audit-entry.tsx";
import { folded } from "./fold.ts";
import { FoldedEntries } from "./folded-entries.tsx";
import classes from "./audit.module.css";
import { ChainNote } from "./chain-note.tsx";
import type { AuditFilters } from "./use-audit-filters.ts";

interface AuditListProps {
  query: AuditQuery;
  narrow: (changes: Partial<AuditFilters>) => void;
  clear: () => void;
}

export function AuditList({ query, narrow, clear }: AuditListProps) {
  const { slug } = useTenant();
  const { dateWords } = useTimes();
  const list = useInfiniteQuery(auditLogQuery(slug, query));
  const items = list.data?.pages.flatMap((page) => page.items) ?? [];
  const [open, setOpen] = useState<ReadonlySet<string>>(new Set());
  const days = byDay(items, dateWords).map(folded);
  const rows = useKeyboardRows(days.flat().flatMap((act) => rowsOf(act, open)));

  if (list.isPending) return <Skeleton height={240} radius="lg" />;
  if (list.isError && items.length === 0) return <LoadFailure error={list.error} retry={() => void list.refetch()} />;
  if (items.length === 0) {
    return (
      <EmptyState
        icon={<IconListSearch />}
        title="No matches. Try fewer letters, or clear a filter."
        action={
          <Button variant="default" onClick={clear}>
            Show everything
          </Button>
        }
      />
    );
  }
  return (
    <>
      <Newer query={query} newest={items[0]} />
      <div {...rows.list}>
        {days.map((acts) => (
          <Day
            key={acts[0]?.[0]?.sequence}
            acts={acts}
            // The next page may begin with more entries of the last action.
            last={list.hasNextPage ? items.at(-1) : undefined}
            open={open}
            toggle={(row) => setOpen(toggled(open, row))}
            tabIndexOf={rows.tabIndexOf}
            narrow={narrow}
          />
        ))}
      </div>
      {list.hasNextPage && (
        <Button variant="subtle" mt="md" loading={list.isFetchingNextPage} onClick={() => rows.goOn(list.fetchNextPage)}>
          Load older entries
        </Button>
      )}
      {list.data?.pages[0] && <ChainNote head={list.data.pages[0].head} />}
    </>
  );
}

const rowOf = ({ sequence }: AuditEntry) => String(sequence);
const foldOf = ([first]: readonly AuditEntry[]) => `act ${first?.sequence}`;

function rowsOf(act: readonly AuditEntry[], open: ReadonlySet<string>): string[] {
  if (act.length === 1) return act.map(rowOf);
  return open.has(foldOf(act)) ? [foldOf(act), ...act.map(rowOf)] : [foldOf(act)];
}

/** Groups entries by day, in the given order. */
function byDay(entries: AuditEntry[], dayOf: (iso: string) => string): AuditEntry[][] {
  const days: AuditEntry[][] = [];
  for (const entry of entries) {
    const day = days.at(-1);
    if (day?.[0] && dayOf(day[0].occurredAt) === dayOf(entry.occurredAt)) day.push(entry);
    else days.push([entry]);
  }
  return days;
}

interface DayProps {
  acts: readonly AuditEntry[][];
  last: AuditEntry | undefined;
  open: ReadonlySet<string>;
  toggle: (row: string) => void;
  tabIndexOf: (row: string) => 0 | -1;
  narrow: AuditListProps["narrow"];
}

function Day({ acts, last, open, toggle, tabIndexOf, narrow }: DayProps) {
  const { dateWords } = useTimes();
  const day = dateWords(acts[0]?.[0]?.occurredAt ?? "");
  return (
    <section className={classes.day} aria-label={day}>
      <h2>{day}</h2>
      <ol className={classes.entries}>
        {acts.map((act) => {
          const [first, ...others] = act;
          if (!first) return null;
          const each = act.map((entry) => (
            <Entry key={entry.sequence} entry={entry} row={rowOf(entry)} tabIndex={tabIndexOf(rowOf(entry))} narrow={narrow} />
          ));
          if (others.length === 0) return each;
          const row = foldOf(act);
          return (
            <FoldedEntries
              key={row}
              entries={[first, ...others]}
              isWhole={last === undefined || act.at(-1) !== last}
              row={row}
              tabIndex={tabIndexOf(row)}
              isOpen={open.has(row)}
              onToggle={() => toggle(row)}
            >
              {each}
            </FoldedEntries>
          );
        })}
      </ol>
    </section>
  );
}

/** Offers newer entries with a button, because the list must not move while somebody reads it. */
function Newer({ query, newest }: { query: AuditQuery; newest: AuditEntry | undefined }) {
  const { slug } = useTenant();
  const queries = useQueryClient();
  const { data } = useQuery(newestAuditEntryQuery(slug, query));
  const isNewer = data !== undefined && data !== null && data.sequence > (newest?.sequence ?? 0);
  return (
    <div role="status" className={classes.newer}>
      {isNewer && (
        <Button size="xs" variant="light" onClick={() => void queries.resetQueries(showing(slug, "auditLog"))}>
          Show new entries
        </Button>
      )}
    </div>
  );
}
