import { Button, Checkbox, FileButton, Radio, Textarea, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { notifications } from "@mantine/notifications";
import { useState } from "react";
import { useNavigate } from "react-router";
import type { SsoConnection } from "../../api/types.ts";
import { useSubmit } from "../../api/use-submit.ts";
import { paths } from "../../paths.ts";
import { FailureNote } from "../../ui/failure.tsx";
import { useFollowSaved } from "../../ui/use-follow-saved.ts";
import { UnsavedGuard } from "../../ui/unsaved-guard.tsx";
import { useTenant } from "../tenants/tenant-context.ts";
import { SamlFacts } from "./connection-facts.tsx";
import { guideOf } from "./guides.ts";
import { MetadataReading } from "./metadata-reading.tsx";
import { NOT_HTTPS, startsWithHttps } from "./https.ts";
import { knowsProvider, stepWords } from "./steps.ts";
import classes from "./sso.module.css";
import { StepActions } from "./step-actions.tsx";
import { type ConnectionChange, useSaveConnection } from "./use-save-connection.ts";

type Way = "metadata" | "url" | "hand";
const MAX_METADATA = 128 * 1024;

const WAYS: ReadonlyArray<{ value: Way; label: string; description: string }> = [
  { value: "metadata", label: "Paste the metadata", description: "An XML file, or its text." },
  {
    value: "url",
    label: "Metadata URL",
    description: "whoot reads it now and every day, and so learns new certificates by itself.",
  },
  { value: "hand", label: "By hand", description: "Sign-on URL, entity ID and certificate." },
];

const EMPTY = {
  metadata: "",
  metadataUrl: "",
  idpEntityId: "",
  signOnUrl: "",
  byForm: false,
  certificate: "",
  second: "",
};
type Values = typeof EMPTY;

function missing(way: Way, values: Values): Record<string, string> {
  const blank = (field: Exclude<keyof Values, "byForm">) => values[field].trim() === "";
  if (way === "metadata") {
    if (blank("metadata")) return { metadata: "Paste the metadata, or choose the file." };
    return values.metadata.length > MAX_METADATA ? { metadata: "The metadata are longer than 128 KiB." } : {};
  }
  if (way === "url") {
    if (blank("metadataUrl")) return { metadataUrl: "Enter the metadata URL." };
    return startsWithHttps(values.metadataUrl) ? {} : { metadataUrl: NOT_HTTPS };
  }
  return {
    ...(blank("signOnUrl") && { signOnUrl: "Enter the sign-on URL." }),
    ...(blank("idpEntityId") && { idpEntityId: "Enter the entity ID, or issuer." }),
    ...(blank("certificate") && { certificate: "Paste the certificate." }),
  };
}

function bodyOf(way: Way, values: Values): NonNullable<ConnectionChange["saml"]> {
  if (way === "metadata") return { metadata: values.metadata };
  if (way === "url") return { metadataUrl: values.metadataUrl.trim() };
  const certificates = [values.certificate, values.second].map((one) => one.trim()).filter((one) => one !== "");
  const signOnBinding = values.byForm ? "post" : "redirect";
  return { idpEntityId: values.idpEntityId.trim(), signOnUrl: values.signOnUrl.trim(), signOnBinding, certificates };
}

/** The values that whoot needs of a SAML provider. */
export function StepHereSaml({ connection }: { connection: SsoConnection }) {
  const { slug } = useTenant();
  const navigate = useNavigate();
  const { connectionId, saml, can } = connection;
  const known = knowsProvider(connection);
  const guide = guideOf(connection);
  const [way, setWay] = useState<Way>(saml?.metadataUrl || (!known && guide.hasMetadataUrl) ? "url" : "metadata");
  const { save, dialog } = useSaveConnection(connection);
  const initial: Values = {
    ...EMPTY,
    metadataUrl: saml?.metadataUrl ?? "",
    idpEntityId: saml?.idpEntityId ?? "",
    signOnUrl: saml?.signOnUrl ?? "",
    byForm: saml?.signOnBinding === "post",
  };
  const form = useForm({ initialValues: initial, validate: (values) => missing(way, values) });
  useFollowSaved(form, initial);
  const { busy, failure, onSubmit } = useSubmit(form, async (values) => {
    await save({ saml: bodyOf(way, values) });
    form.resetDirty();
    notifications.show({ message: "The provider's details are saved. Test the connection again." });
    await navigate(paths.ssoConnection(slug, connectionId, "people"));
  });
  const isUnsaved = () => form.isDirty() && !busy;

  async function read(file: File | null) {
    if (!file) return;
    if (file.size > MAX_METADATA)
      return form.setFieldError("metadata", "That file is larger than 128 KiB. Metadata are smaller.");
    form.setFieldValue("metadata", await file.text());
  }

  return (
    <section className={classes.card} aria-labelledby="step">
      <h2 id="step">{stepWords("here", connection)}</h2>
      <ul className={classes.plainList}>
        {guide.gives.map((sentence) => (
          <li key={sentence}>{sentence}</li>
        ))}
      </ul>
      {saml && known && <SamlFacts saml={saml} />}
      <MetadataReading connection={connection} />
      <form className={classes.form} onSubmit={onSubmit} noValidate aria-label="The provider's details">
        <UnsavedGuard isUnsaved={isUnsaved} />
        <Radio.Group label={known ? "Replace them" : "How you enter them"} value={way} onChange={(value) => setWay(value)}>
          <div className={classes.choices}>
            {WAYS.map((choice) => (
              <Radio key={choice.value} {...choice} />
            ))}
          </div>
        </Radio.Group>
        {way === "metadata" && (
          <>
            <Textarea
              label="Metadata"
              className={classes.textarea ?? ""}
              autosize
              minRows={5}
              maxRows={12}
              spellCheck={false}
              autoComplete="off"
              placeholder="<EntityDescriptor …"
              {...form.getInputProps("metadata")}
            />
            <div>
              <FileButton
                accept=".xml,application/xml,text/xml,application/samlmetadata+xml"
                onChange={(file) => void read(file)}
              >
                {(button) => (
                  <Button variant="default" {...button}>
                    Choose a file…
                  </Button>
                )}
              </FileButton>
            </div>
          </>
        )}
        {way === "url" && (
          <TextInput
            label="Metadata URL"
            type="url"
            inputMode="url"
            autoComplete="off"
            spellCheck={false}
            placeholder="https://"
            {...form.getInputProps("metadataUrl")}
          />
        )}
        {way === "hand" && (
          <>
            <TextInput
              label="Sign-on URL"
              description="Also called SSO URL, login URL or single sign-on service."
              type="url"
              inputMode="url"
              autoComplete="off"
              spellCheck={false}
              placeholder="https://"
              {...form.getInputProps("signOnUrl")}
            />
            <Checkbox
              label="The provider accepts requests at this URL only by HTTP POST"
              description="Most providers accept a redirect."
              {...form.getInputProps("byForm", { type: "checkbox" })}
            />
            <TextInput
              label="Entity ID"
              description="Also called issuer. Copy it letter by letter."
              autoComplete="off"
              spellCheck={false}
              {...form.getInputProps("idpEntityId")}
            />
            <Textarea
              label="Signing certificate"
              description="In PEM: from BEGIN CERTIFICATE to END CERTIFICATE, or the text between them."
              className={classes.textarea ?? ""}
              autosize
              minRows={4}
              maxRows={10}
              spellCheck={false}
              autoComplete="off"
              {...form.getInputProps("certificate")}
            />
            <Textarea
              label="Second certificate (optional)"
              description="While the provider changes its certificate, whoot accepts both."
              className={classes.textarea ?? ""}
              autosize
              minRows={2}
              maxRows={10}
              spellCheck={false}
              autoComplete="off"
              {...form.getInputProps("second")}
            />
          </>
        )}
        {connection.enabled && (
          <p className={classes.hint}>
            If you change the entity ID or remove a certificate, people who signed in with the old one must sign in again, and
            their talks end. Adding a second certificate ends nothing. You stay signed in to test the change.
          </p>
        )}
        <FailureNote>{failure}</FailureNote>
        <StepActions
          leave={{
            to: paths.ssoConnection(slug, connectionId, "people"),
            label: known ? "Keep them and continue" : "Do this later",
          }}
          mayEditTrust={can.editTrust}
          busy={busy}
        />
        {dialog}
      </form>
    </section>
  );
}
