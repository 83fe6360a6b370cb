import { Button } from "@mantine/core";
import { FailureNote } from "../../ui/failure.tsx";
import classes from "./roles.module.css";

interface SaveBarProps {
  /** What the button does, and for whom. */
  says: string;
  action: string;
  busy: boolean;
  failure: string | null;
  onDiscard?: () => void;
}

export function SaveBar({ says, action, busy, failure, onDiscard }: SaveBarProps) {
  return (
    <div className={classes.saveBar} data-save-bar>
      <FailureNote>{failure}</FailureNote>
      <p role="status">{says}</p>
      <div className={classes.saveActions}>
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
