import { Button, Group } from "@mantine/core";
import { IconUserPause } from "@tabler/icons-react";
import { Link } from "react-router";
import { paths } from "../paths.ts";
import { EmptyState } from "../ui/empty-state.tsx";
import { usePageTitle } from "../ui/use-page-title.ts";
import { PlainFrame } from "../features/page-frames/plain-frame.tsx";

/** Replaces the whole workspace for a member who is suspended. */
export function SuspendedPage({ retry }: { retry: () => void }) {
  usePageTitle("Suspended");
  return (
    <PlainFrame>
      <EmptyState
        icon={<IconUserPause />}
        title="You're suspended from this workspace"
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
        An admin suspended you. Nothing was removed: when an admin reactivates you, everything will be as it was.
      </EmptyState>
    </PlainFrame>
  );
}
