import { Button } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Link } from "react-router";
import { api, call } from "../../api/client.ts";
import { failureCode, words } from "../../api/errors.ts";
import { AuthFrame } from "../page-frames/auth-frame.tsx";
import classes from "../page-frames/auth-frame.module.css";
import { paths } from "../../paths.ts";
import { Address } from "../../ui/address.tsx";
import { FailureNote } from "../../ui/failure.tsx";
import { useMailedToken } from "./use-mailed-token.ts";
import { usePageTitle } from "../../ui/use-page-title.ts";

/** Opening the page does not use the link up, only the button does: mail scanners open every link. */
export function EmailChangePage() {
  usePageTitle("Confirm your new address");
  const token = useMailedToken();
  const queries = useQueryClient();
  const confirm = useMutation({
    mutationFn: () => call(api.POST("/api/v1/accounts/email-change", { body: { token } })),
    // The person may be signed in here, and the address is shown in many places.
    onSuccess: () => queries.invalidateQueries(),
  });
  if (confirm.isSuccess) {
    return (
      <AuthFrame title="Your address is changed" lead="Sign in with it from now on.">
        <div className={classes.stack}>
          <p role="status">
            Your account&apos;s address is <Address>{confirm.data.email}</Address> in all your workspaces.
          </p>
          <Button component={Link} to={paths.home()} size="md">
            Go on
          </Button>
        </div>
      </AuthFrame>
    );
  }
  const code = failureCode(confirm.error);
  const isDead = code === "not_found" || code === "link_expired" || code === "link_used";
  return (
    <AuthFrame
      title="Confirm your new address"
      lead={
        token
          ? "You then sign in with it, in all your workspaces."
          : "This link is incomplete. Copy the whole link from the mail."
      }
      after={isDead ? <Link to={paths.account()}>Ask for a new link in your account</Link> : null}
    >
      <div className={classes.stack}>
        <FailureNote>
          {code === "not_found"
            ? "This link doesn't work any more. It was used, cancelled or replaced."
            : confirm.isError && words(confirm.error)}
        </FailureNote>
        <Button size="md" disabled={!token || isDead} loading={confirm.isPending} onClick={() => confirm.mutate()}>
          Use this address
        </Button>
      </div>
    </AuthFrame>
  );
}
