import { Button } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconLock, IconUserPlus } from "@tabler/icons-react";
import { EmptyState } from "../../ui/empty-state.tsx";
import { usePageTitle } from "../../ui/use-page-title.ts";
import { WithReason } from "../../ui/with-reason.tsx";
import { InvitationCreate } from "../invitations/invitation-create.tsx";
import { InvitationsList } from "../invitations/invitations-list.tsx";
import { useTenant } from "../tenants/tenant-context.ts";
import { Members } from "./members.tsx";
import classes from "./people.module.css";

export function PeoplePage() {
  const tenant = useTenant();
  usePageTitle("People", tenant.name);
  const [inviting, invite] = useDisclosure();

  return (
    <div className={classes.page}>
      <header className={classes.head}>
        <h1>People</h1>
        <WithReason reason={tenant.can.invite ? null : `Your role, ${tenant.self.roleName}, can't invite people. An admin can.`}>
          <Button leftSection={<IconUserPlus size={18} />} onClick={invite.open}>
            Invite people
          </Button>
        </WithReason>
      </header>
      {tenant.can.viewMembers ? (
        <Members />
      ) : (
        <EmptyState icon={<IconLock />} title="The member list is hidden from you">
          Your role, {tenant.self.roleName}, doesn&apos;t show it. An admin can change your role.
        </EmptyState>
      )}
      {tenant.can.invite && <InvitationsList />}
      <InvitationCreate opened={inviting} onClose={invite.close} />
    </div>
  );
}
