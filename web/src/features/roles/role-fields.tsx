import { Textarea, TextInput } from "@mantine/core";
import { useTenant } from "../tenants/tenant-context.ts";
import { PermissionGroups } from "./permission-groups.tsx";
import { nearestBuiltIn } from "./role-diff.ts";
import classes from "./roles.module.css";
import { heldBy, type RoleFormState } from "./use-role-form.ts";

export function RoleFields({ form }: { form: RoleFormState }) {
  const { can } = useTenant();
  const held = heldBy(form.getValues());
  const givable = new Set(can.givePermissions);
  return (
    <>
      <div className={classes.fields}>
        <TextInput label="Name" placeholder="Dispatcher" autoComplete="off" {...form.getInputProps("name")} />
        <Textarea
          label="Description"
          description="Optional: who the role is for"
          autosize
          minRows={1}
          maxRows={4}
          {...form.getInputProps("description")}
        />
      </div>
      <PermissionGroups
        held={held}
        compareWith={nearestBuiltIn(held)}
        mayGrant={(permission) => givable.has(permission)}
        onChange={(held) => form.setFieldValue("permissions", [...held])}
      />
    </>
  );
}
