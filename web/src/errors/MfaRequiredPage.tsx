import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { meQuery } from "../features/accounts/queries.ts";
import { ProveSecondFactor } from "../features/accounts/prove-second-factor.tsx";
import { PlainFrame } from "../features/page-frames/plain-frame.tsx";
import classes from "./kept-out.module.css";
import { usePageTitle } from "../ui/use-page-title.ts";

/** Replaces the whole workspace for a member whose session has not proved a second factor, where the workspace requires one. */
export function MfaRequiredPage({ retry }: { retry: () => void }) {
  usePageTitle("Two-step verification");
  const { data: me } = useQuery(meQuery());
  return (
    <PlainFrame narrow>
      <h1>This workspace requires two-step verification</h1>
      <p className={classes.lead}>Your other workspaces are open to you as before.</p>
      {me && <ProveSecondFactor email={me.account.email} onProved={retry} />}
      <Button variant="subtle" className={classes.again} onClick={retry}>
        Try again
      </Button>
    </PlainFrame>
  );
}
