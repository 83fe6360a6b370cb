import { Button, Skeleton } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconClipboardCheck, IconLock } from "@tabler/icons-react";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "react-router";
import { accessReviewsQuery } from "./queries.ts";
import type { AccessReview } from "../../api/types.ts";
import { paths } from "../../paths.ts";
import { EmptyState } from "../../ui/empty-state.tsx";
import { LoadFailure } from "../../ui/failure.tsx";
import { fromNow } from "../../ui/time.ts";
import { usePageTitle } from "../../ui/use-page-title.ts";
import { WithReason } from "../../ui/with-reason.tsx";
import { useTenant } from "../tenants/tenant-context.ts";
import { useTimes } from "../tenants/use-times.ts";
import classes from "./access-reviews.module.css";
import { ReviewProgress } from "./review-progress.tsx";
import { StartReview } from "./start-review.tsx";

export function AccessReviewsPage() {
  const tenant = useTenant();
  usePageTitle("Access reviews", tenant.name);
  const allowed = tenant.can.runAccessReviews;
  const list = useInfiniteQuery({ ...accessReviewsQuery(tenant.slug), enabled: allowed });
  const [starting, start] = useDisclosure();
  const items = list.data?.pages.flatMap((page) => page.items) ?? [];
  const open = items.find(({ endedAt }) => endedAt === null);

  if (!allowed) {
    return (
      <>
        <h1>Access reviews</h1>
        <EmptyState icon={<IconLock />} title="You can't run access reviews">
          Your role, {tenant.self.roleName}, doesn&apos;t let you run them. An admin can change your role.
        </EmptyState>
      </>
    );
  }
  const startButton = (
    <WithReason reason={open ? `${open.name} is open. End it before you start another.` : null}>
      <Button leftSection={<IconClipboardCheck size={18} />} onClick={start.open}>
        Start a review
      </Button>
    </WithReason>
  );
  return (
    <>
      <header className={classes.head}>
        <h1>Access reviews</h1>
        {items.length > 0 && startButton}
      </header>
      {list.isPending && <Skeleton height={128} radius="lg" />}
      {list.isError && items.length === 0 && <LoadFailure error={list.error} retry={() => void list.refetch()} />}
      {list.isSuccess && items.length === 0 && (
        <EmptyState icon={<IconClipboardCheck />} title="Does everyone still have the right access?" action={startButton}>
          People change jobs, but their roles stay. A review lists every member and what they can do. Approve it, change their
          role or remove them, then keep the report.
        </EmptyState>
      )}
      <ul className={classes.reviews}>
        {items.map((review) => (
          <ReviewCard key={review.reviewId} review={review} />
        ))}
      </ul>
      {list.hasNextPage && (
        <Button variant="subtle" mt="md" loading={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
          Show older reviews
        </Button>
      )}
      <StartReview opened={starting} onClose={start.close} />
    </>
  );
}

function ReviewCard({ review }: { review: AccessReview }) {
  const { slug } = useTenant();
  return (
    <li>
      <h2>
        <Link to={paths.accessReview(slug, review.reviewId)}>{review.name}</Link>
      </h2>
      <ReviewState review={review} />
      <ReviewProgress counts={review.counts} />
    </li>
  );
}

/** Whether a review is open, overdue or over, with its dates. */
export function ReviewState({ review }: { review: AccessReview }) {
  const { dateWords, fullTime } = useTimes();
  const { startedAt, startedByName, dueAt, overdue, endedAt, endedByName, counts } = review;
  return (
    <p className={classes.dim}>
      {endedAt !== null ? (
        <span className={classes.badge}>{counts.pending > 0 ? "Ended early" : "Complete"}</span>
      ) : overdue ? (
        <span className={classes.badge} data-tone="amber">
          Overdue
        </span>
      ) : (
        <span className={classes.badge} data-tone="teal">
          Open
        </span>
      )}{" "}
      {endedAt === null ? (
        <time translate="no" dateTime={dueAt} title={fullTime(dueAt)}>
          {overdue ? "was due" : "due"} {fromNow(dueAt)}
        </time>
      ) : (
        <time translate="no" dateTime={endedAt} title={fullTime(endedAt)}>
          {dateWords(endedAt)} by {endedByName}
        </time>
      )}{" "}
      · started{" "}
      <time translate="no" dateTime={startedAt} title={fullTime(startedAt)}>
        {dateWords(startedAt)}
      </time>{" "}
      by {startedByName}
    </p>
  );
}
