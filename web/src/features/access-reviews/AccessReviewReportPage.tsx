import { Button, Skeleton } from "@mantine/core";
import { IconChevronLeft, IconPrinter } from "@tabler/icons-react";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { Link, useParams } from "react-router";
import { DECISION_WORDS, MAX_DECIDED_AT_ONCE as PAGE } from "#contract/http/access-reviews.ts";
import { accessReviewItemsQuery, accessReviewQuery } from "./queries.ts";
import type { AccessReview, AccessReviewItem } from "../../api/types.ts";
import { paths } from "../../paths.ts";
import { Fact } from "../../ui/facts.tsx";
import { Address } from "../../ui/address.tsx";
import { wallNow } from "../../ui/clocks.ts";
import { number, people } from "../../ui/counted.ts";
import { LoadFailure } from "../../ui/failure.tsx";
import { Logo } from "../../ui/logo.tsx";
import { usePageTitle } from "../../ui/use-page-title.ts";
import { useTenant } from "../tenants/tenant-context.ts";
import { useTimes } from "../tenants/use-times.ts";
import {
  accessDecided,
  byCategory,
  changeWords,
  channelWords,
  countWords,
  howMuch,
  invitedSince,
  joinedSince,
  leftOutWords,
  permissionsOf,
} from "./access-words.ts";
import classes from "./report.module.css";

/** The greatest number of lines of the report. The CSV has everybody. */
const MAX_LINES = 2_000;

export function AccessReviewReportPage() {
  const tenant = useTenant();
  const { reviewId = "" } = useParams();
  const review = useQuery(accessReviewQuery(tenant.slug, reviewId));
  const list = useInfiniteQuery(accessReviewItemsQuery(tenant.slug, reviewId, { limit: PAGE }));
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = list;
  const items = list.data?.pages.flatMap((page) => page.items) ?? [];
  const more = hasNextPage && items.length < MAX_LINES;
  usePageTitle(review.data ? `Report: ${review.data.name}` : "Report", tenant.name);

  useEffect(() => {
    if (more && !isFetchingNextPage) void fetchNextPage();
  }, [more, isFetchingNextPage, fetchNextPage]);

  const failed = [review, list].find(({ isError, data }) => isError && !data);
  return (
    <div className={classes.page}>
      <div className={classes.tools}>
        <Button
          component={Link}
          to={paths.accessReview(tenant.slug, reviewId)}
          variant="subtle"
          leftSection={<IconChevronLeft size={16} />}
        >
          Back to the review
        </Button>
        <Button leftSection={<IconPrinter size={18} />} loading={more || review.isPending} onClick={() => window.print()}>
          Print or save as PDF
        </Button>
      </div>
      {failed && <LoadFailure error={failed.error} retry={() => void Promise.all([review.refetch(), list.refetch()])} />}
      {!failed && (review.isPending || list.isPending) && <Skeleton height={480} />}
      {review.data && list.data && <Report review={review.data} items={items} />}
    </div>
  );
}

