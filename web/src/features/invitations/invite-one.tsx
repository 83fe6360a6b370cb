import { createInvitation } from "#contract/http/invitations.ts";
import { Button, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { notifications } from "@mantine/notifications";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { api, call } from "../../api/client.ts";
import { systemQuery } from "../system/queries.ts";
import { showing } from "../../api/outdated.ts";
import type { Role } from "../../api/types.ts";
import { useSubmit } from "../../api/use-submit.ts";
import { validateWith } from "../../api/validate.ts";
import { FailureNote } from "../../ui/failure.tsx";
import formClasses from "../../ui/form.module.css";
import { LicencesHelp } from "../billing/buying-help.tsx";
import { OutboxNote } from "../system/outbox-note.tsx";
import { useTenant } from "../tenants/tenant-context.ts";
import { RoleSelect, defaultRoleId } from "./role-select.tsx";

export function InviteOne({ roles, onClose, onInvited }: { roles: Role[]; onClose: () => void; onInvited: () => void }) {
  const { slug } = useTenant();
  const queries = useQueryClient();
  const { data: system } = useQuery(systemQuery());
  const form = useForm({
    initialValues: { email: "", roleId: defaultRoleId(roles) },
    validate: validateWith(createInvitation.body),
  });
  const { busy, failure, code, onSubmit } = useSubmit(form, async (body) => {
    const invitation = await call(api.POST("/api/v1/tenants/{slug}/invitations", { params: { path: { slug } }, body }));
    await queries.invalidateQueries(showing(slug, "invitations"));
    notifications.show({ message: `${invitation.email ?? "They"} will get a mail with the invitation.` });
    onInvited();
    onClose();
  });
  return (
    <form className={formClasses.form} onSubmit={onSubmit} noValidate>
      <FailureNote>{failure}</FailureNote>
      {code === "licences_taken" && <LicencesHelp />}
      <TextInput label="Email" type="email" autoComplete="off" data-autofocus {...form.getInputProps("email")} />
      <RoleSelect label="Role" roles={roles} {...form.getInputProps("roleId")} />
      {system?.outbox && <OutboxNote />}
      <div className={formClasses.actions}>
        <Button variant="default" onClick={onClose}>
          Cancel
        </Button>
        <Button type="submit" loading={busy}>
          Send invitation
        </Button>
      </div>
    </form>
  );
}
