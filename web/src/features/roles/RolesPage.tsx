import { PERMISSIONS } from "#contract/permissions.ts";
import { Skeleton } from "@mantine/core";
import { IconLock } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { failureCode } from "../../api/errors.ts";
import { rolesQuery } from "../../api/queries.ts";
import type { Role } from "../../api/types.ts";
import { EmptyState } from "../../ui/empty-state.tsx";
import { LoadFailure } from "../../ui/failure.tsx";
import { usePageTitle } from "../../ui/use-page-title.ts";
import classes from "../tenants/settings.module.css";
import { useTenant } from "../tenants/tenant-context.ts";

const CATEGORIES = [...new Set(PERMISSIONS.map(({ category }) => category))];

export function RolesPage() {
  const tenant = useTenant();
  usePageTitle("Roles", tenant.name);
  const roles = useQuery(rolesQuery(tenant.slug));
  return (
    <>
      <h1>Roles</h1>
      {roles.isPending && <Skeleton height={56} radius="lg" />}
      {roles.isError &&
        (failureCode(roles.error) === "forbidden" ? (
          <EmptyState icon={<IconLock />} title="Roles are hidden from you">
            Your role, {tenant.self.roleName}, doesn&apos;t show what roles allow. An admin can change your role.
          </EmptyState>
        ) : (
          <LoadFailure error={roles.error} retry={() => void roles.refetch()} />
        ))}
      {roles.data?.map((role) => (
        <RoleCard key={role.roleId} role={role} />
      ))}
    </>
  );
}

function RoleCard({ role }: { role: Role }) {
  const held = new Set<string>(role.permissions);
  return (
    <details className={classes.role}>
      <summary>
        <h2>{role.name}</h2>
        <span>
          {held.size === PERMISSIONS.length ? "Everything" : `${held.size} of ${PERMISSIONS.length} permissions`}
          {role.builtIn ? " · built in" : ""}
        </span>
      </summary>
      <div className={classes.categories}>
        {CATEGORIES.map((category) => {
          const allowed = PERMISSIONS.filter((entry) => entry.category === category && held.has(entry.name));
          return allowed.length === 0 ? null : (
            <section key={category}>
              <h3>{category}</h3>
              <ul>
                {allowed.map(({ name, allows }) => (
                  <li key={name}>{allows}</li>
                ))}
              </ul>
            </section>
          );
        })}
      </div>
    </details>
  );
}
