import { resetMfa } from "#contract/http/mfa.ts";
import { Button } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Link } from "react-router";
import { api, call } from "../../api/client.ts";
import { type FailureCode, failureCode } from "../../api/errors.ts";
import { useSubmit } from "../../api/use-submit.ts";
import { validateWith } from "../../api/validate.ts";
import { paths } from "../../paths.ts";
import { FailureNote } from "../../ui/failure.tsx";
import { PasswordField } from "../../ui/password-field.tsx";
import { useMailedToken } from "./use-mailed-token.ts";
import { usePageTitle } from "../../ui/use-page-title.ts";
import classes from "../page-frames/auth-frame.module.css";
import { AuthFrame } from "../page-frames/auth-frame.tsx";

const Form = resetMfa.body.pick({ password: true });
const DEAD: ReadonlySet<FailureCode | null> = new Set(["not_found", "link_expired"] as const);

/**
 * For somebody who lost their devices: an admin asked, and this page confirms it. Opening the page does not use the link up, because mail scanners
 * open links.
 */
export function MfaResetPage() {
  usePageTitle("Turn off two-step verification");
  const token = useMailedToken();
  const queries = useQueryClient();
  const [isDone, setDone] = useState(false);
  const [code, setCode] = useState<FailureCode | null>(null);
  const form = useForm({ mode: "uncontrolled", initialValues: { password: "" }, validate: validateWith(Form) });
  const { busy, failure, onSubmit } = useSubmit(form, async ({ password }) => {
    try {
      await call(api.POST("/api/v1/mfa-reset", { body: { token, password } }));
    } catch (error) {
      setCode(failureCode(error));
      throw error;
    }
    setDone(true);
    // If this browser was signed in, it no longer is.
    await queries.resetQueries();
  });
  const isDead = DEAD.has(code);

  if (isDone) {
    return (
      <AuthFrame title="Two-step verification is off" lead="You are signed out everywhere.">
        <div className={classes.stack}>
          <p role="status">
            Sign in with your password, and set two-step verification up again with your new device. Workspaces that require it
            ask for it first.
          </p>
          <Button component={Link} to={paths.signIn()} size="md">
            Sign in
          </Button>
        </div>
      </AuthFrame>
    );
  }
  return (
    <AuthFrame
      title="Turn off two-step verification"
      lead={
        token
          ? "Only if you lost your authenticator app, your passkeys and your recovery codes. You are then signed out everywhere."
          : "This link is incomplete. Copy the whole link from the mail."
      }
      after={
        isDead ? (
          "Ask an admin of your workspace for another link."
        ) : (
          <>
            No password? <Link to={paths.forgotPassword()}>Choose one by mail</Link> first
          </>
        )
      }
    >
      <form className={classes.stack} onSubmit={onSubmit} noValidate>
        <FailureNote>
          {code === "not_found"
            ? "This link doesn't work any more: it was used or replaced, or you have used a second factor since."
            : failure}
        </FailureNote>
        <PasswordField label="Your password" autoComplete="current-password" autoFocus {...form.getInputProps("password")} />
        <Button type="submit" size="md" disabled={!token || isDead} loading={busy}>
          Turn it off
        </Button>
      </form>
    </AuthFrame>
  );
}
