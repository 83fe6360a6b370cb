import { Button } from "@mantine/core";
import { IconMoodSad } from "@tabler/icons-react";
import { useRouteError } from "react-router";
import { EmptyState } from "../../ui/empty-state.tsx";
import { PlainFrame } from "./plain-frame.tsx";

/** The page itself failed: the way to one's workspaces and out stays. What happened goes to the console, for whoever is asked to help. */
export function CrashPage() {
  console.error(useRouteError());
  return (
    <PlainFrame>
      <Broken />
    </PlainFrame>
  );
}

/** Should the frame be what fails. */
export function BareCrashPage() {
  console.error(useRouteError());
  return (
    <main>
      <Broken />
    </main>
  );
}

function Broken() {
  return (
    <EmptyState
      icon={<IconMoodSad />}
      title="This page broke"
      level={1}
      action={<Button onClick={() => window.location.reload()}>Reload</Button>}
    >
      Nothing was changed on the server. Reload to go on; if it happens again, tell your operator what you were doing.
    </EmptyState>
  );
}
