import { finishSignIn } from "#contract/http/factors.ts";
import { Anchor, Button } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, call } from "../../api/client.ts";
import { failureCode, words } from "../../api/errors.ts";
import type { SecondStep } from "../../api/types.ts";
import { useSubmit } from "../../api/use-submit.ts";
import { validateWith } from "../../api/validate.ts";
import { FailureNote } from "../../ui/failure.tsx";
import { CodeField } from "./code-field.tsx";
import { finishByPasskey } from "./passkey-browser.ts";
import { PasskeyButton } from "./passkey-button.tsx";
import { meQuery } from "./queries.ts";
import { NoPasskeysHere, usePasskeysHere } from "./use-passkeys-here.tsx";

interface SecondStepFormProps {
  /** The account's second factors, besides recovery codes. */
  factors: SecondStep;
  /** Called when the person is signed in and `me` is loaded again. */
  onSignedIn?: () => void | Promise<void>;
  /** Back to the first step. */
  onBack: () => void;
}

/** Asks for the passkey or the code of an account with two-step verification, after the password or a mailed link. */
export function SecondStepForm({ factors, onSignedIn, onBack }: SecondStepFormProps) {
  const queries = useQueryClient();
  const here = usePasskeysHere();
  const mayUsePasskey = factors.passkey && here?.work === true;
  const [wantsCode, setWantsCode] = useState(false);
  const [expired, setExpired] = useState(false);
  async function signedIn() {
    await queries.fetchQuery({ ...meQuery(), staleTime: 0 });
    await onSignedIn?.();
  }
  const form = useForm({ mode: "uncontrolled", initialValues: { code: "" }, validate: validateWith(finishSignIn.body) });
  const { busy, failure, onSubmit } = useSubmit(form, async (body) => {
    try {
      await call(api.POST("/api/v1/session/second-step", { body }));
    } catch (error) {
      setExpired(failureCode(error) === "sign_in_expired");
      throw error;
    }
    await signedIn();
  });
  const byPasskey = useMutation({
    mutationFn: async () => {
      await finishByPasskey();
      await signedIn();
    },
    onError: (error) => setExpired(failureCode(error) === "sign_in_expired"),
  });
  const asksCode = wantsCode || !mayUsePasskey;

  if (factors.passkey && here === null) return null;
  return (
    <form onSubmit={onSubmit} noValidate aria-label="Two-step verification">
      <FailureNote>{failure ?? (byPasskey.isError && words(byPasskey.error))}</FailureNote>
      {factors.passkey && here?.work === false && <NoPasskeysHere here={here} />}
      {!factors.passkey && !factors.totp && (
        <p>Your passkeys belong to an earlier address of this server. Use a recovery code.</p>
      )}
      {asksCode ? (
        <>
          <CodeField autoFocus hasApp={factors.totp} {...form.getInputProps("code")} />
          <Button type="submit" size="md" disabled={expired} loading={busy}>
            Sign in
          </Button>
        </>
      ) : (
        <>
          <p>Your account has two-step verification: use your passkey, too.</p>
          <PasskeyButton
            size="md"
            autoFocus
            disabled={expired}
            loading={byPasskey.isPending}
            onClick={() => byPasskey.mutate()}
          />
        </>
      )}
      {mayUsePasskey && (
        <Anchor component="button" type="button" size="sm" ta="start" onClick={() => setWantsCode(!wantsCode)}>
          {asksCode ? "Use a passkey" : factors.totp ? "Use a code" : "Use a recovery code"}
        </Anchor>
      )}
      <Anchor component="button" type="button" size="sm" ta="start" onClick={onBack}>
        Start again
      </Anchor>
    </form>
  );
}
