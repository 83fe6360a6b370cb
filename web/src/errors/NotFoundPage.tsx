import { Button } from "@mantine/core";
import { IconCompassOff } from "@tabler/icons-react";
import { Link } from "react-router";
import { paths } from "../paths.ts";
import { EmptyState } from "../ui/empty-state.tsx";
import { PlainFrame } from "../features/page-frames/plain-frame.tsx";
import { usePageTitle } from "../ui/use-page-title.ts";

export function NotFoundPage() {
  usePageTitle("Not found");
  return (
    <PlainFrame>
      <EmptyState
        icon={<IconCompassOff />}
        title="There is nothing at this address"
        level={1}
        action={
          <Button component={Link} to={paths.home()}>
            Go to my workspaces
          </Button>
        }
      >
        The workspace may have been deleted, or you may not be a member. Check the address for a typo. If someone sent it to you,
        ask them for an invitation.
      </EmptyState>
    </PlainFrame>
  );
}
