import { Button } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Link, useNavigate } from "react-router";
import { api, call } from "../../api/client.ts";
import { type FailureCode, failureCode } from "../../api/errors.ts";
import { meQuery } from "./queries.ts";
import { useSubmit } from "../../api/use-submit.ts";
import { paths } from "../../paths.ts";
import { FailureNote } from "../../ui/failure.tsx";
import { usePageTitle } from "../../ui/use-page-title.ts";
import { useMailedToken } from "./use-mailed-token.ts";
import { PasswordField } from "../../ui/password-field.tsx";
import { AuthFrame } from "../page-frames/auth-frame.tsx";
import classes from "../page-frames/auth-frame.module.css";

/** Opening the page does not use the link up, only the button does: mail scanners open every link. */
export function VerifyPage() {
  usePageTitle("Confirm your address");
  const token = useMailedToken();
  const navigate = useNavigate();
  const queries = useQueryClient();
  const [linkFailure, setLinkFailure] = useState<FailureCode | null>(null);
  /** In a browser other than the one that signed up, the link is not enough: anyone can sign up with anyone's address. */
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
      setLinkFailure(code === "link_used" || code === "link_expired" || code === "not_found" ? code : null);
      throw error;
    }
  });

  let lead = "One click and you're in.";
  if (!token) lead = "This link is incomplete. Copy the whole link from the mail.";
  else if (asksPassword) lead = "You signed up in another browser. Enter the password you chose then.";

  return (
    <AuthFrame
      title="Confirm your address"
      lead={lead}
      after={
        linkFailure !== null ? (
          <>
            If you already confirmed it, <Link to={paths.signIn()}>sign in</Link>. If not,{" "}
            <Link to={paths.signUp()}>sign up again</Link> to get a new link.
          </>
        ) : null
      }
    >
      <form className={classes.stack} onSubmit={onSubmit} noValidate>
        <FailureNote>
          {linkFailure === "not_found" ? "This link doesn't work. Copy the whole link from the newest mail." : failure}
        </FailureNote>
        {asksPassword && (
          <PasswordField label="Password" autoComplete="current-password" autoFocus {...form.getInputProps("password")} />
        )}
        <Button type="submit" size="md" disabled={!token || linkFailure !== null} loading={busy}>
          Confirm and continue
        </Button>
      </form>
    </AuthFrame>
  );
}
