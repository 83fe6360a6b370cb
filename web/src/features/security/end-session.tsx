import { Button } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { api, call } from "../../api/client.ts";
import { showing } from "../../api/outdated.ts";
import type { MemberSession } from "../../api/types.ts";
import { DestructiveDialog } from "../../ui/destructive-dialog.tsx";
import { useReauthentication } from "../accounts/use-reauthentication.tsx";
import { useTenant } from "../tenants/tenant-context.ts";

interface EndSessionProps {
  /** Null while the dialog is closed. */
  session: MemberSession | null;
  /** Whether the member has other sessions here. */
  hasOthers: boolean;
  onClose: () => void;
}

export function EndSession({ session, hasOthers, onClose }: EndSessionProps) {
  const { slug, name: workspace } = useTenant();
  const queries = useQueryClient();
  const { confirmed, dialog } = useReauthentication();
  const end = useMutation({
    mutationFn: ({ sessionId, memberId, all }: MemberSession & { all: boolean }) =>
      all
        ? confirmed(() =>
            call(api.DELETE("/api/v1/tenants/{slug}/members/{memberId}/sessions", { params: { path: { slug, memberId } } })),
          )
        : call(api.DELETE("/api/v1/tenants/{slug}/sessions/{sessionId}", { params: { path: { slug, sessionId } } })),
    onSuccess: (_, { name, all }) => {
      notifications.show({ message: all ? `All sessions of ${name} have ended.` : `The session of ${name} has ended.` });
      close();
    },
    onSettled: () => queries.invalidateQueries(showing(slug, "sessions", "auditLog")),
  });

  function close() {
    end.reset();
    onClose();
  }

  return (
    <>
      <DestructiveDialog
        title={`End the session of ${session?.name ?? ""}`}
        opened={session !== null}
        onClose={close}
        error={end.error}
        act="End this session"
        acting={end.isPending && !end.variables.all}
        onAct={() => session && end.mutate({ ...session, all: false })}
        otherAct={
          hasOthers && (
            <Button
              variant="outline"
              color="brick"
              loading={end.isPending && end.variables.all}
              onClick={() => session && end.mutate({ ...session, all: true })}
            >
              End all of theirs
            </Button>
          )
        }
      >
        <p>
          Talks in progress end at once. They must confirm that it&apos;s them before they enter {workspace} again. Their other
          workspaces stay as they are.
        </p>
      </DestructiveDialog>
      {dialog}
    </>
  );
}
