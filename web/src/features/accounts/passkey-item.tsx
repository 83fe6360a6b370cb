import { renamePasskey } from "#contract/http/passkeys.ts";
import { Button, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { api, call } from "../../api/client.ts";
import { words } from "../../api/errors.ts";
import type { Passkey } from "../../api/types.ts";
import { useSubmit } from "../../api/use-submit.ts";
import { validateWith } from "../../api/validate.ts";
import { FailureNote } from "../../ui/failure.tsx";
import { Name } from "../../ui/name.tsx";
import { timesOf } from "../../ui/time.ts";
import classes from "./two-step.module.css";

interface PasskeyItemProps {
  passkey: Passkey;
  /** Whether it is the account's only second factor. */
  isLast: boolean;
  confirmed: <Result>(work: () => Promise<Result>) => Promise<Result>;
  /** @param said what was done. @param isFactor false when only its name changed */
  onChanged: (said: string, isFactor?: boolean) => Promise<void>;
}

export function PasskeyItem({ passkey, isLast, confirmed, onChanged }: PasskeyItemProps) {
  const { passkeyId, name, host, works, signsIn, createdAt, lastUsedAt } = passkey;
  const [step, setStep] = useState<"shown" | "naming" | "removing">("shown");
  const { dateWords, fullTime } = timesOf(null);
  const used = lastUsedAt ?? createdAt;
  return (
    <li className={classes.passkey}>
      {step === "naming" ? (
        <NameForm {...{ passkey, onChanged }} onEnd={() => setStep("shown")} />
      ) : (
        <div>
          <strong>
            <Name>{name}</Name>
          </strong>
          <p>
            Added <span title={fullTime(createdAt)}>{dateWords(createdAt)}</span>,{" "}
            {lastUsedAt === null ? "not used yet" : "last used "}
            {lastUsedAt !== null && <span title={fullTime(used)}>{dateWords(used)}</span>}
          </p>
          {!works && <p>Works only at {host}, an earlier address of this server. Remove it and add another.</p>}
          {works && !signsIn && <p>Works only after the password: it doesn&apos;t check who uses it.</p>}
        </div>
      )}
      {step === "removing" && (
        <Removal {...{ passkey, isLast, confirmed, onChanged }} passkeyId={passkeyId} onEnd={() => setStep("shown")} />
      )}
      {step === "shown" && (
        <div className={classes.actions}>
          <Button variant="default" size="xs" aria-label={`Rename ${name}`} onClick={() => setStep("naming")}>
            Rename
          </Button>
          <Button variant="outline" color="brick" size="xs" aria-label={`Remove ${name}…`} onClick={() => setStep("removing")}>
            Remove…
          </Button>
        </div>
      )}
    </li>
  );
}

type NameFormProps = Pick<PasskeyItemProps, "passkey" | "onChanged"> & { onEnd: () => void };

function NameForm({ passkey: { passkeyId, name }, onChanged, onEnd }: NameFormProps) {
  const form = useForm({ mode: "uncontrolled", initialValues: { name }, validate: validateWith(renamePasskey.body) });
  const { busy, failure, onSubmit } = useSubmit(form, async (body) => {
    await call(api.PATCH("/api/v1/me/passkeys/{passkeyId}", { params: { path: { passkeyId } }, body }));
    await onChanged(`Renamed to ${body.name}.`, false);
    onEnd();
  });
  return (
    <form className={classes.form} onSubmit={onSubmit} noValidate aria-label={`Rename ${name}`}>
      <FailureNote>{failure}</FailureNote>
      <TextInput label="Name" maxLength={60} autoFocus {...form.getInputProps("name")} />
      <div className={classes.actions}>
        <Button type="submit" size="xs" loading={busy}>
          Save name
        </Button>
        <Button variant="default" size="xs" onClick={onEnd}>
          Cancel
        </Button>
      </div>
    </form>
  );
}

type RemovalProps = PasskeyItemProps & { passkeyId: string; onEnd: () => void };

function Removal({ passkey: { name, passkeyId }, isLast, confirmed, onChanged, onEnd }: RemovalProps) {
  const remove = useMutation({
    mutationFn: () => confirmed(() => call(api.DELETE("/api/v1/me/passkeys/{passkeyId}", { params: { path: { passkeyId } } }))),
    onSuccess: () => onChanged(`${name} was removed. Delete it in your password manager or on the key, too.`),
  });
  return (
    <div className={classes.form} role="group" aria-label={`Remove ${name}`}>
      <FailureNote>{remove.isError && words(remove.error)}</FailureNote>
      <p>
        {isLast
          ? "It is your last second factor. Without it, the password alone signs you in, your recovery codes stop working, and you can't enter workspaces that require two-step verification."
          : "You can no longer sign in with it."}
      </p>
      <div className={classes.actions}>
        <Button color="brick" size="xs" loading={remove.isPending} onClick={() => remove.mutate()}>
          Remove
        </Button>
        <Button variant="default" size="xs" autoFocus onClick={onEnd}>
          Keep it
        </Button>
      </div>
    </div>
  );
}