function Report({ review, items }: { review: AccessReview; items: AccessReviewItem[] }) {
  const { dateWords, fullTime } = useTimes();
  const tenant = useTenant();
  const [made] = useState(() => new Date(wallNow()).toISOString());
  const { counts } = review;
  return (
    <article className={classes.paper} aria-label="Report">
      <header>
        <Logo size={24} />
        <p className={classes.kind}>Access review</p>
        <h1>{review.name}</h1>
        <dl className={classes.facts}>
          <Fact term="Workspace">
            {tenant.name} ({window.location.host}/{tenant.slug})
          </Fact>
          <Fact term="Period">
            <time translate="no" dateTime={review.startedAt}>
              {dateWords(review.startedAt)}
            </time>{" "}
            –{" "}
            {review.endedAt === null ? (
              "still open"
            ) : (
              <time translate="no" dateTime={review.endedAt}>
                {dateWords(review.endedAt)}
              </time>
            )}
            , due {dateWords(review.dueAt)}
          </Fact>
          <Fact term="Started by">{review.startedByName}</Fact>
          <Fact term={review.endNote === "" ? "Completed by" : "Ended early by"}>{review.endedByName ?? "–"}</Fact>
          {review.endNote !== "" && <Fact term="Reason for ending early">{review.endNote}</Fact>}
          <Fact term="Reviewers">{reviewers(items)}</Fact>
          <Fact term="Result">
            {people(counts.members)}:{" "}
            {[countWords(counts), counts.pending > 0 && `${number(counts.pending)} not decided on`].filter(Boolean).join(", ")}
          </Fact>
          {review.since && (
            <Fact term="Not in this review">
              {[joinedSince(review), invitedSince(review)].flatMap((out) => (out ? [leftOutWords(out)] : [])).join(" ") ||
                "Nobody"}
            </Fact>
          )}
        </dl>
      </header>
      {items.length < counts.members && (
        <p className={classes.cut}>
          This page shows the first {number(items.length)} of {people(counts.members)}. The CSV has everyone.
        </p>
      )}
      <table className={classes.table}>
        <caption>Members, when the review started and when they were decided on</caption>
        <thead>
          <tr>
            <th scope="col">Name</th>
            <th scope="col">Role and channels</th>
            <th scope="col">Last seen</th>
            <th scope="col">Decision</th>
          </tr>
        </thead>
        <tbody>
          {items.map((item) => (
            <Line key={item.memberId} item={item} />
          ))}
        </tbody>
      </table>
      <Roles items={items} />
      <footer className={classes.signature}>
        <div>Name</div>
        <div>Date</div>
        <div>Signature</div>
      </footer>
      <p className={classes.made}>Created on {fullTime(made)}. Every decision is in the workspace&apos;s audit log.</p>
    </article>
  );
}

function reviewers(items: AccessReviewItem[]): string {
  const names = new Set(items.flatMap(({ decidedByName }) => (decidedByName === null ? [] : [decidedByName])));
  return [...names].join(", ") || "–";
}

function Line({ item }: { item: AccessReviewItem }) {
  const { dateWords } = useTimes();
  const { decision, roleAfter, decidedByName, decidedAt, decidedBySelf, note, role, lastSeenAt } = item;
  const then = accessDecided(item);
  return (
    <tr>
      <th scope="row">
        {item.name}
        {item.isOwner && " (owner)"}
        {item.suspended && " (suspended)"}
        {item.email !== null && (
          <small>
            <Address>{item.email}</Address>
          </small>
        )}
      </th>
      <td>
        At the start: {role.name}, can do {howMuch(role.permissions)}
        <small>{channelWords(item.channels)}</small>
        {then && (
          <>
            When decided: {then.roleName}, can do {howMuch(permissionsOf(item, then))}
            <small>{changeWords(item, then) ?? "Nothing changed since the start."}</small>
          </>
        )}
        {!then && item.now && changeWords(item, item.now) && (
          <small>Changed since the start: {changeWords(item, item.now)}</small>
        )}
        {item.decided?.changedSince && <small>Changed again after the decision.</small>}
      </td>
      <td>{lastSeenAt === null ? "never" : dateWords(lastSeenAt)}</td>
      <td>
        <strong>{DECISION_WORDS[decision]}</strong>
        {decision === "changed" && ` to ${roleAfter}`}
        {decision === "approved" && roleAfter !== role.name && `, now ${roleAfter}`}
        {note !== "" && <q>{note}</q>}
        {decidedByName !== null && decidedAt !== null && (
          <small>
            {decidedByName}
            {decidedBySelf && " (own access: nobody else could decide)"}, {dateWords(decidedAt)}
          </small>
        )}
      </td>
    </tr>
  );
}

/** The permissions of the roles in the table above, each role once. */
function Roles({ items }: { items: AccessReviewItem[] }) {
  const roles = new Map(items.map(({ role }) => [role.roleId, role]));
  return (
    <section className={classes.roles}>
      <h2>What the roles allowed when the review started</h2>
      {[...roles.values()].map((role) => (
        <section key={role.roleId}>
          <h3>
            {role.name}: {howMuch(role.permissions)}
          </h3>
          <dl>
            {byCategory(role.permissions).map(({ name, allowed }) => (
              <div key={name}>
                <dt>{name}</dt>
                <dd>{allowed.join(", ")}</dd>
              </div>
            ))}
          </dl>
        </section>
      ))}
    </section>
  );
}
