import { useDisclosure } from "@mantine/hooks";
import { IconPlus, IconUserPlus } from "@tabler/icons-react";
import { ChannelCreate } from "../channels/channel-create.tsx";
import { InvitationCreate } from "../invitations/invitation-create.tsx";
import { Palette } from "../palette/palette.tsx";
import { useTenant } from "./tenant-context.ts";

/** The palette of an open workspace: what can be done in it can be done from there. */
export function WorkspacePalette() {
  const { can, self } = useTenant();
  const [creating, create] = useDisclosure();
  const [inviting, invite] = useDisclosure();
  const cannot = (what: string) => `Your role, ${self.roleName}, can't ${what}`;
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
      />
      <ChannelCreate opened={creating} onClose={create.close} />
      <InvitationCreate opened={inviting} onClose={invite.close} />
    </>
  );
}
