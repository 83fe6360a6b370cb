import { finishSignIn } from "#contract/http/factors.ts";
import { Button } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { api, call } from "../../api/client.ts";
import { useSubmit } from "../../api/use-submit.ts";
import { validateWith } from "../../api/validate.ts";
import { FailureNote, LoadFailure } from "../../ui/failure.tsx";
import formClasses from "../../ui/form.module.css";
import { CodeField } from "./code-field.tsx";
import { factorsQuery } from "./queries.ts";
import { TwoStep } from "./two-step.tsx";

interface ProveProps {
  email: string;
  onProved: () => void;
}

/** For a session that lacks a second factor: sets one up, or asks for a code of the one that the account has. */
export function ProveSecondFactor({ email, onProved }: ProveProps) {
  const factors = useQuery({ ...factorsQuery(), staleTime: 0 });
  if (factors.isError) return <LoadFailure error={factors.error} retry={() => void factors.refetch()} />;
  if (!factors.data) return null;
  const { totp, provedSecondFactor } = factors.data;
  if (totp && !provedSecondFactor) return <EnterCode onProved={onProved} />;
  return <TwoStep email={email} onEnrolled={onProved} />;
}

function EnterCode({ onProved }: Pick<ProveProps, "onProved">) {
  const queries = useQueryClient();
  const form = useForm({ mode: "uncontrolled", initialValues: { code: "" }, validate: validateWith(finishSignIn.body) });
  const { busy, failure, onSubmit } = useSubmit(form, async (body) => {
    await call(api.POST("/api/v1/session/authentication", { body }));
    await queries.invalidateQueries({ queryKey: factorsQuery().queryKey });
    onProved();
  });
  return (
    <form className={formClasses.form} onSubmit={onSubmit} noValidate aria-label="Enter a code">
      <p>You signed in before you set it up. Enter a code to go on.</p>
      <FailureNote>{failure}</FailureNote>
      <CodeField autoFocus {...form.getInputProps("code")} />
      <div className={formClasses.actions}>
        <Button type="submit" loading={busy}>
          Go on
        </Button>
      </div>
    </form>
  );
}
