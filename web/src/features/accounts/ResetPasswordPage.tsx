import { NewPasswordOfAccount } from "#contract/http/accounts.ts";
import { Button } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Link, useNavigate } from "react-router";
import { z } from "zod";
import { api, call } from "../../api/client.ts";
import { type FailureCode, failureCode } from "../../api/errors.ts";
import type { SecondStep } from "../../api/types.ts";
import { meQuery } from "./queries.ts";
import { useSubmit } from "../../api/use-submit.ts";
import { validateWith } from "../../api/validate.ts";
import { paths } from "../../paths.ts";
import { FailureNote } from "../../ui/failure.tsx";
import { useMailedToken } from "./use-mailed-token.ts";
import { usePageTitle } from "../../ui/use-page-title.ts";
import { AuthFrame } from "../page-frames/auth-frame.tsx";
import classes from "../page-frames/auth-frame.module.css";
import { NewPasswordField } from "./new-password-field.tsx";
import { SecondStepForm } from "./second-step-form.tsx";

const Form = z.strictObject({ password: NewPasswordOfAccount });

/** Opening the page does not use the link up, only the button does: mail scanners open every link. */
export function ResetPasswordPage() {
  usePageTitle("Choose a new password");
  const token = useMailedToken();
  const navigate = useNavigate();
  const queries = useQueryClient();
  const [secondStep, setSecondStep] = useState<SecondStep | null>(null);
  const [linkFailure, setLinkFailure] = useState<FailureCode | null>(null);
  const form = useForm({ mode: "uncontrolled", initialValues: { password: "" }, validate: validateWith(Form) });
  const { busy, failure, onSubmit } = useSubmit(form, async ({ password }) => {
    let answer;
    try {
      answer = await call(api.POST("/api/v1/accounts/password-reset", { body: { token, password } }));
    } catch (error) {
      const code = failureCode(error);
      setLinkFailure(code === "link_used" || code === "link_expired" || code === "not_found" ? code : null);
      throw error;
    }
    if (answer.secondStep !== null) return setSecondStep(answer.secondStep);
    await queries.fetchQuery({ ...meQuery(), staleTime: 0 });
    await navigate(paths.home(), { replace: true });
  });

  if (secondStep !== null) {
    return (
      <AuthFrame title="Sign in" lead="Your new password is saved. Your account also needs a second factor.">
        <SecondStepForm
          factors={secondStep}
          onSignedIn={() => navigate(paths.home(), { replace: true })}
          onBack={() => void navigate(paths.signIn(), { replace: true })}
        />
      </AuthFrame>
    );
  }

  return (
    <AuthFrame
      title="Choose a new password"
      lead={
        token ? "You'll be signed out of every other browser." : "This link is incomplete. Copy the whole link from the mail."
      }
      after={
        <>
          Link expired? <Link to={paths.forgotPassword()}>Get a new one</Link>
        </>
      }
    >
      <form className={classes.stack} onSubmit={onSubmit} noValidate>
        <FailureNote>
          {linkFailure === "not_found" ? "This link doesn't work. Copy the whole link from the newest mail." : failure}
        </FailureNote>
        <NewPasswordField
          label="New password"
          description="At least 15 characters, or 8 if you have two-step verification. A few words are easy to remember."
          autoFocus
          {...form.getInputProps("password")}
        />
        <Button type="submit" size="md" disabled={!token || linkFailure !== null} loading={busy}>
          Save and sign in
        </Button>
      </form>
    </AuthFrame>
  );
}
