import { signIn } from "#contract/http/accounts.ts";
import type { PasskeyAnswer } from "#contract/http/passkeys.ts";
import { Anchor, Button, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Link } from "react-router";
import { api, call } from "../../api/client.ts";
import { failureCode, words } from "../../api/errors.ts";
import type { SecondStep } from "../../api/types.ts";
import { meQuery } from "./queries.ts";
import { useSubmit } from "../../api/use-submit.ts";
import { validateWith } from "../../api/validate.ts";
import { paths } from "../../paths.ts";
import { FailureNote } from "../../ui/failure.tsx";
import { PasswordField } from "../../ui/password-field.tsx";
import { NewPasswordField } from "./new-password-field.tsx";
import { SsoOptions, useSsoOptions } from "../sso/sso-options.tsx";
import { askPasskey, signInByPasskey } from "./passkey-browser.ts";
import { PasskeyButton } from "./passkey-button.tsx";
import { SecondStepForm } from "./second-step-form.tsx";
import { usePasskeyAutofill } from "./use-passkey-autofill.ts";
import { NoPasskeysHere, usePasskeysHere } from "./use-passkeys-here.tsx";

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
    initialValues: { email: lockedEmail ?? "", password: "", newPassword: "" },
    validate: (values) => validateWith(signIn.body)(bodyOf(values)),
  });
  const sso = useSsoOptions(lockedEmail);
  const email = form.getInputProps("email");
  /** Set when the password is right but too short for an account without a second factor. */
  const [asksForLonger, setAsksForLonger] = useState(false);
  const bodyOf = ({ newPassword, ...credentials }: { email: string; password: string; newPassword: string }) =>
    asksForLonger ? { ...credentials, newPassword } : credentials;
  const [secondStep, setSecondStep] = useState<SecondStep | null>(null);
  async function signedIn() {
    await queries.fetchQuery({ ...meQuery(), staleTime: 0 });
    await onSignedIn?.();
  }
  const { busy, failure, onSubmit } = useSubmit(form, async (values) => {
    let answer;
    try {
      answer = await call(api.POST("/api/v1/session", { body: bodyOf(values) }));
    } catch (error) {
      if (failureCode(error) === "password_too_short") return setAsksForLonger(true);
      // The person may have no password, only single sign-on.
      sso.ask(values.email);
      throw error;
    }
    if (answer.secondStep !== null) return setSecondStep(answer.secondStep);
    await signedIn();
  });

  const here = usePasskeysHere();
  const byPasskey = useMutation({
    mutationFn: async (chosen: PasskeyAnswer | null) => {
      await signInByPasskey(chosen ?? (await askPasskey(await call(api.POST("/api/v1/session/passkey-challenge")))));
      await signedIn();
    },
  });
  // After a passkey that the server doesn't know, the suggestions would offer the same one again.
  const mayOffer = !byPasskey.isPending && failureCode(byPasskey.error) !== "passkey_refused";
  const hasField = lockedEmail === undefined && secondStep === null;
  usePasskeyAutofill(here?.work === true && hasField && mayOffer, (chosen) => byPasskey.mutate(chosen));

  if (secondStep !== null) {
    return <SecondStepForm factors={secondStep} {...(onSignedIn && { onSignedIn })} onBack={() => setSecondStep(null)} />;
  }
  return (
    <form
      onSubmit={(event) => {
        if (form.getValues().password === "") sso.ask(form.getValues().email);
        onSubmit(event);
      }}
      noValidate
    >
      <FailureNote>{failure ?? (byPasskey.isError && words(byPasskey.error))}</FailureNote>
      <TextInput
        label="Email"
        type="email"
        autoComplete={lockedEmail === undefined ? "username webauthn" : "username"}
        readOnly={lockedEmail !== undefined}
        autoFocus={lockedEmail === undefined}
        {...(lockedEmail === undefined ? {} : { description: "The invitation was sent to this address" })}
        {...email}
        onBlur={(event) => {
          email.onBlur(event);
          // Not when the focus goes to a button: the new elements would move the button between press and release.
          if (form.getValues().password === "" && !event.relatedTarget?.matches("a, button")) sso.ask(event.currentTarget.value);
        }}
      />
      <SsoOptions items={sso.items} />
      <PasswordField label="Password" autoComplete="current-password" {...form.getInputProps("password")} />
      {asksForLonger && (
        <>
          <p role="status">
            Your password is correct, but too short for an account without two-step verification. Choose a longer one. You&apos;ll
            be signed out of every other browser.
          </p>
          <NewPasswordField label="New password" autoFocus {...form.getInputProps("newPassword")} />
        </>
      )}
      <Button type="submit" size="md" loading={busy}>
        {asksForLonger ? "Save and sign in" : "Sign in"}
      </Button>
      {here?.work === true && (
        <PasskeyButton variant="default" size="md" loading={byPasskey.isPending} onClick={() => byPasskey.mutate(null)} />
      )}
      {here?.work === false && here.elsewhere !== null && <NoPasskeysHere here={here} />}
      <Anchor component={Link} to={paths.forgotPassword()} size="sm">
        Forgot your password?
      </Anchor>
    </form>
  );
}
