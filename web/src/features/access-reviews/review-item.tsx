import { DECISION_WORDS } from "#contract/http/access-reviews.ts";
import { Button, Checkbox, VisuallyHidden } from "@mantine/core";
import { useState } from "react";
import type { AccessReviewItem } from "../../api/types.ts";
import { Address } from "../../ui/address.tsx";
import { Avatar } from "../../ui/avatar.tsx";
import { fromNow } from "../../ui/time.ts";
import { useTimes } from "../tenants/use-times.ts";
import { WithReason } from "../../ui/with-reason.tsx";
import {
  accessDecided,
  byCategory,
  changeWords,
  channelWords,
  howMuch,
  permissionsOf,
  powerWords,
  seenWords,
  STANDS_OUT_WORDS,
  whyNot,
} from "./access-words.ts";
import classes from "./access-reviews.module.css";
import type { Decision } from "./use-decide.ts";

interface ReviewItemProps {
  item: AccessReviewItem;
  /** Tab reaches this card; J and K reach the others. */
  current: boolean;
  onCurrent: () => void;
  selected: boolean;
  onSelect: (selected: boolean) => void;
  busy: boolean;
  /** An approval without a note is sent at once. Everything else opens the dialog first. */
  decide: (decision: Decision["decision"], withNote: boolean) => void;
}

export function ReviewItem({ item, current, onCurrent, selected, onSelect, busy, decide }: ReviewItemProps) {
  const { dateWords, fullTime } = useTimes();
  const { name, email, isSelf, isOwner, now, role, joinedAt, lastSeenAt, decision } = item;
  const decided = decision !== "pending";
  const power = powerWords(now ? permissionsOf(item, now) : role.permissions);
  return (
    <li>
      {/* oxlint-disable jsx-a11y/no-noninteractive-element-interactions, jsx-a11y/no-noninteractive-tabindex -- one of the cards is
          reached by Tab, the others from it by J and K, as in a feed (ARIA 1.2, feed) */}
      <article
        className={classes.item}
        data-item={item.memberId}
        tabIndex={current ? 0 : -1}
        aria-label={name}
        data-decided={decided}
        onFocus={onCurrent}
      >
        {/* oxlint-enable jsx-a11y/no-noninteractive-element-interactions, jsx-a11y/no-noninteractive-tabindex */}
        <header className={classes.who}>
          {item.can.approve === null && (
            <Checkbox
              aria-label={`Select ${name}`}
              checked={selected}
              onChange={(event) => onSelect(event.currentTarget.checked)}
            />
          )}
          <Avatar name={name} size={40} />
          <div translate="no" className={classes.name}>
            <h2>
              {name}
              {isSelf && <span className={classes.dim}> (you)</span>}
            </h2>
            {email !== null && (
              <span className={classes.dim}>
                <Address>{email}</Address>
              </span>
            )}
          </div>
          {item.standsOut.length > 0 && (
            <ul className={classes.badges} aria-label="Stands out">
              {item.standsOut.map((what) => (
                <li key={what} className={classes.badge} data-tone="amber">
                  {STANDS_OUT_WORDS[what]}
                </li>
              ))}
            </ul>
          )}
        </header>
        <div className={classes.access}>
          <p>
            <strong>{role.name}</strong>
            {isOwner && " · Owner"} ·{" "}
            <span title={lastSeenAt === null ? undefined : fullTime(lastSeenAt)}>{seenWords(lastSeenAt)}</span> ·{" "}
            <span title={fullTime(joinedAt)}>joined {dateWords(joinedAt)}</span>
          </p>
          <Now item={item} />
          {power && <p>Can {power}.</p>}
          <p>{channelWords(item.channels)}</p>
          {role.permissions.length > 0 && (
            <details className={classes.permissions}>
              <summary>
                Can do {howMuch(role.permissions)}
                <VisuallyHidden>: {name}</VisuallyHidden>
              </summary>
              <dl>
                {byCategory(role.permissions).map((category) => (
                  <div key={category.name}>
                    <dt>
                      {category.name}{" "}
                      <span className={classes.dim}>
                        {category.allowed.length} of {category.total}
                      </span>
                    </dt>
                    <dd>{category.allowed.join(", ")}</dd>
                  </div>
                ))}
              </dl>
            </details>
          )}
        </div>
        <Verdict item={item} busy={busy} decide={decide} />
        {now === null && decision === "pending" && <p className={classes.dim}>Nobody decided on {name}.</p>}
      </article>
    </li>
  );
}

