import { NewPasswordOfAccount, Password, updateMe } from "#contract/http/accounts.ts";
import { MIN_PASSWORD_ALONE, MIN_PASSWORD_WITH_FACTOR } from "#contract/passwords.ts";
import { Button, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { z } from "zod";
import { api, call } from "../../api/client.ts";
import { NewPasswordField } from "./new-password-field.tsx";
import { factorsQuery, meQuery } from "./queries.ts";
import { useSubmit } from "../../api/use-submit.ts";
import { validateWith } from "../../api/validate.ts";
import { FailureNote } from "../../ui/failure.tsx";
import { PasswordField } from "../../ui/password-field.tsx";
import { UnsavedFormsGuard } from "../../ui/unsaved-guard.tsx";
import { useFollowSaved } from "../../ui/use-follow-saved.ts";
import { usePageTitle } from "../../ui/use-page-title.ts";
import { PlainFrame } from "../page-frames/plain-frame.tsx";
import classes from "./account-page.module.css";
import { EmailSection } from "./email-section.tsx";
import { OwnSessions } from "./own-sessions.tsx";
import { Passkeys } from "./passkeys.tsx";
import { TwoStep } from "./two-step.tsx";

/** The person's account, which belongs to no workspace. */
export function AccountPage() {
  usePageTitle("Account");
  const { data: me } = useQuery({ ...meQuery(), staleTime: 0 });
  if (!me) return null; // SignedInOnly has loaded it
  return (
    <PlainFrame narrow>
      <UnsavedFormsGuard />
      <h1>Account</h1>
      <NameForm name={me.account.name} />
      <EmailSection email={me.account.email} />
      <PasswordForm />
      <Passkeys email={me.account.email} />
      <TwoStep email={me.account.email} />
      <OwnSessions />
    </PlainFrame>
  );
}

/** Says what was just done, to screen readers too. */
function Done({ children }: { children: React.ReactNode }) {
  return (
    <p role="status" className={classes.done}>
      {children}
    </p>
  );
}

function NameForm({ name }: { name: string }) {
  const queries = useQueryClient();
  const [done, setDone] = useState(false);
  const form = useForm({ initialValues: { name }, validate: validateWith(updateMe.body) });
  useFollowSaved(form, { name });
  const { busy, failure, onSubmit } = useSubmit(form, async (body) => {
    setDone(false);
    await call(api.PATCH("/api/v1/me", { body }));
    form.resetDirty(body);
    setDone(true);
    // Every list of people shows the name.
    await queries.invalidateQueries();
  });
  return (
    <section className={classes.section} aria-labelledby="account-name">
      <h2 id="account-name">Name</h2>
      <form className={classes.form} data-unsaved={form.isDirty() && !busy} onSubmit={onSubmit} noValidate>
        <FailureNote>{failure}</FailureNote>
        <TextInput
          label="Your name"
          description="Others see it when you talk, in every workspace."
          autoComplete="name"
          {...form.getInputProps("name")}
        />
        <div className={classes.actions}>
          <Button type="submit" loading={busy}>
            Save name
          </Button>
          <Done>{done && "Saved in every workspace."}</Done>
        </div>
      </form>
    </section>
  );
}

const PasswordChange = z.strictObject({ currentPassword: Password, newPassword: NewPasswordOfAccount });

function PasswordForm() {
  const factors = useQuery(factorsQuery());
  const hasFactor = Boolean(factors.data?.totp) || (factors.data?.passkeys.length ?? 0) > 0;
  const [done, setDone] = useState(false);
  const form = useForm({
    initialValues: { currentPassword: "", newPassword: "" },
    validate: validateWith(PasswordChange),
  });
  const { busy, failure, onSubmit } = useSubmit(form, async (body) => {
    setDone(false);
    await call(api.PUT("/api/v1/me/password", { body }));
    form.reset();
    setDone(true);
  });
  return (
    <section className={classes.section} aria-labelledby="account-password">
      <h2 id="account-password">Password</h2>
      <form
        className={classes.form}
        // Browsers fill in the current password by themselves.
        data-unsaved={form.isDirty("newPassword") && !busy}
        onSubmit={onSubmit}
        noValidate
      >
        <FailureNote>{failure}</FailureNote>
        <PasswordField label="Current password" autoComplete="current-password" {...form.getInputProps("currentPassword")} />
        <NewPasswordField
          label="New password"
          min={hasFactor ? MIN_PASSWORD_WITH_FACTOR : MIN_PASSWORD_ALONE}
          {...form.getInputProps("newPassword")}
        />
        <div className={classes.actions}>
          <Button type="submit" loading={busy}>
            Change password
          </Button>
          <Done>{done && "Password changed. Your other browsers were signed out."}</Done>
        </div>
      </form>
    </section>
  );
}
