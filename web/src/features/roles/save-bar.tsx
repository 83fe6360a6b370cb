import { Button } from "@mantine/core";
import { FailureNote } from "../../ui/failure.tsx";
import classes from "../../ui/sticky-bar.module.css";

interface SaveBarProps {
  /** A sentence that says what saving changes, and for whom. */
  says: string;
  action: string;
  busy: boolean;
  failure: string | null;
  onDiscard?: () => void;
}

export function SaveBar({ says, action, busy, failure, onDiscard }: SaveBarProps) {
  return (
    <div className={classes.bar} data-sticky-bar>
      <FailureNote>{failure}</FailureNote>
      <p role="status">{says}</p>
      <div className={classes.actions}>
        {onDiscard && (
          <Button variant="default" onClick={onDiscard}>
            Discard
          </Button>
        )}
        <Button type="submit" loading={busy}>
          {action}
        </Button>
      </div>
    </div>
  );
}
