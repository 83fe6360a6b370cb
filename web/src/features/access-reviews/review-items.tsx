import { Button, Checkbox, Skeleton, VisuallyHidden } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { IconClipboardCheck } from "@tabler/icons-react";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useRef, useState } from "react";
import { MAX_DECIDED_AT_ONCE } from "#contract/http/access-reviews.ts";
import { failureCode } from "../../api/errors.ts";
import { accessReviewItemsQuery, type AccessReviewState } from "./queries.ts";
import type { AccessReview, AccessReviewItem } from "../../api/types.ts";
import { people } from "../../ui/counted.ts";
import { EmptyState } from "../../ui/empty-state.tsx";
import { LoadFailure } from "../../ui/failure.tsx";
import { SelectionBar } from "../../ui/selection-bar.tsx";
import bar from "../../ui/sticky-bar.module.css";
import { WithReason } from "../../ui/with-reason.tsx";
import { useTenant } from "../tenants/tenant-context.ts";
import { whyNot } from "./access-words.ts";
import classes from "./access-reviews.module.css";
import { type Asked, DecideDialog, doneWords } from "./decide-dialog.tsx";
import { ReviewItem } from "./review-item.tsx";
import { useCardKeys } from "./use-card-keys.ts";
import { type Decision, decisionFailure, seenOf, useDecide } from "./use-decide.ts";

interface ReviewItemsProps {
  review: AccessReview;
  state: AccessReviewState;
  search: string;
}

const KEYS: Record<string, Decision["decision"]> = { a: "approve", c: "change", r: "revoke" };

/** The members of a review that match the filter, to be decided on one by one or several at once. */
export function ReviewItems({ review, state, search }: ReviewItemsProps) {
  const { slug } = useTenant();
  const list = useInfiniteQuery(accessReviewItemsQuery(slug, review.reviewId, { state, search }));
  const items = list.data?.pages.flatMap((page) => page.items) ?? [];
  const element = useRef<HTMLUListElement>(null);
  /** Items as they were when they were selected, so that access which changes unseen is not decided on with the rest. */
  const [chosen, choose] = useState<ReadonlyMap<string, AccessReviewItem>>(new Map());
  const [asked, ask] = useState<Asked | null>(null);
  /** Announces the last decision to screen readers. */
  const [announced, announce] = useState("");
  const [busy, setBusy] = useState<ReadonlySet<string>>(new Set());
  const decide = useDecide(review);
  const open = review.endedAt === null;
  const selected = items.flatMap((item) => {
    const then = item.can.approve === null && chosen.get(item.memberId);
    return then ? [{ ...item, now: then.now }] : [];
  });
  const selectable = items.filter(({ can }) => can.approve === null).slice(0, MAX_DECIDED_AT_ONCE);

  const select = (item: AccessReviewItem, isSelected: boolean) =>
    choose((before) => {
      const after = new Map(before);
      if (isSelected) after.set(item.memberId, item);
      else after.delete(item.memberId);
      return after;
    });

  async function approve(targets: AccessReviewItem[]) {
    if (busy.size > 0) return;
    setBusy(new Set(targets.map(({ memberId }) => memberId)));
    try {
      await decide({
        members: targets.map(seenOf),
        decision: "approve",
        note: "",
        replace: targets.some(({ decision }) => decision !== "pending"),
      });
      choose(new Map());
      announce(doneWords({ decision: "approve", items: targets }));
    } catch (error) {
      // The selected items now show the changed access, to be looked at and selected again.
      if (failureCode(error) === "access_changed") choose(new Map());
      notifications.show({ color: "brick", message: decisionFailure(error) });
    } finally {
      setBusy(new Set());
    }
  }

  function start(decision: Decision["decision"], targets: AccessReviewItem[], withNote: boolean) {
    if (decision === "approve" && !withNote) void approve(targets);
    else ask({ decision, items: targets });
  }

  const keys = useCardKeys(element, items, (key, item) => {
    if (!open) return false;
    if (key === "x" && item.can.approve === null) select(item, !chosen.has(item.memberId));
    const decision = KEYS[key];
    if (decision && item.can[decision] === null) start(decision, [item], false);
    return key === "x" || decision !== undefined;
  });

  if (list.isPending) return <Skeleton height={160} radius="lg" />;
  if (list.isError && items.length === 0) return <LoadFailure error={list.error} retry={() => void list.refetch()} />;
  const status = <VisuallyHidden role="status">{announced}</VisuallyHidden>;
  if (items.length === 0) {
    return (
      <>
        {status}
        <Nobody state={state} search={search} />
      </>
    );
  }
  return (
    <>
      {status}
      {open && (
        <div className={classes.above}>
          <Checkbox
            label="Select all shown"
            checked={selected.length > 0 && selected.length === selectable.length}
            indeterminate={selected.length > 0 && selected.length < selectable.length}
            onChange={(event) =>
              choose(new Map(event.currentTarget.checked ? selectable.map((item) => [item.memberId, item]) : []))
            }
          />
          <p className={classes.keys}>
            <kbd>J</kbd> <kbd>K</kbd> move · <kbd>A</kbd> approve · <kbd>C</kbd> change role · <kbd>R</kbd> revoke · <kbd>X</kbd>{" "}
            select
          </p>
        </div>
      )}
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions -- handles the keys of the focused card in it */}
      <ul ref={element} className={classes.items} onKeyDown={keys.onKeyDown} aria-label="Members">
        {items.map((item) => (
          <ReviewItem
            key={item.memberId}
            item={item}
            current={item.memberId === keys.current}
            onCurrent={() => keys.setCurrent(item.memberId)}
            selected={chosen.has(item.memberId)}
            onSelect={(isSelected) => select(item, isSelected)}
            busy={busy.has(item.memberId)}
            decide={(decision, withNote) => start(decision, [item], withNote)}
          />
        ))}
      </ul>
      {list.hasNextPage && (
        <Button variant="subtle" mt="md" loading={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
          Show more people
        </Button>
      )}
      <Selected items={open ? selected : []} busy={busy.size > 0} start={start} clear={() => choose(new Map())} />
      <DecideDialog
        review={review}
        asked={asked}
        latest={(memberId) => items.find((item) => item.memberId === memberId)}
        onClose={() => ask(null)}
        onDone={(words) => {
          announce(words);
          ask(null);
          choose(new Map());
        }}
      />
    </>
  );
}

