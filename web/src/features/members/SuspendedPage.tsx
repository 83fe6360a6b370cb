import { Button, Group } from "@mantine/core";
import { IconUserPause } from "@tabler/icons-react";
import { Link } from "react-router";
import { paths } from "../../paths.ts";
import { EmptyState } from "../../ui/empty-state.tsx";
import { usePageTitle } from "../../ui/use-page-title.ts";
import { PlainFrame } from "../tenants/plain-frame.tsx";

/** The whole workspace, to somebody whose membership is suspended. */
export function SuspendedPage({ retry }: { retry: () => void }) {
  usePageTitle("Suspended");
  return (
    <PlainFrame>
      <EmptyState
        icon={<IconUserPause />}
        title="You are suspended from this workspace"
        level={1}
        action={
          <Group justify="center">
            <Button component={Link} to={paths.home()}>
              Go to my workspaces
            </Button>
            <Button variant="default" onClick={retry}>
              Try again
            </Button>
          </Group>
        }
      >
        An admin has closed it to you for now. Nothing of yours was removed: once an admin reactivates you, everything is as it
        was.
      </EmptyState>
    </PlainFrame>
  );
}
