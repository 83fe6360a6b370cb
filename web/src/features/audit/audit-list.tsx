import { Button, Skeleton } from "@mantine/core";
import { IconListSearch } from "@tabler/icons-react";
import { useInfiniteQuery, useQuery, useQueryClient } from "@tanstack/react-query";
import { type AuditQuery, auditLogQuery, keys, newestAuditEntryQuery } from "../../api/queries.ts";
import type { AuditEntry } from "../../api/types.ts";
import { EmptyState } from "../../ui/empty-state.tsx";
import { LoadFailure } from "../../ui/failure.tsx";
import { useKeyboardRows } from "../../ui/use-keyboard-rows.ts";
import { useTenant } from "../tenants/tenant-context.ts";
import { useTimes } from "../tenants/use-times.ts";
import { Entry } from "./audit-entry.tsx";
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
  const rows = useKeyboardRows(items.map(rowOf));

  if (list.isPending) return <Skeleton height={240} radius="lg" />;
  if (list.isError && items.length === 0) return <LoadFailure error={list.error} retry={() => void list.refetch()} />;
  if (items.length === 0) {
    return (
      <EmptyState
        icon={<IconListSearch />}
        title="Nothing fits"
        action={
          <Button variant="default" onClick={clear}>
            Show everything
          </Button>
        }
      >
        Nobody did that, to that, in this time. Choose a longer time, or take a filter away.
      </EmptyState>
    );
  }
  return (
    <>
      <Newer query={query} newest={items[0]} />
      <div {...rows.list}>
        {byDay(items, dateWords).map((entries) => (
          <Day key={entries[0]?.sequence} entries={entries} tabIndexOf={rows.tabIndexOf} narrow={narrow} />
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

/** In the list's order. */
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
  entries: AuditEntry[];
  tabIndexOf: (row: string) => 0 | -1;
  narrow: AuditListProps["narrow"];
}

function Day({ entries, tabIndexOf, narrow }: DayProps) {
  const { dateWords } = useTimes();
  const day = dateWords(entries[0]?.occurredAt ?? "");
  return (
    <section className={classes.day} aria-label={day}>
      <h2>{day}</h2>
      <ol className={classes.entries}>
        {entries.map((entry) => (
          <Entry key={entry.sequence} entry={entry} row={rowOf(entry)} tabIndex={tabIndexOf(rowOf(entry))} narrow={narrow} />
        ))}
      </ol>
    </section>
  );
}

/** The list stays as it is while somebody reads it; what came since is one press away. */
function Newer({ query, newest }: { query: AuditQuery; newest: AuditEntry | undefined }) {
  const { slug } = useTenant();
  const queries = useQueryClient();
  const { data } = useQuery(newestAuditEntryQuery(slug, query));
  const isNewer = data !== undefined && data !== null && data.sequence > (newest?.sequence ?? 0);
  return (
    <div role="status" className={classes.newer}>
      {isNewer && (
        <Button size="xs" variant="light" onClick={() => void queries.resetQueries({ queryKey: keys.auditLog(slug) })}>
          Show new entries
        </Button>
      )}
    </div>
  );
}
