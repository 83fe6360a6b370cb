import { Popover, UnstyledButton, VisuallyHidden } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconSelector, IconVolume } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { meQuery, myInvitationsQuery } from "../../api/queries.ts";
import type { Tenant } from "../../api/types.ts";
import { SwitcherPanel } from "./switcher-panel.tsx";
import classes from "./tenant-switcher.module.css";
import { invitationWords, newWords, talkingWords, useActivityElsewhere } from "./use-activity.ts";
import { WorkspaceMark } from "./workspace-mark.tsx";

interface TenantSwitcherProps {
  /** The workspace that is open; null outside of any. */
  current: Pick<Tenant, "tenantId" | "slug" | "name" | "logoId" | "display"> | null;
}

/** The workspace that is open, who talks in another one, and the way to all of them. */
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
            <span className={classes.name}>{current?.name ?? "Workspaces"}</span>
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

/** One line at most: a voice comes before what waits. */
function Elsewhere({ current }: { current: string | null }) {
  const { data: me } = useQuery({ ...meQuery(), retry: false });
  const { data: invitations } = useQuery({ ...myInvitationsQuery(), enabled: me !== undefined });
  const activity = useActivityElsewhere(current);
  const speaking =
    [...activity.values()].find((of) => of.talking.some(({ isSelf }) => !isSelf)) ??
    [...activity.values()].find((of) => of.talking.length > 0);
  if (speaking) {
    const name = me?.tenants.find(({ slug }) => slug === speaking.slug)?.name ?? "";
    return (
      <span className={classes.elsewhere} data-talking title={`${talkingWords(speaking)}, ${name}`}>
        <IconVolume size={14} aria-hidden />
        <VisuallyHidden>{talkingWords(speaking)}, </VisuallyHidden>
        <span>
          <span aria-hidden>{speaking.talking[0]?.isSelf ? "You" : speaking.talking[0]?.name} · </span>
          {name}
        </span>
      </span>
    );
  }
  const fresh = [...activity.values()].reduce((sum, of) => sum + of.newRecordings, 0);
  const waiting = invitations?.length ?? 0;
  const parts = [fresh > 0 && `${newWords(fresh)} new elsewhere`, waiting > 0 && invitationWords(waiting)].filter(Boolean);
  return parts.length > 0 && <span className={classes.elsewhere}>{parts.join(" · ")}</span>;
}
