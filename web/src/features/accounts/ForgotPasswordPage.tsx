import { requestPasswordReset } from "#contract/http/accounts.ts";
import { Button, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Link } from "react-router";
import { api, call } from "../../api/client.ts";
import { systemQuery } from "../system/queries.ts";
import { useSubmit } from "../../api/use-submit.ts";
import { validateWith } from "../../api/validate.ts";
import { paths } from "../../paths.ts";
import { Address } from "../../ui/address.tsx";
import { FailureNote } from "../../ui/failure.tsx";
import { usePageTitle } from "../../ui/use-page-title.ts";
import { AuthFrame } from "../page-frames/auth-frame.tsx";
import classes from "../page-frames/auth-frame.module.css";
import { OutboxNote } from "../system/outbox-note.tsx";

/** Answers the same for every address, so that it reveals to nobody who has an account. */
export function ForgotPasswordPage() {
  usePageTitle("Forgot password");
  const [sentTo, setSentTo] = useState<string | null>(null);
  const { data: system } = useQuery(systemQuery());
  const form = useForm({
    mode: "uncontrolled",
    initialValues: { email: "" },
    validate: validateWith(requestPasswordReset.body),
  });
  const { busy, failure, onSubmit } = useSubmit(form, async (values) => {
    await call(api.POST("/api/v1/accounts/password-reset-mail", { body: values }));
    setSentTo(values.email.trim());
  });
  const after = (
    <>
      Remember your password? <Link to={paths.signIn()}>Sign in</Link>
    </>
  );

  if (sentTo !== null) {
    return (
      <AuthFrame
        title="Check your mail"
        lead={
          <>
            If <Address>{sentTo}</Address> has an account, we've mailed it a link to choose a new password. The link works for 30
            minutes. If no new mail arrives, use the link in the last one.
          </>
        }
        after={after}
      >
        <div className={classes.stack}>
          {system?.outbox && <OutboxNote />}
          <Button variant="default" onClick={() => setSentTo(null)}>
            Try another address
          </Button>
        </div>
      </AuthFrame>
    );
  }
  return (
    <AuthFrame title="Choose a new password" lead="Enter your email address and we'll mail you a link." after={after}>
      <form className={classes.stack} onSubmit={onSubmit} noValidate>
        <FailureNote>{failure}</FailureNote>
        <TextInput label="Email" type="email" autoComplete="username" autoFocus {...form.getInputProps("email")} />
        <Button type="submit" size="md" loading={busy}>
          Send the link
        </Button>
      </form>
    </AuthFrame>
  );
}
