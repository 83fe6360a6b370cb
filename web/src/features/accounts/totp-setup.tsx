import { confirmTotp } from "#contract/http/factors.ts";
import { Button, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { api, call } from "../../api/client.ts";
import { useSubmit } from "../../api/use-submit.ts";
import { validateWith } from "../../api/validate.ts";
import { FailureNote } from "../../ui/failure.tsx";
import { QrCode } from "../../ui/qr-code.tsx";
import classes from "./two-step.module.css";

export interface NewSecret {
  secret: string;
  uri: string;
}

interface TotpSetupProps {
  started: NewSecret;
  /** @param recoveryCodes null when the account had codes already */
  onConfirmed: (recoveryCodes: string[] | null) => void;
  onCancel: () => void;
}

/** Puts the secret into an authenticator app, by QR code or by typing, and confirms it with the app's first code. */
export function TotpSetup({ started, onConfirmed, onCancel }: TotpSetupProps) {
  const form = useForm({ mode: "uncontrolled", initialValues: { code: "" }, validate: validateWith(confirmTotp.body) });
  const { busy, failure, onSubmit } = useSubmit(form, async (body) => {
    const { recoveryCodes } = await call(api.PUT("/api/v1/me/totp", { body }));
    onConfirmed(recoveryCodes);
  });
  return (
    <form className={classes.form} onSubmit={onSubmit} noValidate aria-label="Set up an authenticator app">
      <p>Scan this with an authenticator app, such as the one in your password manager. Or type the key into the app.</p>
      <div className={classes.secret}>
        <QrCode value={started.uri} label="QR code with the key for your authenticator app" />
        <div>
          <p className={classes.label} id="totp-key">
            Key
          </p>
          <code className={classes.key} aria-labelledby="totp-key" role="group" translate="no">
            {started.secret.match(/.{1,4}/g)?.join(" ")}
          </code>
        </div>
      </div>
      <FailureNote>{failure}</FailureNote>
      <TextInput
        label="Code"
        description="The 6 digits that the app shows now."
        inputMode="numeric"
        autoComplete="one-time-code"
        maxLength={64}
        autoFocus
        {...form.getInputProps("code")}
      />
      <div className={classes.actions}>
        <Button type="submit" loading={busy}>
          Turn on
        </Button>
        <Button variant="default" onClick={onCancel}>
          Cancel
        </Button>
      </div>
    </form>
  );
}
