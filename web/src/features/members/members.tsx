import { Button, Skeleton } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconUserSearch } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { memberPageQuery } from "../../api/queries.ts";
import type { Member } from "../../api/types.ts";
import { EmptyState } from "../../ui/empty-state.tsx";
import { LoadFailure } from "../../ui/failure.tsx";
import { useTenant } from "../tenants/tenant-context.ts";
import { BulkBar } from "./bulk-bar.tsx";
import { MemberChangeDialog } from "./member-change.tsx";
import type { MemberChange } from "./member-changes.ts";
import { MemberFilters } from "./member-filters.tsx";
import { MembersTable } from "./members-table.tsx";
import classes from "./people.module.css";
import { useMemberView } from "./use-member-view.ts";

const NOBODY: ReadonlyMap<string, Member> = new Map();

/** The member list: one page at a time, however many there are. */
export function Members() {
  const { slug } = useTenant();
  const state = useMemberView();
  const { view } = state;
  // Where each page begins that was gone through, of this view alone.
  const [trail, setTrail] = useState<{ of: string; cursors: string[] }>({ of: "", cursors: [] });
  const [marked, setMarked] = useState(NOBODY);
  const [asking, question] = useDisclosure();
  const [asked, setAsked] = useState<{ change: MemberChange; members: readonly Member[] } | null>(null);

  const of = JSON.stringify(view);
  const cursors = trail.of === of ? trail.cursors : [];
  const page = useQuery(memberPageQuery(slug, view, cursors.at(-1)));
  const items = page.data?.items ?? [];
  // As the page shows them now: what they are, and what may be done to them, can have changed since they were selected.
  const fresh = new Map(items.map((member) => [member.memberId, member]));
  const selected = new Map([...marked].map(([memberId, member]) => [memberId, fresh.get(memberId) ?? member]));
  const nextCursor = page.data?.nextCursor;

  function select(members: readonly Member[], isSelected: boolean) {
    setMarked((now) => {
      const changed = new Map(now);
      for (const member of members) {
        if (isSelected) changed.set(member.memberId, member);
        else changed.delete(member.memberId);
      }
      return changed;
    });
  }

  function ask(change: MemberChange, members: readonly Member[]) {
    setAsked({ change, members });
    question.open();
  }

  function answered(done: boolean) {
    question.close();
    if (done && asked && asked.members.every(({ memberId }) => marked.has(memberId))) setMarked(NOBODY);
  }

  function go(to: string[]) {
    setTrail({ of, cursors: to });
    document.querySelector("main")?.scrollTo({ top: 0 });
  }

  return (
    <>
      <MemberFilters {...state} />
      {page.isPending && <Skeleton height={320} radius="lg" />}
      {page.isError && items.length === 0 && <LoadFailure error={page.error} retry={() => void page.refetch()} />}
      {items.length > 0 && (
        <MembersTable
          members={items}
          isOld={page.isPlaceholderData}
          view={view}
          sortBy={state.sortBy}
          selected={selected}
          select={select}
          ask={ask}
        />
      )}
      {page.isSuccess && items.length === 0 && (
        <EmptyState
          icon={<IconUserSearch />}
          title="Nobody matches"
          action={
            state.isFiltered && (
              <Button variant="default" onClick={() => state.change({ search: "", role: null, status: null })}>
                Show everybody
              </Button>
            )
          }
        >
          A search finds words by their beginning. Look for less, or take a filter away.
        </EmptyState>
      )}
      {(cursors.length > 0 || nextCursor) && (
        <nav className={classes.pages} aria-label="Pages of members">
          <Button variant="default" size="sm" disabled={cursors.length === 0} onClick={() => go(cursors.slice(0, -1))}>
            Previous
          </Button>
          <span aria-live="polite">Page {cursors.length + 1}</span>
          <Button
            variant="default"
            size="sm"
            disabled={!nextCursor || page.isPlaceholderData}
            onClick={() => nextCursor && go([...cursors, nextCursor])}
          >
            Next
          </Button>
        </nav>
      )}
      <BulkBar selected={[...selected.values()]} ask={ask} clear={() => setMarked(NOBODY)} />
      <MemberChangeDialog opened={asking} asked={asked} onClose={answered} />
    </>
  );
}
