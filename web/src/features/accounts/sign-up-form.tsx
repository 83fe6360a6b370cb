import { readAddress } from "#contract/addresses.ts";
import { signUp } from "#contract/http/accounts.ts";
import { Button, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { api, call } from "../../api/client.ts";
import { useSubmit } from "../../api/use-submit.ts";
import { validateWith } from "../../api/validate.ts";
import { FailureNote } from "../../ui/failure.tsx";
import { NewPasswordField } from "./new-password-field.tsx";

interface SignUpFormProps {
  invitation?: { token: string; email: string };
  /** signedIn: the mailed invitation proved the address. If it is false, a mail says what to do next. */
  onDone: (result: { signedIn: boolean; email: string }) => void | Promise<void>;
}

export function SignUpForm({ invitation, onDone }: SignUpFormProps) {
  const form = useForm({
    mode: "uncontrolled",
    initialValues: { email: invitation?.email ?? "", name: "", password: "" },
    validate: validateWith(signUp.body),
  });
  const { busy, failure, onSubmit } = useSubmit(form, async (values) => {
    const body = invitation ? { ...values, invitationToken: invitation.token } : values;
    const { signedIn } = await call(api.POST("/api/v1/accounts", { body }));
    await onDone({ signedIn, email: readAddress(values.email) ?? values.email });
  });

  return (
    <form onSubmit={onSubmit} noValidate>
      <FailureNote>{failure}</FailureNote>
      <TextInput
        label="Your name"
        description="Others see it when you talk"
        autoComplete="name"
        autoFocus
        {...form.getInputProps("name")}
      />
      <TextInput
        label="Email"
        type="email"
        autoComplete="username"
        readOnly={invitation !== undefined}
        {...(invitation ? { description: "The invitation was sent to this address" } : {})}
        {...form.getInputProps("email")}
      />
      <NewPasswordField label="Password" {...form.getInputProps("password")} />
      <Button type="submit" size="md" loading={busy}>
        Create account
      </Button>
    </form>
  );
}
