import { isAvailable } from "#contract/permissions.ts";
import { Select, Skeleton } from "@mantine/core";
import { IconAlertCircle, IconClock, IconLock } from "@tabler/icons-react";
import { notifications } from "@mantine/notifications";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useRef, useState } from "react";
import { useNavigate, useSearchParams } from "react-router";
import { api, call } from "../../api/client.ts";
import { rolesQuery } from "./queries.ts";
import { showing } from "../../api/outdated.ts";
import type { Role } from "../../api/types.ts";
import { useSubmit } from "../../api/use-submit.ts";
import { paths } from "../../paths.ts";
import { BackLink } from "../../ui/back-link.tsx";
import { counted } from "../../ui/counted.ts";
import { EmptyState } from "../../ui/empty-state.tsx";
import { LoadFailure } from "../../ui/failure.tsx";
import { Note } from "../../ui/note.tsx";
import { UnsavedGuard } from "../../ui/unsaved-guard.tsx";
import { usePageTitle } from "../../ui/use-page-title.ts";
import { useTenant } from "../tenants/tenant-context.ts";
import { RoleFields } from "./role-fields.tsx";
import classes from "./roles.module.css";
import { SaveBar } from "./save-bar.tsx";
import { changeWords, useRoleForm } from "./use-role-form.ts";

export function NewRolePage() {
  const tenant = useTenant();
  usePageTitle("New role", tenant.name);
  const [search] = useSearchParams();
  const roles = useQuery(rolesQuery(tenant.slug));
  return (
    <>
      <BackLink to={paths.settingsRoles(tenant.slug)}>Roles</BackLink>
      <h1>New role</h1>
      {!tenant.can.createRoles ? (
        <EmptyState icon={<IconLock />} title="You can't create roles here">
          Your role, {tenant.self.roleName}, doesn&apos;t allow it. An admin can.
        </EmptyState>
      ) : (
        <>
          {roles.isPending && <Skeleton height={400} radius="lg" />}
          {roles.isError && <LoadFailure error={roles.error} retry={() => void roles.refetch()} />}
          {roles.data && <NewRole roles={roles.data} copied={roles.data.find(({ roleId }) => roleId === search.get("copy"))} />}
        </>
      )}
    </>
  );
}

function NewRole({ roles, copied }: { roles: Role[]; copied: Role | undefined }) {
  const { slug, can } = useTenant();
  const queries = useQueryClient();
  const navigate = useNavigate();
  const [source, setSource] = useState(copied);
  const givable = new Set(can.givePermissions);
  const granted = (role: Role | undefined) =>
    (role?.permissions ?? []).filter((permission) => isAvailable(permission) && givable.has(permission));
  const [initial] = useState(() => ({
    // 60 is the maximum length of a name.
    name: copied ? `Copy of ${copied.name}`.slice(0, 60) : "",
    description: copied?.description ?? "",
    permissions: granted(copied),
  }));
  const form = useRoleForm(initial);
  const created = useRef(false);
  const available = source?.permissions.filter(isAvailable).length ?? 0;
  const notMine = available - granted(source).length;
  const notYet = (source?.permissions.length ?? 0) - available;

  const { busy, failure, onSubmit } = useSubmit(form, async (body) => {
    const role = await call(api.POST("/api/v1/tenants/{slug}/roles", { params: { path: { slug } }, body }));
    created.current = true;
    await queries.invalidateQueries(showing(slug, "roles"));
    await navigate(paths.settingsRoles(slug));
    notifications.show({ message: `${role.name} was created. You can now give it to people.` });
  });
  const { permissions } = form.getValues();

  return (
    <form onSubmit={onSubmit} noValidate>
      <UnsavedGuard isUnsaved={() => !created.current && changeWords(initial, form.getValues()) !== null} />
      <Select
        className={classes.begin}
        label="Start with"
        description="The permissions of another role, or none"
        data={[
          { value: "", label: "Nothing" },
          ...roles.map(({ roleId, name, permissions: { length } }) => ({
            value: roleId,
            label: `${name} (${counted(length, "permission", "permissions")})`,
          })),
        ]}
        value={source?.roleId ?? ""}
        onChange={(roleId) => {
          const chosen = roles.find((role) => role.roleId === roleId);
          setSource(chosen);
          form.setFieldValue("permissions", granted(chosen));
        }}
      />
      {notMine > 0 && (
        <Note tone="amber" icon={<IconAlertCircle size={18} aria-hidden />} announced>
          {counted(notMine, "permission", "permissions")} of {source?.name} left out: you can&apos;t give what you don&apos;t
          have.
        </Note>
      )}
      {notYet > 0 && (
        <Note tone="plain" icon={<IconClock size={18} aria-hidden />} announced>
          {counted(notYet, "permission", "permissions")} of {source?.name} left out: not available yet.
        </Note>
      )}
      <RoleFields key={source?.roleId ?? ""} form={form} />
      <SaveBar
        says={`${counted(permissions.length, "permission", "permissions")} chosen. Nobody has it yet.`}
        action="Create role"
        busy={busy}
        failure={failure}
      />
    </form>
  );
}
