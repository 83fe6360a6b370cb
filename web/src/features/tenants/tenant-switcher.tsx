import { Menu, UnstyledButton, VisuallyHidden } from "@mantine/core";
import { IconCheck, IconPlus, IconSelector } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "react-router";
import { meQuery } from "../../api/queries.ts";
import type { Tenant } from "../../api/types.ts";
import { paths } from "../../paths.ts";
import classes from "./tenant-switcher.module.css";
import { WorkspaceMark } from "./workspace-mark.tsx";

interface TenantSwitcherProps {
  /** The workspace that is open; null outside of any. */
  current: Pick<Tenant, "slug" | "name" | "logoId" | "display"> | null;
}

export function TenantSwitcher({ current }: TenantSwitcherProps) {
  const { data: me } = useQuery(meQuery());
  return (
    <Menu position="bottom-start" width={280} withinPortal={false} withInitialFocusPlaceholder={false}>
      <Menu.Target>
        <UnstyledButton className={classes.target}>
          {current && <VisuallyHidden>Workspace: </VisuallyHidden>}
          {current && (
            <WorkspaceMark
              name={current.name}
              slug={current.slug}
              logoId={current.logoId}
              accentColour={current.display.accentColour}
            />
          )}
          <span className={classes.name}>{current?.name ?? "Workspaces"}</span>
          <IconSelector size={18} aria-hidden />
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>Your workspaces</Menu.Label>
        <div className={classes.list}>
          {me?.tenants.map(({ slug, name, roleName, logoId, accentColour }) => (
            <Menu.Item
              key={slug}
              component={Link}
              to={paths.board(slug)}
              aria-current={slug === current?.slug ? "true" : undefined}
              leftSection={<WorkspaceMark name={name} slug={slug} logoId={logoId} accentColour={accentColour} />}
              rightSection={slug === current?.slug ? <IconCheck size={18} aria-label="Current" /> : null}
            >
              <span className={classes.item}>{name}</span>
              <span className={classes.role}>{roleName}</span>
            </Menu.Item>
          ))}
        </div>
        <Menu.Divider />
        <Menu.Item component={Link} to={paths.newWorkspace()} leftSection={<IconPlus size={18} />}>
          Create a workspace
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
