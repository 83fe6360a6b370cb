import { finishSignIn } from "#contract/http/factors.ts";
import { Anchor, Button } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, call } from "../../api/client.ts";
import { failureCode } from "../../api/errors.ts";
import { useSubmit } from "../../api/use-submit.ts";
import { validateWith } from "../../api/validate.ts";
import { FailureNote } from "../../ui/failure.tsx";
import { CodeField } from "./code-field.tsx";
import { meQuery } from "./queries.ts";

interface SecondStepFormProps {
  /** Called when the person is signed in and `me` is loaded again. */
  onSignedIn?: () => void | Promise<void>;
  /** Back to the first step. */
  onBack: () => void;
}

/** After a right password, or a mailed link: the code of an account with two-step verification. */
export function SecondStepForm({ onSignedIn, onBack }: SecondStepFormProps) {
  const queries = useQueryClient();
  const [expired, setExpired] = useState(false);
  const form = useForm({ mode: "uncontrolled", initialValues: { code: "" }, validate: validateWith(finishSignIn.body) });
  const { busy, failure, onSubmit } = useSubmit(form, async (body) => {
    try {
      await call(api.POST("/api/v1/session/second-step", { body }));
    } catch (error) {
      setExpired(failureCode(error) === "sign_in_expired");
      throw error;
    }
    await queries.fetchQuery({ ...meQuery(), staleTime: 0 });
    await onSignedIn?.();
  });
  return (
    <form onSubmit={onSubmit} noValidate aria-label="Two-step verification">
      <FailureNote>{failure}</FailureNote>
      <CodeField autoFocus {...form.getInputProps("code")} />
      <Button type="submit" size="md" disabled={expired} loading={busy}>
        Sign in
      </Button>
      <Anchor component="button" type="button" size="sm" onClick={onBack}>
        Start again
      </Anchor>
    </form>
  );
}
