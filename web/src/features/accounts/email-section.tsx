import { startEmailChange } from "#contract/http/email-change.ts";
import { Button, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, call } from "../../api/client.ts";
import { words } from "../../api/errors.ts";
import { useSubmit } from "../../api/use-submit.ts";
import { validateWith } from "../../api/validate.ts";
import { Address } from "../../ui/address.tsx";
import { FailureNote } from "../../ui/failure.tsx";
import classes from "./account-page.module.css";
import { emailChangeQuery } from "./queries.ts";
import { useReauthentication } from "./use-reauthentication.tsx";

/** The account's address, and a change of it that waits for the link in the new mailbox. */
export function EmailSection({ email }: { email: string }) {
  const queries = useQueryClient();
  // The mailed link is often opened in another tab, within seconds.
  const change = useQuery({ ...emailChangeQuery(), staleTime: 0 });
  const { confirmed, dialog } = useReauthentication();
  const form = useForm({ initialValues: { email: "" }, validate: validateWith(startEmailChange.body) });
  const { busy, failure, onSubmit } = useSubmit(form, async (body) => {
    const started = await confirmed(() => call(api.PUT("/api/v1/me/email-change", { body })));
    queries.setQueryData(emailChangeQuery().queryKey, started);
    form.reset();
  });
  const cancel = useMutation({
    mutationFn: () => call(api.DELETE("/api/v1/me/email-change")),
    onSettled: () => queries.invalidateQueries({ queryKey: emailChangeQuery().queryKey }),
  });
  const pending = change.data?.pending;
  return (
    <section className={classes.section} aria-labelledby="account-email">
      <h2 id="account-email">Email address</h2>
      <p className={classes.text}>
        You sign in with <Address>{email}</Address>.
      </p>
      <div role="status">
        {pending && (
          <p className={classes.text}>
            Open the link that was mailed to <Address>{pending.email}</Address> within an hour. Until then nothing changes.
          </p>
        )}
      </div>
      <FailureNote>{cancel.isError && words(cancel.error)}</FailureNote>
      {pending && (
        <Button variant="default" mb={16} loading={cancel.isPending} onClick={() => cancel.mutate()}>
          Keep the present address
        </Button>
      )}
      <form className={classes.form} data-unsaved={form.isDirty() && !busy} onSubmit={onSubmit} noValidate>
        <FailureNote>{failure}</FailureNote>
        <TextInput
          label="New address"
          description="A link goes there, and your present address gets a note."
          type="email"
          autoComplete="email"
          {...form.getInputProps("email")}
        />
        <div className={classes.actions}>
          <Button type="submit" loading={busy}>
            Change address
          </Button>
        </div>
      </form>
      {dialog}
    </section>
  );
}
