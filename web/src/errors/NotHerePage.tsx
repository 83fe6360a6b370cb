import { Button } from "@mantine/core";
import { IconCompassOff } from "@tabler/icons-react";
import { Link } from "react-router";
import { paths } from "../paths.ts";
import { EmptyState } from "../ui/empty-state.tsx";
import { usePageTitle } from "../ui/use-page-title.ts";
import { useTenant } from "../features/tenants/tenant-context.ts";

/** An unknown address inside a workspace. The frame and the audio stay. */
export function NotHerePage() {
  const { slug, name } = useTenant();
  usePageTitle("Not found", name);
  return (
    <EmptyState
      icon={<IconCompassOff />}
      title="There is nothing at this address"
      level={1}
      action={
        <Button component={Link} to={paths.board(slug)}>
          Back to the board
        </Button>
      }
    >
      Check the address for a typo, or go back to the board.
    </EmptyState>
  );
}
