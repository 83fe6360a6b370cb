import { Button } from "@mantine/core";
import { words } from "../../api/errors.ts";
import type { Member } from "../../api/types.ts";
import { counted, number, people } from "../../ui/counted.ts";
import { FailureNote } from "../../ui/failure.tsx";
import formClasses from "../../ui/form.module.css";
import type { Outcome } from "./change-in-batches.ts";
import { DoneSoFar } from "./done-so-far.tsx";
import type { MemberChange } from "./member-changes.ts";
import classes from "./people.module.css";

/** The greatest number of people listed by name. */
const MAX_NAMED = 8;

interface ChangeOutcomeProps {
  change: MemberChange;
  roleName: string;
  total: number;
  outcome: Outcome<Member>;
  /** How many are done while the change runs; null while it does not run. */
  progress: number | null;
  goOn: () => void;
  stop: () => void;
  close: () => void;
}

/** The outcome of a change that did not reach everybody: how many were changed, and why the others were not. */
export function ChangeOutcome({ change, roleName, total, outcome, progress, goOn, stop, close }: ChangeOutcomeProps) {
  const { done, refused, left, error } = outcome;
  const isRunning = progress !== null;
  return (
    <div className={formClasses.form}>
      <p role="status">
        <strong>{outcomeWords(change, roleName, done.length, total)}</strong>
      </p>
      {refused.length > 0 && (
        <div>
          <p>{refused.length === 1 ? "1 person can't be changed:" : `${people(refused.length)} can't be changed:`}</p>
          <ul className={classes.reasons}>
            {refused.slice(0, MAX_NAMED).map(({ memberId, why }) => (
              <li key={memberId}>{why}</li>
            ))}
            {refused.length > MAX_NAMED && <li>and {counted(refused.length - MAX_NAMED, "other", "others")}</li>}
          </ul>
        </div>
      )}
      {left.length > 0 && !isRunning && (
        <>
          <FailureNote>{error !== null && words(error)}</FailureNote>
          <p>
            {error === null ? "Stopped. " : ""}
            {people(left.length)} {left.length === 1 ? "is" : "are"} left.
          </p>
        </>
      )}
      {isRunning && <DoneSoFar done={progress} total={total} />}
      <div className={formClasses.actions}>
        <Button variant="default" onClick={isRunning ? stop : close} data-autofocus>
          {isRunning ? "Stop" : "Close"}
        </Button>
        {left.length > 0 && (
          <Button loading={isRunning} onClick={goOn} {...(change === "suspend" || change === "remove" ? { color: "brick" } : {})}>
            Continue with the other {number(left.length)}
          </Button>
        )}
      </div>
    </div>
  );
}

/** "9,400 of 9,412 people were removed." */
export function outcomeWords(change: MemberChange, roleName: string, done: number, total: number): string {
  const some = `${number(done)} of ${people(total)}`;
  switch (change) {
    case "changeRole":
      return `${some} now have the role ${roleName}.`;
    case "suspend":
      return `${some} were suspended.`;
    case "reactivate":
      return `${some} were reactivated.`;
    case "remove":
      return `${some} were removed.`;
  }
}
