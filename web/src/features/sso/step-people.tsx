import { Checkbox, Radio, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { notifications } from "@mantine/notifications";
import { IconAlertTriangle } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "react-router";
import type { SsoConnection } from "../../api/types.ts";
import { useSubmit } from "../../api/use-submit.ts";
import { paths } from "../../paths.ts";
import { FailureNote, LoadFailure } from "../../ui/failure.tsx";
import { Note } from "../../ui/note.tsx";
import { useFollowSaved } from "../../ui/use-follow-saved.ts";
import { UnsavedGuard } from "../../ui/unsaved-guard.tsx";
import { RoleSelect } from "../invitations/role-select.tsx";
import { rolesQuery } from "../roles/queries.ts";
import { useTenant } from "../tenants/tenant-context.ts";
import { GroupRoles } from "./group-roles.tsx";
import { guideOf } from "./guides.ts";
import { changeOf, faultsOf, type PeopleValues, valuesOf } from "./people-form.ts";
import { stepWords } from "./steps.ts";
import classes from "./sso.module.css";
import { StepActions } from "./step-actions.tsx";
import { useSaveConnection } from "./use-save-connection.ts";

const MAPPED = [
  {
    field: "address",
    label: "Email address",
    guess: "email, mail, emailaddress and their long forms; then a NameID that is an address",
  },
  { field: "firstName", label: "First name", guess: "firstName, givenName, given_name and their long forms" },
  { field: "lastName", label: "Last name", guess: "lastName, surname, sn, family_name and their long forms" },
  { field: "displayName", label: "Full name", guess: "displayName, name, cn" },
  { field: "groups", label: "Groups", guess: "groups, memberOf and their long forms" },
] as const;

/** Who gets in through the connection, as which role, and what identifies them. */
export function StepPeople({ connection, domains }: { connection: SsoConnection; domains: string[] }) {
  const { slug } = useTenant();
  const navigate = useNavigate();
  const roles = useQuery(rolesQuery(slug));
  const { connectionId, protocol, can } = connection;
  const usual = protocol === "saml" ? "NameID" : "claim sub";
  const { save, dialog } = useSaveConnection(connection);
  const form = useForm<PeopleValues>({ initialValues: valuesOf(connection), validate: faultsOf });
  useFollowSaved(form, valuesOf(connection));
  const { busy, failure, onSubmit } = useSubmit({ ...form, getValues: form.getValues }, async (values) => {
    const change = changeOf(connection, values);
    if (Object.keys(change).length > 0) await save(change);
    form.resetDirty();
    if (Object.keys(change).length > 0) notifications.show({ message: "Who gets in is saved." });
    await navigate(paths.ssoConnection(slug, connectionId, "test"));
  });
  const { values } = form;
  const guide = guideOf(connection);
  return (
    <form className={classes.card} onSubmit={onSubmit} noValidate aria-labelledby="step">
      <h2 id="step">{stepWords("people", connection)}</h2>
      <UnsavedGuard isUnsaved={() => form.isDirty() && !busy} />
      {roles.isError && <LoadFailure error={roles.error} retry={() => void roles.refetch()} />}
      <Radio.Group label="Who may enter" {...form.getInputProps("joining")}>
        <div className={classes.choices}>
          <Radio value="invited" label="Members and invited people" description="Nobody else becomes a member by signing in." />
          <Radio
            value="just_in_time"
            label="Also whoever signs in with a company address"
            description={
              domains.length > 0
                ? `They become members at once. Their address must end in ${domains.map((domain) => `@${domain}`).join(" or ")}.`
                : "They become members at once. This needs a verified domain. There is none yet, so nobody can join this way."
            }
          />
        </div>
      </Radio.Group>
      {values.joining === "just_in_time" && roles.data && (
        <RoleSelect
          roles={roles.data}
          label="Their role"
          description="The role of people who join this way. A role by group, below, takes precedence."
          value={values.defaultRoleId}
          onChange={(roleId) => form.setFieldValue("defaultRoleId", roleId)}
          error={form.errors["defaultRoleId"]}
        />
      )}
      {roles.data && <GroupRoles form={form} roles={roles.data} />}

      <Radio.Group label="What identifies people" {...form.getInputProps("subjectBy")}>
        <div className={classes.choices}>
          <Radio
            value="usual"
            label={protocol === "saml" ? "The NameID" : "The claim sub"}
            description={
              protocol === "saml"
                ? "At the provider, choose a NameID that never changes and is never given to somebody else."
                : "It stays the same when somebody's name or address changes."
            }
          />
          <Radio value="attribute" label={protocol === "saml" ? "An attribute" : "Another claim"} />
        </div>
      </Radio.Group>
      {values.subjectBy === "attribute" && (
        <TextInput
          label={protocol === "saml" ? "Name of the attribute" : "Name of the claim"}
          description="As the provider sends it, long forms included. It must have one value."
          autoComplete="off"
          spellCheck={false}
          maxLength={300}
          {...form.getInputProps("subjectAttribute")}
        />
      )}
      <Note tone="amber" icon={<IconAlertTriangle size={18} aria-hidden />} title="An address is a poor identifier">
        When somebody leaves, their address can be given to somebody else, who would then sign in as them. People whose address
        changes are locked out. Choose an identifier that never changes. The test warns you when the {usual} looks like an
        address.
      </Note>
      {guide.people.length > 0 && (
        <ul className={classes.plainList}>
          {guide.people.map((sentence) => (
            <li key={sentence}>{sentence}</li>
          ))}
        </ul>
      )}

      <Checkbox
        label="The provider checks a second factor"
        description="Tick this only if the provider checks one for everyone. A sign-in through this connection then counts as two-step verification in this workspace."
        {...form.getInputProps("countsAsMfa", { type: "checkbox" })}
      />

      <details className={classes.details} open={Object.values(connection.mapping).some(Boolean)}>
        <summary>Names of attributes</summary>
        <div>
          <p className={classes.hint}>
            If a field is empty, whoot tries the usual names, in capital or small letters. The test shows what the provider sent
            and how whoot reads it.
          </p>
          {MAPPED.map(({ field, label, guess }) => (
            <TextInput
              key={field}
              label={label}
              description={`Tried: ${guess}.`}
              autoComplete="off"
              spellCheck={false}
              maxLength={300}
              {...form.getInputProps(field)}
            />
          ))}
        </div>
      </details>

      {connection.enabled && (
        <p className={classes.hint}>
          If you change what identifies people, or untick the second factor, everyone who signed in through this connection must
          sign in again, and their talks end.
        </p>
      )}
      <FailureNote>{failure}</FailureNote>
      <StepActions
        leave={{ to: paths.ssoConnection(slug, connectionId, "here"), label: "Back" }}
        mayEditTrust={can.editTrust}
        busy={busy}
      />
      {dialog}
    </form>
  );
}
