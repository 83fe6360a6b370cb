import { Button } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Link, useNavigate } from "react-router";
import { api, call } from "../../api/client.ts";
import { type FailureCode, failureCode } from "../../api/errors.ts";
import { meQuery } from "../../api/queries.ts";
import { useSubmit } from "../../api/use-submit.ts";
import { paths } from "../../paths.ts";
import { FailureNote } from "../../ui/failure.tsx";
import { usePageTitle } from "../../ui/use-page-title.ts";
import { useFragmentToken } from "../../ui/use-fragment-token.ts";
import { PasswordField } from "../../ui/password-field.tsx";
import { AuthFrame } from "./auth-frame.tsx";
import classes from "./auth-frame.module.css";

/** The link is used up by the button, not by opening the page: mail scanners open every link. */
export function VerifyPage() {
  usePageTitle("Confirm your address");
  const token = useFragmentToken();
  const navigate = useNavigate();
  const queries = useQueryClient();
  const [dead, setDead] = useState<FailureCode | null>(null);
  /** In another browser than that of the sign-up the link alone is not enough: anybody may have asked for it. */
  const [asksPassword, setAsksPassword] = useState(false);
  const form = useForm({
    mode: "uncontrolled",
    initialValues: { password: "" },
    validate: { password: (value) => (asksPassword && value === "" ? "Enter your password." : null) },
  });
  const { busy, failure, onSubmit } = useSubmit(form, async ({ password }) => {
    try {
      const body = asksPassword ? { token, password } : { token };
      const { invitationToken } = await call(api.POST("/api/v1/accounts/verification", { body }));
      const me = await queries.fetchQuery({ ...meQuery(), staleTime: 0 });
      if (invitationToken !== null) return void navigate(paths.invitation(invitationToken), { replace: true });
      return void navigate(me.tenants.length > 0 ? paths.home() : paths.newWorkspace(), { replace: true });
    } catch (error) {
      if (failureCode(error) === "password_required") return setAsksPassword(true);
      const code = failureCode(error);
      setDead(code === "link_used" || code === "link_expired" || code === "not_found" ? code : null);
      throw error;
    }
  });

  let lead = "One click, and you're in.";
  if (!token) lead = "This link is incomplete. Copy it whole from the mail.";
  else if (asksPassword) lead = "This isn't the browser you signed up in. Enter the password you chose, to show it was you.";

  return (
    <AuthFrame
      title="Confirm your address"
      lead={lead}
      after={
        dead !== null ? (
          <>
            If you confirmed it before, just <Link to={paths.signIn()}>sign in</Link>. If not,{" "}
            <Link to={paths.signUp()}>sign up again</Link> for a new link.
          </>
        ) : null
      }
    >
      <form className={classes.stack} onSubmit={onSubmit} noValidate>
        <FailureNote>
          {dead === "not_found" ? "This link doesn't work. Copy it whole from the newest mail." : failure}
        </FailureNote>
        {asksPassword && (
          <PasswordField label="Password" autoComplete="current-password" autoFocus {...form.getInputProps("password")} />
        )}
        <Button type="submit" size="md" disabled={!token || dead !== null} loading={busy}>
          Confirm and continue
        </Button>
      </form>
    </AuthFrame>
  );
}
