import type { BuiltInRole } from "#contract/permissions.ts";
import { Textarea, TextInput } from "@mantine/core";
import { useTenant } from "../tenants/tenant-context.ts";
import { PermissionGroups } from "./permission-groups.tsx";
import { nearestBuiltIn } from "./role-diff.ts";
import classes from "./roles.module.css";
import { heldBy, type RoleFormState } from "./use-role-form.ts";

interface RoleFieldsProps {
  form: RoleFormState;
  builtIn?: BuiltInRole | null;
  readOnly?: boolean;
}

export function RoleFields({ form, builtIn = null, readOnly = false }: RoleFieldsProps) {
  const { self } = useTenant();
  const held = heldBy(form.getValues());
  const mine = new Set(self.permissions);
  return (
    <>
      {!readOnly && (
        <div className={classes.fields}>
          <TextInput label="Name" placeholder="Dispatcher" autoComplete="off" {...form.getInputProps("name")} />
          <Textarea
            label="Description"
            description="Optional: whom it is for"
            autosize
            minRows={1}
            maxRows={4}
            {...form.getInputProps("description")}
          />
        </div>
      )}
      <PermissionGroups
        held={held}
        compareWith={builtIn === null ? nearestBuiltIn(held) : builtIn === "member" ? "viewer" : "member"}
        readOnly={readOnly}
        mayGrant={(permission) => mine.has(permission)}
        onChange={(held) => form.setFieldValue("permissions", [...held])}
      />
    </>
  );
}
