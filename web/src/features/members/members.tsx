import { Button, Skeleton } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { notifications } from "@mantine/notifications";
import { IconUserSearch } from "@tabler/icons-react";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { words } from "../../api/errors.ts";
import { memberCountQuery, memberPageQuery, membersMatching } from "./queries.ts";
import type { Member, MemberView } from "../../api/types.ts";
import { number, people } from "../../ui/counted.ts";
import { EmptyState } from "../../ui/empty-state.tsx";
import { LoadFailure } from "../../ui/failure.tsx";
import { useTenant } from "../tenants/tenant-context.ts";
import { BulkBar } from "./bulk-bar.tsx";
import { MemberChangeDialog } from "./member-change.tsx";
import type { MemberChange } from "./member-changes.ts";
import { MemberFilters } from "./member-filters.tsx";
import { MfaReset } from "./mfa-reset.tsx";
import { MembersTable, selectable } from "./members-table.tsx";
import classes from "./people.module.css";
import { useMemberView } from "./use-member-view.ts";

/** Members per page. */
const PAGE = 50;

const NOBODY: ReadonlyMap<string, Member> = new Map();

/** The member list, one page at a time. */
export function Members() {
  const { slug } = useTenant();
  const state = useMemberView();
  const { view } = state;
  // Cursors of the pages that were opened in this view, for "Previous".
  const [trail, setTrail] = useState<{ viewKey: string; cursors: string[] }>({ viewKey: "", cursors: [] });
  const [marked, setMarked] = useState(NOBODY);
  const [asking, question] = useDisclosure();
  const [asked, setAsked] = useState<{ change: MemberChange; members: readonly Member[] } | null>(null);

  /** The member whose two-step verification is to be turned off. */
  const [lost, setLost] = useState<Member | null>(null);

  const viewKey = JSON.stringify(view);
  const cursors = trail.viewKey === viewKey ? trail.cursors : [];
  // Polled, because no message reports who connects and disconnects.
  const page = useQuery({ ...memberPageQuery(slug, view, cursors.at(-1)), refetchInterval: 20_000 });
  const { data: total } = useQuery(memberCountQuery(slug, view));
  const items = page.data?.items ?? [];
  // As loaded last, because members and their abilities may have changed since they were selected.
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

  const [found, setFound] = useState(0);
  const stopped = useRef(false);
  const all = useMutation({
    mutationFn: (wanted: MemberView) => {
      stopped.current = false;
      setFound(0);
      return membersMatching(slug, wanted, (count) => {
        setFound(count);
        return !stopped.current;
      });
    },
    onSuccess: (members) => {
      if (stopped.current) all.reset();
      else select(members.filter(selectable), true);
    },
    onError: (error) => void notifications.show({ color: "brick", message: words(error) }),
  });
  // A new view stops selecting the members of the previous one.
  useEffect(() => () => void (stopped.current = true), [viewKey]);
  const isAllSelected = all.isSuccess && JSON.stringify(all.variables) === viewKey;
  const here = items.filter(selectable);
  const isPageSelected = here.length > 0 && here.every(({ memberId }) => selected.has(memberId));

  function ask(change: MemberChange, members: readonly Member[]) {
    setAsked({ change, members });
    question.open();
  }

  function answered(done: readonly string[]) {
    question.close();
    const changed = new Set(done);
    setMarked((now) => new Map([...now].filter(([memberId]) => !changed.has(memberId))));
  }

  function go(to: string[]) {
    setTrail({ viewKey, cursors: to });
    document.querySelector("main")?.scrollTo({ top: 0 });
  }

  return (
    <>
      <MemberFilters {...state} />
      <div className={classes.total}>
        <span role="status">{total !== undefined && page.isSuccess && people(total)}</span>
        {isPageSelected &&
          total !== undefined &&
          total > items.length &&
          selected.size < total &&
          !all.isPending &&
          !isAllSelected && (
            <Button variant="subtle" size="compact-sm" onClick={() => all.mutate(view)}>
              {`Select all ${number(total)}${state.isFiltered ? " that match" : ""}`}
            </Button>
          )}
        {all.isPending && (
          <>
            <span role="status">
              Selecting {number(found)} of {number(total ?? found)}…
            </span>
            <Button variant="subtle" size="compact-sm" onClick={() => void (stopped.current = true)}>
              Stop
            </Button>
          </>
        )}
        {isAllSelected && selected.size > here.length && (
          <span className={classes.dim}>
            {number(selected.size)} selected
            {total !== undefined && selected.size < total && ". People you can't change are left out"}.
          </span>
        )}
      </div>
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
          askMfaReset={setLost}
        />
      )}
      {page.isSuccess && items.length === 0 && (
        <EmptyState
          icon={<IconUserSearch />}
          title="No matches. Try fewer letters, or clear a filter."
          action={
            state.isFiltered && (
              <Button variant="default" onClick={() => state.change({ search: "", role: null, status: null, presence: null })}>
                Show everyone
              </Button>
            )
          }
        />
      )}
      {(cursors.length > 0 || nextCursor) && (
        <nav className={classes.pages} aria-label="Pages of members">
          <Button variant="default" size="sm" disabled={cursors.length === 0} onClick={() => go(cursors.slice(0, -1))}>
            Previous
          </Button>
          <span aria-live="polite">
            Page {number(cursors.length + 1)}
            {total !== undefined && ` of ${number(Math.max(cursors.length + 1, Math.ceil(total / PAGE)))}`}
          </span>
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
      <MfaReset member={lost} onClose={() => setLost(null)} />
    </>
  );
}
