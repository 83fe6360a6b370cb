import { Button } from "@mantine/core";
import { IconLock, IconUsers } from "@tabler/icons-react";
import { notifications } from "@mantine/notifications";
import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { api, call } from "../../api/client.ts";
import { failureCode } from "../../api/errors.ts";
import { keys, roleQuery } from "../../api/queries.ts";
import type { Role } from "../../api/types.ts";
import { useSubmit } from "../../api/use-submit.ts";
import { capitalized } from "../../ui/capitalized.ts";
import { people } from "../../ui/counted.ts";
import { Note } from "../../ui/note.tsx";
import { UnsavedGuard } from "../../ui/unsaved-guard.tsx";
import { useTenant } from "../tenants/tenant-context.ts";
import { RoleFields } from "./role-fields.tsx";
import { refusalWords } from "./role-words.ts";
import classes from "./roles.module.css";
import { SaveBar } from "./save-bar.tsx";
import { changeWords, useRoleForm, valuesOf } from "./use-role-form.ts";

/** A role as it is, to change where one may. What somebody else saves meanwhile shows at once, unless it would undo what one typed. */
export function RoleEdit({ role }: { role: Role }) {
  const { slug, self } = useTenant();
  const queries = useQueryClient();
  /** What the changes begin from. */
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
      notifications.show({ message: `${saved.name} is saved and acts already.` });
    } catch (error) {
      // Somebody was quicker, or one may not any more: show what is.
      if (failureCode(error) !== "unreachable") void queries.invalidateQueries({ queryKey: keys.roles(slug) });
      throw error;
    }
  });
  const concerned = role.uses.members;

  return (
    <form onSubmit={onSubmit} noValidate className={classes.editor}>
      <UnsavedGuard isUnsaved={() => editRefusal === null && changeWords(seen, form.getValues()) !== null} />
      {editRefusal !== null && (
        <Note tone="plain" icon={<IconLock size={18} aria-hidden />}>
          {refusalWords(editRefusal, role, self.roleName)}
        </Note>
      )}
      {isOld && changes !== null && (
        <Note
          tone="amber"
          icon={<IconUsers size={18} aria-hidden />}
          title="Somebody else changed this role meanwhile"
          action={
            <Button variant="default" size="compact-sm" onClick={() => show(role)}>
              Show theirs
            </Button>
          }
          announced
        >
          Yours can&apos;t be saved over it. Look at theirs, then change what is still needed.
        </Note>
      )}
      <RoleFields form={form} builtIn={role.builtIn} readOnly={editRefusal !== null} />
      {editRefusal === null && changes !== null && (
        <SaveBar
          says={`${capitalized(changes)}. ${concerned > 0 ? `Acts at once for ${people(concerned)}.` : "Nobody has it yet."}`}
          action="Save changes"
          busy={busy}
          failure={failure}
          onDiscard={() => show(role)}
        />
      )}
    </form>
  );
}
