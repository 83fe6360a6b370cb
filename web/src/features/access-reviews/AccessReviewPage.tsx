import { Button, SegmentedControl, Skeleton, TextInput } from "@mantine/core";
import { useDebouncedValue, useDisclosure } from "@mantine/hooks";
import { IconDownload, IconPrinter, IconSearch } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Link, useParams } from "react-router";
import { type AccessReviewState, accessReviewQuery } from "./queries.ts";
import type { AccessReview } from "../../api/types.ts";
import { paths } from "../../paths.ts";
import { number, people } from "../../ui/counted.ts";
import { BackLink } from "../../ui/back-link.tsx";
import { LoadFailure } from "../../ui/failure.tsx";
import { usePageTitle } from "../../ui/use-page-title.ts";
import { WithReason } from "../../ui/with-reason.tsx";
import { useTenant } from "../tenants/tenant-context.ts";
import { ReviewState } from "./AccessReviewsPage.tsx";
import { invitedSince, joinedSince, type LeftOut, settled } from "./access-words.ts";
import classes from "./access-reviews.module.css";
import { EndReview } from "./end-review.tsx";
import { ReviewItems } from "./review-items.tsx";
import { ReviewProgress } from "./review-progress.tsx";

export function AccessReviewPage() {
  const tenant = useTenant();
  const { reviewId = "" } = useParams();
  const review = useQuery(accessReviewQuery(tenant.slug, reviewId));
  usePageTitle(review.data?.name ?? "Access review", tenant.name);
  return (
    <>
      <BackLink to={paths.accessReviews(tenant.slug)}>Access reviews</BackLink>
      {review.isPending && <Skeleton height={128} radius="lg" />}
      {review.isError && !review.data && <LoadFailure error={review.error} retry={() => void review.refetch()} />}
      {review.data && <Review key={reviewId} review={review.data} />}
    </>
  );
}

/** Says how many people are not in the review. Expands to show their names. */
function LeftOutNote({ leftOut: { summary, names } }: { leftOut: LeftOut }) {
  return (
    <details className={classes.leftOut}>
      <summary>{summary}</summary>
      <ul>
        {names.map((name) => (
          <li key={name} translate="no">
            {name}
          </li>
        ))}
      </ul>
    </details>
  );
}

function Review({ review }: { review: AccessReview }) {
  const { slug } = useTenant();
  const { counts } = review;
  const ended = review.endedAt !== null;
  const [state, setState] = useState<AccessReviewState>(ended ? "all" : "pending");
  const [search, setSearch] = useState("");
  const [searched] = useDebouncedValue(search.trim(), 200);
  const [endOpened, endDialog] = useDisclosure();

  return (
    <>
      <header className={classes.head}>
        <h1>{review.name}</h1>
        <div className={classes.headActions}>
          <Button
            component={Link}
            to={paths.accessReviewReport(slug, review.reviewId)}
            variant="default"
            leftSection={<IconPrinter size={18} />}
          >
            Report
          </Button>
          <Button
            component="a"
            href={paths.accessReviewCsv(slug, review.reviewId)}
            download
            variant="default"
            leftSection={<IconDownload size={18} />}
          >
            CSV
          </Button>
        </div>
      </header>
      <ReviewState review={review} />
      <ReviewProgress counts={counts} />
      {[joinedSince(review), invitedSince(review)].map(
        (leftOut) => leftOut && <LeftOutNote key={leftOut.summary} leftOut={leftOut} />,
      )}
      {review.endNote !== "" && <p className={classes.note}>“{review.endNote}”</p>}
      {!ended && (
        <div className={classes.finish}>
          <WithReason reason={counts.pending > 0 ? `${people(counts.pending)} still to decide on.` : null}>
            <Button variant={counts.pending > 0 ? "default" : "filled"} onClick={endDialog.open}>
              Complete the review
            </Button>
          </WithReason>
          {counts.pending > 0 && (
            <Button variant="subtle" onClick={endDialog.open}>
              End early…
            </Button>
          )}
        </div>
      )}
      <div className={classes.filters}>
        <SegmentedControl
          aria-label="Show"
          value={state}
          onChange={(value) => setState(value as AccessReviewState)}
          data={[
            { value: "pending", label: `${ended ? "Not decided" : "To decide"} (${number(counts.pending)})` },
            { value: "decided", label: `Decided (${number(settled(counts) - counts.left)})` },
            ...(counts.left > 0 ? [{ value: "left", label: `Left (${number(counts.left)})` }] : []),
            { value: "all", label: `All (${number(counts.members)})` },
          ]}
        />
        <TextInput
          aria-label="Find people"
          placeholder="Find people"
          size="sm"
          type="search"
          leftSection={<IconSearch size={16} aria-hidden />}
          maxLength={100}
          value={search}
          onChange={(event) => setSearch(event.currentTarget.value)}
        />
      </div>
      <ReviewItems key={`${state} ${searched}`} review={review} state={state} search={searched} />
      <EndReview review={review} opened={endOpened} onClose={endDialog.close} />
    </>
  );
}
