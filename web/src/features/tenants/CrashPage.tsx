import { Button } from "@mantine/core";
import { IconMoodSad } from "@tabler/icons-react";
import { useQueryClient } from "@tanstack/react-query";
import { useLocation, useNavigate, useRouteError } from "react-router";
import { keys } from "../../api/queries.ts";
import { EmptyState } from "../../ui/empty-state.tsx";
import { usePageTitle } from "../../ui/use-page-title.ts";
import { PlainFrame } from "./plain-frame.tsx";
import { useTenant } from "./tenant-context.ts";

/** The page itself failed: the way to one's workspaces and out stays. What happened goes to the console, for whoever is asked to help. */
export function CrashPage() {
  console.error(useRouteError());
  return (
    <PlainFrame>
      <Broken />
    </PlainFrame>
  );
}

/** A part of a workspace failed: its frame, and the voices that one hears, stay. Going on to another page is the way out too. */
export function CrashedPart() {
  console.error(useRouteError());
  const { slug, name } = useTenant();
  usePageTitle("Broken", name);
  const queries = useQueryClient();
  const navigate = useNavigate();
  const location = useLocation();

  /** From the beginning: what only this page had fetched may be what it broke on. */
  function retry() {
    queries.removeQueries({ queryKey: keys.workspace(slug), type: "inactive" });
    void navigate(location, { replace: true });
  }

  return (
    <EmptyState icon={<IconMoodSad />} title="This page broke" level={1} action={<Button onClick={retry}>Try again</Button>}>
      Nothing was changed on the server, and your channels go on. Should it happen again, tell your operator what you were doing.
    </EmptyState>
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
  usePageTitle("Broken");
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
