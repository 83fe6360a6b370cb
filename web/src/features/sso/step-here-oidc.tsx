import { updateSsoConnection } from "#contract/http/sso.ts";
import { TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { notifications } from "@mantine/notifications";
import { useNavigate } from "react-router";
import type { SsoConnection } from "../../api/types.ts";
import { useSubmit } from "../../api/use-submit.ts";
import { validateWith } from "../../api/validate.ts";
import { paths } from "../../paths.ts";
import { FailureNote } from "../../ui/failure.tsx";
import { PasswordField } from "../../ui/password-field.tsx";
import { useFollowSaved } from "../../ui/use-follow-saved.ts";
import { UnsavedGuard } from "../../ui/unsaved-guard.tsx";
import { useTenant } from "../tenants/tenant-context.ts";
import { guideOf } from "./guides.ts";
import { NOT_HTTPS, startsWithHttps } from "./https.ts";
import { stepWords } from "./steps.ts";
import classes from "./sso.module.css";
import { StepActions } from "./step-actions.tsx";
import { useSaveConnection } from "./use-save-connection.ts";

/** The secret may be left empty when one is saved. */
function bodyOf({ issuer, clientId, clientSecret }: { issuer: string; clientId: string; clientSecret: string }) {
  return { issuer: issuer.trim(), clientId: clientId.trim(), ...(clientSecret !== "" && { clientSecret: clientSecret.trim() }) };
}

/** The values that whoot needs of an OpenID Connect provider. */
export function StepHereOidc({ connection }: { connection: SsoConnection }) {
  const { slug } = useTenant();
  const navigate = useNavigate();
  const { connectionId, oidc, can } = connection;
  const { save, dialog } = useSaveConnection(connection);
  const hasSecret = oidc?.hasSecret ?? false;
  // whoot sends a secret only to the provider and for the client that it was entered for.
  const keepsSecret = ({ issuer, clientId }: { issuer: string; clientId: string }) =>
    hasSecret && issuer.trim() === oidc?.issuer && clientId.trim() === oidc.clientId;
  const saved = { issuer: oidc?.issuer ?? "", clientId: oidc?.clientId ?? "", clientSecret: "" };
  const form = useForm({
    initialValues: saved,
    validate: (values) => ({
      ...(!startsWithHttps(values.issuer) && { issuer: NOT_HTTPS }),
      ...validateWith(updateSsoConnection.body.shape.oidc.unwrap())(bodyOf(values)),
      ...(!keepsSecret(values) && values.clientSecret === "" && { clientSecret: "Enter the client secret." }),
    }),
  });
  useFollowSaved(form, saved);
  const { busy, failure, onSubmit } = useSubmit(form, async (values) => {
    await save({ oidc: bodyOf(values) });
    form.resetDirty();
    notifications.show({ message: "The provider's details are saved. Test the connection again." });
    await navigate(paths.ssoConnection(slug, connectionId, "people"));
  });
  return (
    <section className={classes.card} aria-labelledby="step">
      <h2 id="step">{stepWords("here", connection)}</h2>
      <ul className={classes.plainList}>
        {guideOf(connection).gives.map((sentence) => (
          <li key={sentence}>{sentence}</li>
        ))}
      </ul>
      <form className={classes.form} onSubmit={onSubmit} noValidate aria-label="The provider's details">
        <UnsavedGuard isUnsaved={() => form.isDirty() && !busy} />
        <TextInput
          label="Issuer"
          description="Copy it letter by letter. If the provider writes a slash at its end, keep the slash."
          type="url"
          inputMode="url"
          autoComplete="off"
          spellCheck={false}
          placeholder="https://"
          {...form.getInputProps("issuer")}
        />
        <TextInput label="Client ID" autoComplete="off" spellCheck={false} {...form.getInputProps("clientId")} />
        <PasswordField
          label="Client secret"
          description={
            keepsSecret(form.values)
              ? "One is saved. Leave this empty to keep it."
              : "It is stored encrypted and never shown again. If you change the issuer or client ID, enter it again."
          }
          autoComplete="off"
          {...form.getInputProps("clientSecret")}
        />
        {connection.enabled && (
          <p className={classes.hint}>
            If you change the issuer, client ID or secret, people who signed in through this connection must sign in again, and
            their talks end. You stay signed in to test the change.
          </p>
        )}
        <FailureNote>{failure}</FailureNote>
        <StepActions
          leave={{
            to: paths.ssoConnection(slug, connectionId, "people"),
            label: hasSecret ? "Keep them and continue" : "Do this later",
          }}
          mayEditTrust={can.editTrust}
          busy={busy}
        />
        {dialog}
      </form>
    </section>
  );
}
