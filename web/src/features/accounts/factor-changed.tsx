import { Button } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { api, call } from "../../api/client.ts";
import { words } from "../../api/errors.ts";
import { FailureNote } from "../../ui/failure.tsx";
import { mySessionsQuery } from "./queries.ts";
import classes from "./two-step.module.css";
import { useReauthentication } from "./use-reauthentication.tsx";

interface FactorChangedProps {
  said: string | null;
  /** False after changes that do not concern protection, such as a new name. */
  offersSignOut?: boolean;
}

/** Says what was just done, and offers to end other sessions: somebody else may be signed in (ASVS 5.0 §7.4.3). */
export function FactorChanged({ said, offersSignOut = true }: FactorChangedProps) {
  const queries = useQueryClient();
  const { confirmed, dialog } = useReauthentication();
  const others = useMutation({
    mutationFn: () => confirmed(() => call(api.DELETE("/api/v1/me/other-sessions"))),
    onSettled: () => queries.invalidateQueries({ queryKey: mySessionsQuery().queryKey }),
  });
  return (
    <div className={classes.done}>
      <p role="status">{said && (others.isSuccess ? "You're signed out everywhere else." : said)}</p>
      <FailureNote>{others.isError && words(others.error)}</FailureNote>
      {said && offersSignOut && !others.isSuccess && (
        <Button variant="default" size="xs" loading={others.isPending} onClick={() => others.mutate()}>
          Sign out everywhere else
        </Button>
      )}
      {dialog}
    </div>
  );
}
