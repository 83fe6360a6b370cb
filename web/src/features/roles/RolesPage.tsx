import { builtInPermissions, PERMISSIONS } from "#contract/permissions.ts";
import { Button, Skeleton } from "@mantine/core";
import { IconLock, IconPlus } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "react-router";
import { failureCode } from "../../api/errors.ts";
import { rolesQuery } from "./queries.ts";
import type { Role } from "../../api/types.ts";
import { paths } from "../../paths.ts";
import { people } from "../../ui/counted.ts";
import { EmptyState } from "../../ui/empty-state.tsx";
import { LoadFailure } from "../../ui/failure.tsx";
import { usePageTitle } from "../../ui/use-page-title.ts";
import { WithReason } from "../../ui/with-reason.tsx";
import { useTenant } from "../tenants/tenant-context.ts";
import { diffWords } from "./role-diff.ts";
import classes from "./roles.module.css";

export function RolesPage() {
  const tenant = useTenant();
  usePageTitle("Roles", tenant.name);
  const navigate = useNavigate();
  const roles = useQuery(rolesQuery(tenant.slug));
  const reason = tenant.can.createRoles ? null : `Your role, ${tenant.self.roleName}, can't create roles. An admin can.`;
  return (
    <>
      <header className={classes.head}>
        <div>
          <h1>Roles</h1>
          <p className={classes.lead}>What people can do in this workspace. Everyone has one role.</p>
        </div>
        <WithReason reason={reason}>
          <Button leftSection={<IconPlus size={18} />} onClick={() => void navigate(paths.newRole(tenant.slug))}>
            Create a role
          </Button>
        </WithReason>
      </header>
      {roles.isPending && <Skeleton height={224} radius="lg" />}
      {roles.isError &&
        (failureCode(roles.error) === "forbidden" ? (
          <EmptyState icon={<IconLock />} title="You can't see roles">
            Your role, {tenant.self.roleName}, doesn&apos;t let you see what roles allow. An admin can change your role.
          </EmptyState>
        ) : (
          <LoadFailure error={roles.error} retry={() => void roles.refetch()} />
        ))}
      {roles.data && (
        <ul className={classes.list} aria-label="Roles">
          {roles.data.map((role) => (
            <RoleRow key={role.roleId} role={role} />
          ))}
        </ul>
      )}
      {roles.data?.every(({ builtIn }) => builtIn !== null) && (
        <p className={classes.hint}>
          These three roles are built in and can&apos;t be changed. To make your own, copy one of them or start from scratch.
        </p>
      )}
    </>
  );
}

function RoleRow({ role }: { role: Role }) {
  const { slug } = useTenant();
  const held = new Set(role.permissions);
  return (
    <li className={classes.row}>
      <Link to={paths.settingsRole(slug, role.roleId)} className={classes.roleLink}>
        <span className={classes.roleName}>{role.name}</span>
        {role.description && <span className={classes.dim}>{role.description}</span>}
      </Link>
      <span className={classes.dim}>
        {role.builtIn === null
          ? diffWords(held)
          : `Built in · ${held.size === PERMISSIONS.length ? "everything" : `${builtInPermissions(role.builtIn).size} permissions`}`}
      </span>
      <span className={classes.count}>{people(role.uses.members)}</span>
    </li>
  );
}
