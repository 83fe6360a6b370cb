import { Button, Modal, Select } from "@mantine/core";
import { useForm } from "@mantine/form";
import { notifications } from "@mantine/notifications";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "react-router";
import { api, call } from "../../api/client.ts";
import { roleQuery, rolesQuery } from "./queries.ts";
import { ofWorkspace } from "../../api/outdated.ts";
import type { Role } from "../../api/types.ts";
import { useSubmit } from "../../api/use-submit.ts";
import { paths } from "../../paths.ts";
import { capitalized } from "../../ui/capitalized.ts";
import { people } from "../../ui/counted.ts";
import { FailureNote } from "../../ui/failure.tsx";
import formClasses from "../../ui/form.module.css";
import { useTenant } from "../tenants/tenant-context.ts";
import { roleChoices } from "./role-choices.ts";
import { usesWords } from "./role-words.ts";

interface RoleDeleteProps {
  role: Role;
  opened: boolean;
  onClose: () => void;
}

export function RoleDelete({ role, opened, onClose }: RoleDeleteProps) {
  return (
    <Modal opened={opened} onClose={onClose} title={`Delete ${role.name}`}>
      <DeleteForm role={role} onClose={onClose} />
    </Modal>
  );
}

function DeleteForm({ role, onClose }: Omit<RoleDeleteProps, "opened">) {
  const { slug } = useTenant();
  const queries = useQueryClient();
  const navigate = useNavigate();
  const { data: roles = [] } = useQuery(rolesQuery(slug));
  const uses = usesWords(role.uses);
  const form = useForm<{ replacementRoleId: string | null }>({
    initialValues: { replacementRoleId: null },
    validate: { replacementRoleId: (value) => (uses !== null && value === null ? "Choose the role that replaces it." : null) },
  });

  const { busy, failure, onSubmit } = useSubmit(form, async (body) => {
    const { roleId } = role;
    await call(api.POST("/api/v1/tenants/{slug}/roles/{roleId}/deletion", { params: { path: { slug, roleId } }, body }));
    await navigate(paths.settingsRoles(slug));
    queries.removeQueries({ queryKey: roleQuery(slug, roleId).queryKey });
    await queries.invalidateQueries(ofWorkspace(slug));
    notifications.show({ message: `${role.name} was deleted.` });
  });

  return (
    <form className={formClasses.form} onSubmit={onSubmit} noValidate>
      {uses === null ? (
        <p>Nobody has it, so nobody's access changes.</p>
      ) : (
        <>
          <p>{capitalized(uses)}. The role you choose replaces it immediately.</p>
          <Select
            label="Replace it with"
            placeholder="Choose a role"
            data={roleChoices(roles.filter(({ roleId }) => roleId !== role.roleId))}
            data-autofocus
            {...form.getInputProps("replacementRoleId")}
          />
        </>
      )}
      <FailureNote>{failure}</FailureNote>
      <div className={formClasses.actions}>
        <Button variant="default" onClick={onClose}>
          Keep it
        </Button>
        <Button type="submit" color="brick" loading={busy}>
          {role.uses.members > 0 ? `Move ${people(role.uses.members)} and delete it` : "Delete the role"}
        </Button>
      </div>
    </form>
  );
}
