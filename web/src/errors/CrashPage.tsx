import { Button } from "@mantine/core";
import { IconMoodSad, IconRefresh } from "@tabler/icons-react";
import { useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { useLocation, useNavigate, useRouteError } from "react-router";
import { ofWorkspace } from "../api/outdated.ts";
import { EmptyState } from "../ui/empty-state.tsx";
import { MissingPart, reloadOnce } from "../ui/missing-part.ts";
import { usePageTitle } from "../ui/use-page-title.ts";
import { useVoice } from "../voice/use-voice.ts";
import { PlainFrame } from "../features/page-frames/plain-frame.tsx";
import { useTenant } from "../features/tenants/tenant-context.ts";

/** Replaces a page that crashed; the switcher and the account menu stay. The error goes to the console, for support. */
export function CrashPage() {
  return (
    <PlainFrame>
      <Broken />
    </PlainFrame>
  );
}

/** Replaces a page of a workspace that crashed. The frame and the audio stay, so people can also go to another page. */
export function CrashedPart() {
  const error = useRouteError();
  const { slug, name } = useTenant();
  const talking = useVoice(({ press }) => press.phase === "live" || press.phase === "asking");
  const queries = useQueryClient();
  const navigate = useNavigate();
  const location = useLocation();

  /** Removes what only this page had fetched, since that may have crashed it, and renders it again. */
  function retry() {
    queries.removeQueries({ ...ofWorkspace(slug), type: "inactive" });
    void navigate(location, { replace: true });
  }

  if (error instanceof MissingPart) return <Missing error={error} talking={talking} workspace={name} />;
  return (
    <Crash
      error={error}
      workspace={name}
      action={<Button onClick={retry}>Try again</Button>}
      more="Nothing was changed on the server, and your channels keep running. If it happens again, tell your operator what you were doing."
    />
  );
}

/** Replaces everything when the frame itself crashed. */
export function BareCrashPage() {
  return (
    <main>
      <Broken />
    </main>
  );
}

function Broken() {
  const error = useRouteError();
  if (error instanceof MissingPart) return <Missing error={error} talking={false} />;
  return (
    <Crash
      error={error}
      action={<Button onClick={() => window.location.reload()}>Reload</Button>}
      more="Nothing was changed on the server. Reload to continue. If it happens again, tell your operator what you were doing."
    />
  );
}

function Crash(props: { error: unknown; action: React.ReactNode; more: string; workspace?: string }) {
  console.error(props.error);
  usePageTitle("Broken", props.workspace);
  return (
    <EmptyState icon={<IconMoodSad />} title="This page broke" level={1} action={props.action}>
      {props.more}
    </EmptyState>
  );
}

/** A file of the app could not be loaded. After an update the page reloads by itself, but never while the person talks. */
function Missing({ error, talking, workspace }: { error: MissingPart; talking: boolean; workspace?: string }) {
  usePageTitle("Reload", workspace);
  useEffect(() => {
    if (error.isReplaced && !talking) reloadOnce();
  }, [error, talking]);
  return (
    <EmptyState
      icon={<IconRefresh />}
      title={error.isReplaced ? "whoot was updated" : "This page couldn't be loaded"}
      level={1}
      action={<Button onClick={() => window.location.reload()}>Reload</Button>}
    >
      {missingWords(error.isReplaced, talking)}
    </EmptyState>
  );
}

function missingWords(isReplaced: boolean, talking: boolean): string {
  if (!isReplaced) return "The server didn't send it. Check your connection, then reload.";
  if (talking) return "You're still live. The page reloads when you stop talking, to get the new version.";
  return "Reload the page to get the new version.";
}
