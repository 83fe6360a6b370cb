import { Button } from "@mantine/core";
import { Link } from "react-router";
import { WithReason } from "../../ui/with-reason.tsx";
import classes from "./sso.module.css";

interface StepActionsProps {
  /** The link that leaves the step without saving. */
  leave: { to: string; label: string };
  mayEditTrust: boolean;
  busy: boolean;
}

/** The last row of a step's form: leave the step, or save and continue. */
export function StepActions({ leave, mayEditTrust, busy }: StepActionsProps) {
  return (
    <div className={classes.actions}>
      <Button component={Link} to={leave.to} variant="subtle" color="gray">
        {leave.label}
      </Button>
      <WithReason reason={mayEditTrust ? null : "You can't change what this connection trusts."}>
        <Button type="submit" loading={busy}>
          Save and continue
        </Button>
      </WithReason>
    </div>
  );
}
