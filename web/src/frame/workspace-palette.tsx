import { useDisclosure } from "@mantine/hooks";
import { IconPlus, IconUserPlus } from "@tabler/icons-react";
import { ChannelCreate } from "../features/channels/channel-create.tsx";
import { InvitationCreate } from "../features/invitations/invitation-create.tsx";
import { Palette } from "../features/palette/palette.tsx";
import { useTenant } from "../features/tenants/tenant-context.ts";

/** The palette of an open workspace, which also offers its actions. */
export function WorkspacePalette({ children }: { children: React.ReactNode }) {
  const { can, self } = useTenant();
  const [creating, create] = useDisclosure();
  const [inviting, invite] = useDisclosure();
  const cannot = (action: string) => `Your role, ${self.roleName}, can't ${action}`;
  return (
    <>
      <Palette
        actions={[
          {
            label: "Create a channel",
            also: "new add",
            icon: <IconPlus size={20} />,
            reason: can.createChannels ? null : cannot("create channels"),
            run: create.open,
          },
          {
            label: "Invite people",
            also: "add member user email",
            icon: <IconUserPlus size={20} />,
            reason: can.invite ? null : cannot("invite people"),
            run: invite.open,
          },
        ]}
      >
        {children}
      </Palette>
      <ChannelCreate opened={creating} onClose={create.close} />
      <InvitationCreate opened={inviting} onClose={invite.close} />
    </>
  );
}
