import { Button } from "@mantine/core";
import classes from "./roles.module.css";

interface SaveBarProps {
  /** What the button does, and for whom. */
  says: string;
  action: string;
  busy: boolean;
  onDiscard?: () => void;
}

export function SaveBar({ says, action, busy, onDiscard }: SaveBarProps) {
  return (
    <div className={classes.saveBar}>
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
