import { signIn } from "#contract/http/accounts.ts";
import { Anchor, Button, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Link } from "react-router";
import { api, call } from "../../api/client.ts";
import { meQuery } from "./queries.ts";
import { useSubmit } from "../../api/use-submit.ts";
import { validateWith } from "../../api/validate.ts";
import { paths } from "../../paths.ts";
import { FailureNote } from "../../ui/failure.tsx";
import { PasswordField } from "../../ui/password-field.tsx";
import { SecondStepForm } from "./second-step-form.tsx";

interface SignInFormProps {
  /** Set for an invitation: only this address can accept it. */
  lockedEmail?: string;
  /** Called when the person is signed in and `me` is loaded again. */
  onSignedIn?: () => void | Promise<void>;
}

export function SignInForm({ lockedEmail, onSignedIn }: SignInFormProps) {
  const queries = useQueryClient();
  const form = useForm({
    mode: "uncontrolled",
    initialValues: { email: lockedEmail ?? "", password: "" },
    validate: validateWith(signIn.body),
  });
  const [asksForCode, setAsksForCode] = useState(false);
  const { busy, failure, onSubmit } = useSubmit(form, async (values) => {
    const { account } = await call(api.POST("/api/v1/session", { body: values }));
    if (account === null) return setAsksForCode(true);
    await queries.fetchQuery({ ...meQuery(), staleTime: 0 });
    await onSignedIn?.();
  });

  if (asksForCode) {
    return <SecondStepForm {...(onSignedIn && { onSignedIn })} onBack={() => setAsksForCode(false)} />;
  }
  return (
    <form onSubmit={onSubmit} noValidate>
      <FailureNote>{failure}</FailureNote>
      <TextInput
        label="Email"
        type="email"
        autoComplete="username"
        readOnly={lockedEmail !== undefined}
        autoFocus={lockedEmail === undefined}
        {...(lockedEmail === undefined ? {} : { description: "The invitation was sent to this address" })}
        {...form.getInputProps("email")}
      />
      <PasswordField label="Password" autoComplete="current-password" {...form.getInputProps("password")} />
      <Button type="submit" size="md" loading={busy}>
        Sign in
      </Button>
      <Anchor component={Link} to={paths.forgotPassword()} size="sm">
        Forgot your password?
      </Anchor>
    </form>
  );
}
