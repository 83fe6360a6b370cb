import { createInvitation } from "#contract/http/invitations.ts";
import { Button, Modal, Select, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { notifications } from "@mantine/notifications";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { api, call } from "../../api/client.ts";
import { keys, rolesQuery, systemQuery } from "../../api/queries.ts";
import type { Role } from "../../api/types.ts";
import { useSubmit } from "../../api/use-submit.ts";
import { validateWith } from "../../api/validate.ts";
import { FailureNote, LoadFailure } from "../../ui/failure.tsx";
import { PageLoader } from "../../ui/page-loader.tsx";
import { OutboxNote } from "../accounts/outbox-note.tsx";
import classes from "../channels/channel-form.module.css";
import { useTenant } from "../tenants/tenant-context.ts";

export function InvitationCreate({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const { slug, name } = useTenant();
  const roles = useQuery({ ...rolesQuery(slug), enabled: opened });
  return (
    <Modal opened={opened} onClose={onClose} title={`Invite someone to ${name}`}>
      {roles.isError && <LoadFailure error={roles.error} retry={() => void roles.refetch()} />}
      {roles.isPending && <PageLoader />}
      {roles.data && <InviteForm roles={roles.data} onClose={onClose} />}
    </Modal>
  );
}

function InviteForm({ roles, onClose }: { roles: Role[]; onClose: () => void }) {
  const { slug } = useTenant();
  const queries = useQueryClient();
  const { data: system } = useQuery(systemQuery());
  const member = roles.find(({ builtIn }) => builtIn === "member") ?? roles[0];
  const form = useForm({
    initialValues: { email: "", roleId: member?.roleId ?? "" },
    validate: validateWith(createInvitation.body),
  });
  const { busy, failure, onSubmit } = useSubmit(form, async (body) => {
    const invitation = await call(api.POST("/api/v1/tenants/{slug}/invitations", { params: { path: { slug } }, body }));
    await queries.invalidateQueries({ queryKey: keys.invitations(slug) });
    notifications.show({ message: `${invitation.email ?? "They"} will get a mail with the invitation.` });
    onClose();
  });
  return (
    <form className={classes.form} onSubmit={onSubmit} noValidate>
      <FailureNote>{failure}</FailureNote>
      <TextInput label="Email" type="email" autoComplete="off" data-autofocus {...form.getInputProps("email")} />
      <Select
        label="Role"
        data={roles.map(({ roleId, name }) => ({ value: roleId, label: name }))}
        {...form.getInputProps("roleId")}
      />
      {system?.outbox && <OutboxNote />}
      <div className={classes.actions}>
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