interface SelectedProps {
  items: AccessReviewItem[];
  busy: boolean;
  start: (decision: Decision["decision"], items: AccessReviewItem[], withNote: boolean) => void;
  clear: () => void;
}

/** Actions for the selected members. Each applies to all of them, or is disabled with the reason. */
function Selected({ items, busy, start, clear }: SelectedProps) {
  const reason = (decision: Decision["decision"]) => {
    if (items.length > MAX_DECIDED_AT_ONCE) return `Select at most ${MAX_DECIDED_AT_ONCE} at a time.`;
    const refused = items.find(({ can }) => can[decision] !== null);
    return refused ? `${refused.name}: ${whyNot(refused.can[decision], refused.name)}` : null;
  };
  const who = items.length === 1 ? items[0]?.name : people(items.length);
  return (
    <SelectionBar
      label="Selected people"
      selected={items.length > 0 ? `${people(items.length)} selected` : null}
      clearLabel="Clear selection"
      clear={clear}
    >
      <WithReason reason={reason("approve")}>
        <Button size="sm" loading={busy} aria-label={`Approve ${who}`} onClick={() => start("approve", items, false)}>
          <span className={bar.long}>Approve {who}</span>
          <span className={bar.short}>Approve</span>
        </Button>
      </WithReason>
      <WithReason reason={reason("change")}>
        <Button size="sm" variant="default" onClick={() => start("change", items, true)}>
          Change role…
        </Button>
      </WithReason>
      <WithReason reason={reason("revoke")}>
        <Button size="sm" variant="outline" color="brick" onClick={() => start("revoke", items, true)}>
          Revoke…
        </Button>
      </WithReason>
    </SelectionBar>
  );
}

function Nobody({ state, search }: Pick<ReviewItemsProps, "state" | "search">) {
  if (search !== "") return <p className={classes.none}>No matches for “{search}”. Try fewer letters.</p>;
  if (state === "pending") {
    return (
      <EmptyState icon={<IconClipboardCheck />} title="All decisions are made">
        There is nobody left to decide on.
      </EmptyState>
    );
  }
  return <p className={classes.none}>{state === "decided" ? "No decisions yet." : "No members to show."}</p>;
}
