import { notifications } from "@mantine/notifications";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "react-router";
import { api, call } from "../../api/client.ts";
import { showing } from "../../api/outdated.ts";
import type { SsoConnection } from "../../api/types.ts";
import { paths } from "../../paths.ts";
import { people } from "../../ui/counted.ts";
import { DestructiveDialog } from "../../ui/destructive-dialog.tsx";
import { useReauthentication } from "../accounts/use-reauthentication.tsx";
import { useTenant } from "../tenants/tenant-context.ts";

interface ConnectionDeleteProps {
  connection: SsoConnection;
  opened: boolean;
  onClose: () => void;
}

export function ConnectionDelete({ connection, opened, onClose }: ConnectionDeleteProps) {
  const { slug } = useTenant();
  const queries = useQueryClient();
  const navigate = useNavigate();
  const { confirmed, dialog } = useReauthentication();
  const { connectionId, name } = connection;
  const remove = useMutation({
    mutationFn: () =>
      confirmed(() =>
        call(api.DELETE("/api/v1/tenants/{slug}/sso/connections/{connectionId}", { params: { path: { slug, connectionId } } })),
      ),
    onSuccess: async () => {
      onClose();
      await navigate(paths.settingsSecurity(slug), { replace: true });
      await queries.invalidateQueries(showing(slug, "sso", "auditLog"));
      notifications.show({ message: `${name} was deleted.` });
    },
  });
  return (
    <>
      <DestructiveDialog
        title={`Delete ${name}`}
        opened={opened}
        onClose={onClose}
        error={remove.error}
        act={`Delete ${name}`}
        acting={remove.isPending}
        onAct={() => remove.mutate()}
      >
        <p>
          {connection.people === 0
            ? "Nobody has signed in through it yet."
            : `${people(connection.people)} signed in through it. They stay members, but must sign in another way, and their talks end.`}{" "}
          This can&apos;t be undone. A new connection has other URLs, which you must enter at the provider.
        </p>
      </DestructiveDialog>
      {dialog}
    </>
  );
}
