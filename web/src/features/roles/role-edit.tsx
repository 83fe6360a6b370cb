import { Button } from "@mantine/core";
import { IconLock, IconUsers } from "@tabler/icons-react";
import { notifications } from "@mantine/notifications";
import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { api, call } from "../../api/client.ts";
import { failureCode } from "../../api/errors.ts";
import { roleQuery } from "./queries.ts";
import { showing } from "../../api/outdated.ts";
import type { Role } from "../../api/types.ts";
import { useSubmit } from "../../api/use-submit.ts";
import { capitalized } from "../../ui/capitalized.ts";
import { people } from "../../ui/counted.ts";
import { Note } from "../../ui/note.tsx";
import { UnsavedGuard } from "../../ui/unsaved-guard.tsx";
import { useTenant } from "../tenants/tenant-context.ts";
import { GrantedPermissions } from "./granted-permissions.tsx";
import { RoleFields } from "./role-fields.tsx";
import { refusalWords } from "./role-words.ts";
import classes from "./roles.module.css";
import { SaveBar } from "./save-bar.tsx";
import { changeWords, useRoleForm, valuesOf } from "./use-role-form.ts";

/** Shows or edits a role. Changes that others save meanwhile show at once, unless they would overwrite unsaved ones. */
export function RoleEdit({ role }: { role: Role }) {
  const { slug, self } = useTenant();
  const queries = useQueryClient();
  /** The version of the role that the unsaved changes are based on. */
  const [seen, setSeen] = useState(role);
  const form = useRoleForm(valuesOf(role));
  const changes = changeWords(seen, form.getValues());
  const isOld = role.version > seen.version;
  const { editRefusal } = role.can;

  const show = (newer: Role) => {
    setSeen(newer);
    form.setValues(valuesOf(newer));
    form.clearErrors();
  };
  useEffect(() => {
    if (isOld && changes === null) show(role);
  });

  const { busy, failure, onSubmit } = useSubmit(form, async ({ name, description, permissions }) => {
    const body = { version: seen.version, name, description, permissions };
    try {
      const path = { slug, roleId: role.roleId };
      const saved = await call(api.PATCH("/api/v1/tenants/{slug}/roles/{roleId}", { params: { path }, body }));
      show(saved);
      queries.setQueryData(roleQuery(slug, role.roleId).queryKey, saved);
      notifications.show({ message: `${saved.name} is saved for everyone.` });
    } catch (error) {
      // Somebody else changed the role, or this person's rights changed: fetch the current state.
      if (failureCode(error) !== "unreachable") void queries.invalidateQueries(showing(slug, "roles"));
      throw error;
    }
  });
  const affected = role.uses.members;

  return (
    <form onSubmit={onSubmit} noValidate className={classes.editor}>
      <UnsavedGuard isUnsaved={() => editRefusal === null && changeWords(seen, form.getValues()) !== null} />
      {editRefusal !== null && role.description !== "" && <p>{role.description}</p>}
      {editRefusal !== null && (
        <Note tone="plain" icon={<IconLock size={18} aria-hidden />}>
          {refusalWords(editRefusal, role, self.roleName)}
        </Note>
      )}
      {isOld && changes !== null && (
        <Note
          tone="amber"
          icon={<IconUsers size={18} aria-hidden />}
          title="Someone else changed this role"
          action={
            <Button variant="default" size="compact-sm" onClick={() => show(role)}>
              Show theirs
            </Button>
          }
          announced
        >
          Your changes can&apos;t be saved over theirs. Look at theirs, then make yours again.
        </Note>
      )}
      {editRefusal === null ? <RoleFields form={form} /> : <GrantedPermissions held={new Set(role.permissions)} />}
      {editRefusal === null && changes !== null && (
        <SaveBar
          says={`${capitalized(changes)}. ${affected > 0 ? `Takes effect immediately for ${people(affected)}.` : "Nobody has it yet."}`}
          action="Save changes"
          busy={busy}
          failure={failure}
          onDiscard={() => show(role)}
        />
      )}
    </form>
  );
}
