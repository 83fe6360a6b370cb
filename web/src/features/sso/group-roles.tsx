import { MAX_GROUP_ROLES } from "#contract/http/sso.ts";
import { ActionIcon, Button, TextInput } from "@mantine/core";
import type { UseFormReturnType } from "@mantine/form";
import { IconPlus, IconTrash } from "@tabler/icons-react";
import type { Role } from "../../api/types.ts";
import { RoleSelect, defaultRoleId } from "../invitations/role-select.tsx";
import type { PeopleValues } from "./people-form.ts";
import classes from "./sso.module.css";

/** Rows of a group at the provider and the role that it gives. */
export function GroupRoles({ form, roles }: { form: UseFormReturnType<PeopleValues>; roles: Role[] }) {
  const rows = form.values.groupRoles;
  return (
    <fieldset className={classes.fieldset}>
      <legend>Roles by group</legend>
      <p className={classes.hint}>
        Whoever is in a group gets its role with each sign-in; the first row that fits counts. Without a row that fits, the role
        stays as it is. The owner&apos;s role never changes.
      </p>
      {rows.map((row, index) => (
        <div key={row.key} className={classes.row}>
          <TextInput
            label={`Group ${index + 1}`}
            autoComplete="off"
            spellCheck={false}
            maxLength={300}
            {...form.getInputProps(`groupRoles.${index}.group`)}
          />
          <RoleSelect
            roles={roles}
            label={`Role of group ${index + 1}`}
            value={row.roleId}
            onChange={(roleId) => form.setFieldValue(`groupRoles.${index}.roleId`, roleId)}
            error={form.errors[`groupRoles.${index}.roleId`]}
          />
          <ActionIcon
            className={classes.removeRow ?? ""}
            variant="subtle"
            color="gray"
            size={42}
            aria-label={`Remove group ${index + 1}`}
            onClick={() => form.removeListItem("groupRoles", index)}
          >
            <IconTrash size={18} />
          </ActionIcon>
        </div>
      ))}
      {rows.length < MAX_GROUP_ROLES && (
        <div>
          <Button
            variant="default"
            leftSection={<IconPlus size={18} />}
            onClick={() =>
              form.insertListItem("groupRoles", {
                key: `new-${rows.length}-${Math.random()}`,
                group: "",
                roleId: defaultRoleId(roles),
              })
            }
          >
            Add a group
          </Button>
        </div>
      )}
    </fieldset>
  );
}