/** What has changed since the review started, because a decision is about the current access. */
function Now({ item }: { item: AccessReviewItem }) {
  const { now, decided } = item;
  const then = accessDecided(item);
  const since = now && !then ? changeWords(item, now) : null;
  const atDecision = then && changeWords(item, then);
  const afterDecision = now && decided?.changedSince ? (changeWords(item, now) ?? "as it was at the start.") : null;
  return (
    <>
      {since && (
        <p className={classes.changed}>
          <strong>Changed since the start:</strong> {since}
        </p>
      )}
      {then && atDecision && (
        <p className={classes.changed}>
          <strong>When decided:</strong> {atDecision} In total: {howMuch(permissionsOf(item, then))}.
        </p>
      )}
      {afterDecision && (
        <p className={classes.changed}>
          <strong>Changed after the decision,</strong> compared with the start: {afterDecision}
        </p>
      )}
    </>
  );
}

function Verdict({ item, busy, decide }: Pick<ReviewItemProps, "item" | "busy" | "decide">) {
  const { name, decision, can } = item;
  const [redeciding, setRedeciding] = useState(false);
  const open = decision === "pending" || redeciding;
  if (decision !== "pending" && !redeciding) {
    const final = can.approve === "ended" || can.approve === "left" || decision === "left";
    return (
      <footer className={classes.verdict}>
        <DecisionLine item={item} />
        {!final && (
          <Button size="xs" variant="subtle" onClick={() => setRedeciding(true)}>
            Decide again<VisuallyHidden> on {name}</VisuallyHidden>
          </Button>
        )}
      </footer>
    );
  }
  if (!open || can.approve === "ended") return null;
  return (
    <footer className={classes.verdict}>
      <WithReason reason={whyNot(can.approve, name)}>
        <Button size="xs" loading={busy} onClick={() => decide("approve", false)}>
          Approve<VisuallyHidden> {name}</VisuallyHidden>
        </Button>
      </WithReason>
      <WithReason reason={whyNot(can.change, name)}>
        <Button size="xs" variant="default" onClick={() => decide("change", true)}>
          Change role…<VisuallyHidden> of {name}</VisuallyHidden>
        </Button>
      </WithReason>
      <WithReason reason={whyNot(can.revoke, name)}>
        <Button size="xs" variant="outline" color="brick" onClick={() => decide("revoke", true)}>
          Revoke…<VisuallyHidden> {name}</VisuallyHidden>
        </Button>
      </WithReason>
      {can.approve === null && (
        <Button size="xs" variant="subtle" onClick={() => decide("approve", true)}>
          Approve with a note…<VisuallyHidden> {name}</VisuallyHidden>
        </Button>
      )}
    </footer>
  );
}

/** "Role changed to Viewer by Olga, 2 hours ago: Only listens" */
function DecisionLine({ item }: { item: AccessReviewItem }) {
  const { fullTime } = useTimes();
  const { decision, roleAfter, decidedByName, decidedBySelf, decidedAt, note } = item;
  return (
    <p>
      <span className={classes.badge} data-tone={decision === "approved" ? "teal" : decision === "revoked" ? "brick" : "plain"}>
        {DECISION_WORDS[decision]}
      </span>
      {decision === "changed" && ` to ${roleAfter}`}
      {decidedByName !== null && decidedAt !== null && (
        <span className={classes.dim}>
          {" "}
          by {decidedByName}
          {decidedBySelf && " (own access: nobody else could decide)"},{" "}
          <time translate="no" dateTime={decidedAt} title={fullTime(decidedAt)}>
            {fromNow(decidedAt)}
          </time>
        </span>
      )}
      {note !== "" && <span className={classes.note}>“{note}”</span>}
    </p>
  );
}
