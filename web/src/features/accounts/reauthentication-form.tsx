import { reauthenticate } from "#contract/http/factors.ts";
import { Anchor, Button } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, call } from "../../api/client.ts";
import { failureCode, words } from "../../api/errors.ts";
import { useSubmit } from "../../api/use-submit.ts";
import { validateWith } from "../../api/validate.ts";
import { FailureNote } from "../../ui/failure.tsx";
import formClasses from "../../ui/form.module.css";
import { PasswordField } from "../../ui/password-field.tsx";
import { ConfirmWithSso, useJoinedConnections } from "../sso/confirm-with-sso.tsx";
import { CodeField } from "./code-field.tsx";
import { reauthenticateByPasskey } from "./passkey-browser.ts";
import { PasskeyButton } from "./passkey-button.tsx";
import { factorsQuery } from "./queries.ts";
import { usePasskeysHere } from "./use-passkeys-here.tsx";

const WAYS = { passkey: "Use a passkey", code: "Use a code", password: "Use the password" } as const;
type Way = keyof typeof WAYS;

/** The ways in which this session may authenticate again, the best one first. */
function useWays(): { ways: Way[]; hasApp: boolean; error: unknown } | null {
  const factors = useQuery({ ...factorsQuery(), staleTime: 0 });
  const here = usePasskeysHere();
  if (factors.isPending || here === null) return null;
  if (factors.isError) return { ways: ["password"], hasApp: false, error: factors.error };
  const { totp, passkeys, passwordSuffices, provedSecondFactor } = factors.data;
  const may: Record<Way, boolean> = {
    passkey: here.work && passkeys.some(({ works }) => works),
    code: totp !== null || passkeys.length > 0,
    password: passwordSuffices,
  };
  const order: Way[] = totp === null ? ["passkey", "password", "code"] : ["passkey", "code", "password"];
  const ways = order.filter((way) => may[way]);
  // After a passkey that didn't check the person, the password is what is missing.
  const lacksPassword = passwordSuffices && !provedSecondFactor;
  return { ways: lacksPassword ? ["password"] : ways, hasApp: totp !== null, error: null };
}

interface ReauthenticationFormProps {
  /** A sentence above the fields. */
  lead?: string;
  submit?: string;
  onDone: () => void;
  onCancel?: () => void;
}

export function ReauthenticationForm({ lead, submit = "Confirm", onDone, onCancel }: ReauthenticationFormProps) {
  const queries = useQueryClient();
  const known = useWays();
  const connections = useJoinedConnections();
  const [chosen, setChosen] = useState<Way | null>(null);
  const by = chosen ?? known?.ways[0] ?? "password";
  async function done() {
    // Requests that were in progress while the token changed were refused.
    await queries.invalidateQueries({ predicate: ({ state }) => failureCode(state.error) === "not_signed_in" });
    await queries.invalidateQueries({ queryKey: factorsQuery().queryKey });
    onDone();
  }
  const byPasskey = useMutation({
    mutationFn: async () => {
      await reauthenticateByPasskey();
      await done();
    },
  });
  const form = useForm({
    initialValues: { password: "", code: "" },
    validate: (values) => (by === "passkey" ? {} : validateWith(reauthenticate.body)({ [by]: values[by] || " " })),
  });
  const typed = useSubmit(form, async (values) => {
    if (by === "passkey") return byPasskey.mutate();
    await call(api.POST("/api/v1/session/authentication", { body: { [by]: values[by] } }));
    await done();
  });
  if (known === null) return null;
  // A session that single sign-on began can't use the account's own password or factors.
  const onlySso = failureCode(known.error) === "account_sign_in_required" && connections.length > 0;
  const failure =
    known.error !== null ? words(known.error) : by === "passkey" ? byPasskey.isError && words(byPasskey.error) : typed.failure;
  return (
    <form className={formClasses.form} onSubmit={typed.onSubmit} noValidate aria-label="Confirm that it's you">
      {lead && <p>{lead}</p>}
      <FailureNote>{!onlySso && failure}</FailureNote>
      {by === "code" && <CodeField data-autofocus autoFocus hasApp={known.hasApp} {...form.getInputProps("code")} />}
      {by === "password" && !onlySso && (
        <PasswordField
          label="Your password"
          autoComplete="current-password"
          data-autofocus
          autoFocus
          {...form.getInputProps("password")}
        />
      )}
      {known.ways
        .filter((way) => way !== by)
        .map((way) => (
          <Anchor key={way} component="button" type="button" size="sm" ta="start" onClick={() => setChosen(way)}>
            {way === "code" && !known.hasApp ? "Use a recovery code" : WAYS[way]}
          </Anchor>
        ))}
      <ConfirmWithSso connections={connections} onDone={() => void done()} />
      <div className={formClasses.actions}>
        {onCancel && (
          <Button variant="default" onClick={onCancel}>
            Cancel
          </Button>
        )}
        {by === "passkey" && (
          <PasskeyButton data-autofocus autoFocus loading={byPasskey.isPending} onClick={() => byPasskey.mutate()} />
        )}
        {by !== "passkey" && !onlySso && (
          <Button type="submit" loading={typed.busy}>
            {submit}
          </Button>
        )}
      </div>
    </form>
  );
}
