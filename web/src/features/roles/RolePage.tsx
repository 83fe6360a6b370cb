import { Button, Skeleton } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconCopy, IconLock, IconTrash } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useNavigate, useParams } from "react-router";
import { failureCode } from "../../api/errors.ts";
import { roleQuery } from "./queries.ts";
import type { Role } from "../../api/types.ts";
import { paths } from "../../paths.ts";
import { BackLink } from "../../ui/back-link.tsx";
import { EmptyState } from "../../ui/empty-state.tsx";
import { LoadFailure } from "../../ui/failure.tsx";
import { usePageTitle } from "../../ui/use-page-title.ts";
import { WithReason } from "../../ui/with-reason.tsx";
import { useTenant } from "../tenants/tenant-context.ts";
import { RoleDelete } from "./role-delete.tsx";
import { RoleEdit } from "./role-edit.tsx";
import { RoleHolders } from "./role-holders.tsx";
import { refusalWords } from "./role-words.ts";
import classes from "./roles.module.css";

export function RolePage() {
  const tenant = useTenant();
  const { roleId = "" } = useParams();
  const role = useQuery(roleQuery(tenant.slug, roleId));
  usePageTitle(role.data?.name ?? "Role", tenant.name);
  return (
    <>
      <BackLink to={paths.settingsRoles(tenant.slug)}>Roles</BackLink>
      {role.isPending && <Skeleton height={400} radius="lg" />}
      {role.isError && <CannotShow error={role.error} retry={() => void role.refetch()} />}
      {role.data && !role.isError && <Shown key={roleId} role={role.data} />}
    </>
  );
}

function CannotShow({ error, retry }: { error: unknown; retry: () => void }) {
  const { self } = useTenant();
  switch (failureCode(error)) {
    case "not_found":
      return (
        <EmptyState icon={<IconTrash />} title="Role not found" level={1}>
          It may have been deleted.
        </EmptyState>
      );
    case "forbidden":
      return (
        <EmptyState icon={<IconLock />} title="You can't see roles" level={1}>
          Your role, {self.roleName}, doesn&apos;t let you see what roles allow. An admin can change your role.
        </EmptyState>
      );
    default:
      return <LoadFailure error={error} retry={retry} />;
  }
}

function Shown({ role }: { role: Role }) {
  const tenant = useTenant();
  const navigate = useNavigate();
  const [deleting, remove] = useDisclosure();
  const { deleteRefusal } = role.can;
  const cannotCopy = tenant.can.createRoles ? null : `Your role, ${tenant.self.roleName}, can't create roles. An admin can.`;
  return (
    <>
      <header className={classes.head}>
        <div className={classes.title}>
          <h1>{role.name}</h1>
          {role.builtIn !== null && <span className={classes.badge}>Built in</span>}
        </div>
        <div className={classes.actions}>
          <WithReason reason={cannotCopy}>
            <Button
              variant="default"
              leftSection={<IconCopy size={18} />}
              onClick={() => void navigate(paths.newRole(tenant.slug, role.roleId))}
            >
              Copy
            </Button>
          </WithReason>
          {role.builtIn === null && (
            <WithReason reason={deleteRefusal && refusalWords(deleteRefusal, role, tenant.self.roleName)}>
              <Button variant="outline" color="brick" leftSection={<IconTrash size={18} />} onClick={remove.open}>
                Delete…
              </Button>
            </WithReason>
          )}
        </div>
      </header>
      <RoleHolders role={role} />
      <RoleEdit role={role} />
      <RoleDelete role={role} opened={deleting} onClose={remove.close} />
    </>
  );
}
