import { Popover, UnstyledButton, VisuallyHidden } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconSelector, IconVolume } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { meQuery } from "../accounts/queries.ts";
import { myInvitationsQuery } from "../invitations/queries.ts";
import type { Tenant } from "../../api/types.ts";
import { SwitcherPanel } from "./switcher-panel.tsx";
import classes from "./tenant-switcher.module.css";
import { invitationWords, newWords, talkingWords, useActivityElsewhere } from "../my-tenants/use-activity.ts";
import { WorkspaceMark } from "../tenants/workspace-mark.tsx";

interface TenantSwitcherProps {
  /** The open workspace; null outside any. */
  current: Pick<Tenant, "tenantId" | "slug" | "name" | "logoId" | "display"> | null;
}

/** Shows the open workspace and who talks in another one, and opens the list of all. */
export function TenantSwitcher({ current }: TenantSwitcherProps) {
  const [opened, { close, toggle }] = useDisclosure();
  return (
    <Popover
      position="bottom-start"
      width="min(344px, calc(100vw - 16px))"
      radius="lg"
      shadow="lg"
      offset={6}
      trapFocus
      withinPortal={false}
      opened={opened}
      onChange={(open) => !open && close()}
    >
      <Popover.Target>
        <UnstyledButton className={classes.target} onClick={toggle}>
          {current && (
            <WorkspaceMark
              name={current.name}
              tenantId={current.tenantId}
              slug={current.slug}
              logoId={current.logoId}
              accentColour={current.display.accentColour}
            />
          )}
          <span className={classes.label}>
            {current && <VisuallyHidden>Workspace: </VisuallyHidden>}
            <span translate="no" className={classes.name}>
              {current?.name ?? "Workspaces"}
            </span>
            <Elsewhere current={current?.slug ?? null} />
          </span>
          <IconSelector size={18} aria-hidden />
        </UnstyledButton>
      </Popover.Target>
      <Popover.Dropdown className={classes.panel}>
        <SwitcherPanel current={current?.slug ?? null} onDone={close} />
      </Popover.Dropdown>
    </Popover>
  );
}

/** One line about the other workspaces: who talks there, or else new recordings and open invitations. */
function Elsewhere({ current }: { current: string | null }) {
  const { data: me } = useQuery({ ...meQuery(), retry: false });
  const { data: invitations } = useQuery({ ...myInvitationsQuery(), enabled: me !== undefined });
  const activity = useActivityElsewhere(current);
  const speaking =
    [...activity.values()].find((workspace) => workspace.talking.some(({ isSelf }) => !isSelf)) ??
    [...activity.values()].find((workspace) => workspace.talking.length > 0);
  if (speaking) {
    const name = me?.tenants.find(({ slug }) => slug === speaking.slug)?.name ?? "";
    return (
      <span translate="no" className={classes.elsewhere} data-talking title={`${talkingWords(speaking)}, ${name}`}>
        <IconVolume size={14} aria-hidden />
        <VisuallyHidden>{talkingWords(speaking)}, </VisuallyHidden>
        <span>
          <span aria-hidden>{speaking.talking[0]?.isSelf ? "You" : speaking.talking[0]?.name} · </span>
          {name}
        </span>
      </span>
    );
  }
  const fresh = [...activity.values()].reduce((sum, { newRecordings }) => sum + newRecordings, 0);
  const waiting = invitations?.length ?? 0;
  const parts = [fresh > 0 && `${newWords(fresh)} new elsewhere`, waiting > 0 && invitationWords(waiting)].filter(Boolean);
  return (
    parts.length > 0 && (
      <span translate="no" className={classes.elsewhere}>
        {parts.join(" · ")}
      </span>
    )
  );
}
