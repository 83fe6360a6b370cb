import { Button } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate } from "react-router";
import { api, call } from "../../api/client.ts";
import { failureCode, words } from "../../api/errors.ts";
import { meQuery } from "../../api/queries.ts";
import { paths } from "../../paths.ts";
import { FailureNote } from "../../ui/failure.tsx";
import { usePageTitle } from "../../ui/use-page-title.ts";
import { useFragmentToken } from "../../ui/use-fragment-token.ts";
import { AuthFrame } from "./auth-frame.tsx";
import classes from "./auth-frame.module.css";

/** The link is used up by the button, not by opening the page: mail scanners open every link. */
export function VerifyPage() {
  usePageTitle("Confirm your address");
  const token = useFragmentToken();
  const navigate = useNavigate();
  const queries = useQueryClient();
  const verify = useMutation({
    mutationFn: () => call(api.POST("/api/v1/accounts/verification", { body: { token } })),
    onSuccess: async ({ invitationToken }) => {
      const me = await queries.fetchQuery({ ...meQuery(), staleTime: 0 });
      if (invitationToken !== null) return navigate(paths.invitation(invitationToken), { replace: true });
      return navigate(me.tenants.length > 0 ? paths.home() : paths.newWorkspace(), { replace: true });
    },
  });
  const used = verify.isError && ["link_used", "link_expired", "not_found"].includes(failureCode(verify.error) ?? "");

  return (
    <AuthFrame
      title="Confirm your address"
      lead={token ? "One click, and you're in." : "This link is incomplete. Copy it whole from the mail."}
      after={
        used ? (
          <>
            If you confirmed it before, just <Link to={paths.signIn()}>sign in</Link>. If not,{" "}
            <Link to={paths.signUp()}>sign up again</Link> for a new link.
          </>
        ) : null
      }
    >
      <div className={classes.stack}>
        <FailureNote>{verify.isError && words(verify.error)}</FailureNote>
        <Button size="md" disabled={!token || used} loading={verify.isPending} onClick={() => verify.mutate()}>
          Confirm and continue
        </Button>
      </div>
    </AuthFrame>
  );
}
