import { signIn } from "#contract/http/accounts.ts";
import { Button, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useQueryClient } from "@tanstack/react-query";
import { api, call } from "../../api/client.ts";
import { meQuery } from "../../api/queries.ts";
import { useSubmit } from "../../api/use-submit.ts";
import { validateWith } from "../../api/validate.ts";
import { FailureNote } from "../../ui/failure.tsx";
import { PasswordField } from "../../ui/password-field.tsx";

interface SignInFormProps {
  /** Set for an invitation: only this address can accept it. */
  lockedEmail?: string;
  /** What else is to do then, beside showing what only the signed-in see. */
  onSignedIn?: () => void | Promise<void>;
}

export function SignInForm({ lockedEmail, onSignedIn }: SignInFormProps) {
  const queries = useQueryClient();
  const form = useForm({
    mode: "uncontrolled",
    initialValues: { email: lockedEmail ?? "", password: "" },
    validate: validateWith(signIn.body),
  });
  const { busy, failure, onSubmit } = useSubmit(form, async (values) => {
    await call(api.POST("/api/v1/session", { body: values }));
    await queries.fetchQuery({ ...meQuery(), staleTime: 0 });
    await onSignedIn?.();
  });

  return (
    <form onSubmit={onSubmit} noValidate>
      <FailureNote>{failure}</FailureNote>
      <TextInput
        label="Email"
        type="email"
        autoComplete="username"
        readOnly={lockedEmail !== undefined}
        autoFocus={lockedEmail === undefined}
        {...(lockedEmail === undefined ? {} : { description: "The address that was invited" })}
        {...form.getInputProps("email")}
      />
      <PasswordField label="Password" autoComplete="current-password" {...form.getInputProps("password")} />
      <Button type="submit" size="md" loading={busy}>
        Sign in
      </Button>
    </form>
  );
}
