import { reauthenticate } from "#contract/http/factors.ts";
import { Button, Modal } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, call } from "../../api/client.ts";
import { failureCode, words } from "../../api/errors.ts";
import { useSubmit } from "../../api/use-submit.ts";
import { validateWith } from "../../api/validate.ts";
import { FailureNote } from "../../ui/failure.tsx";
import formClasses from "../../ui/form.module.css";
import { PasswordField } from "../../ui/password-field.tsx";
import { CodeField } from "./code-field.tsx";
import { factorsQuery } from "./queries.ts";

interface Waiting {
  confirmed: () => void;
  cancelled: () => void;
}

/**
 * For acts that need a recent authentication.
 * @returns `confirmed` runs the work, asks the person to authenticate again if the server wants that, and then runs it again; `dialog` must
 * be rendered
 */
export function useReauthentication() {
  const [waiting, setWaiting] = useState<Waiting | null>(null);

  async function confirmed<Result>(work: () => Promise<Result>): Promise<Result> {
    try {
      return await work();
    } catch (error) {
      if (failureCode(error) !== "reauthentication_required") throw error;
      await new Promise<void>((resolve, reject) =>
        setWaiting({
          confirmed: resolve,
          // The form above says what was refused.
          cancelled: () => reject(error instanceof Error ? error : new Error("not confirmed")),
        }),
      );
      return work();
    }
  }

  function end(how: keyof Waiting) {
    waiting?.[how]();
    setWaiting(null);
  }

  const dialog = (
    <Modal
      opened={waiting !== null}
      onClose={() => end("cancelled")}
      title="Confirm that it's you"
      size="sm"
      // The page around it has a banner already.
      attributes={{ header: { role: "presentation" } }}
    >
      <ReauthenticationForm onDone={() => end("confirmed")} onCancel={() => end("cancelled")} />
    </Modal>
  );
  return { confirmed, dialog };
}

/** @param onCancel without it there is no way around */
export function ReauthenticationForm({ onDone, onCancel }: { onDone: () => void; onCancel?: () => void }) {
  const queries = useQueryClient();
  const factors = useQuery({ ...factorsQuery(), staleTime: 0 });
  const [chosen, setChosen] = useState<"password" | "code" | null>(null);
  const hasApp = Boolean(factors.data?.totp);
  const needsCode = hasApp && !factors.data?.provedSecondFactor;
  const by = needsCode ? "code" : (chosen ?? (hasApp ? "code" : "password"));
  const form = useForm({
    initialValues: { password: "", code: "" },
    validate: (values) => validateWith(reauthenticate.body)({ [by]: values[by] || " " }),
  });
  const { busy, failure, onSubmit } = useSubmit(form, async (values) => {
    await call(api.POST("/api/v1/session/authentication", { body: { [by]: values[by] } }));
    // Requests under way during the change of tokens were refused.
    await queries.invalidateQueries({ predicate: ({ state }) => failureCode(state.error) === "not_signed_in" });
    onDone();
  });
  if (factors.isPending) return null;
  return (
    <form className={formClasses.form} onSubmit={onSubmit} noValidate>
      {onCancel && <p>This needs a fresh proof that it is you. It holds for five minutes.</p>}
      <FailureNote>{factors.isError ? words(factors.error) : failure}</FailureNote>
      {by === "code" ? (
        <CodeField data-autofocus {...form.getInputProps("code")} />
      ) : (
        <PasswordField label="Your password" autoComplete="current-password" data-autofocus {...form.getInputProps("password")} />
      )}
      <div className={formClasses.actions}>
        {hasApp && !needsCode && (
          <Button variant="subtle" mr="auto" onClick={() => setChosen(by === "code" ? "password" : "code")}>
            {by === "code" ? "Use the password" : "Use a code"}
          </Button>
        )}
        {onCancel && (
          <Button variant="default" onClick={onCancel}>
            Cancel
          </Button>
        )}
        <Button type="submit" loading={busy}>
          Confirm
        </Button>
      </div>
    </form>
  );
}
