import { notifications } from "@mantine/notifications";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { api, call } from "../../api/client.ts";
import { showing } from "../../api/outdated.ts";
import type { SsoConnection, SsoIdentity } from "../../api/types.ts";
import { DestructiveDialog } from "../../ui/destructive-dialog.tsx";
import { useReauthentication } from "../accounts/use-reauthentication.tsx";
import { useTenant } from "../tenants/tenant-context.ts";

interface EndIdentityProps {
  connection: SsoConnection;
  /** Null while the dialog is closed. */
  identity: SsoIdentity | null;
  onClose: () => void;
}

export function EndIdentity({ connection: { connectionId, name: connection }, identity, onClose }: EndIdentityProps) {
  const { slug, name: workspace } = useTenant();
  const queries = useQueryClient();
  const { confirmed, dialog } = useReauthentication();
  const end = useMutation({
    mutationFn: ({ memberId }: SsoIdentity) =>
      confirmed(() =>
        call(
          api.DELETE("/api/v1/tenants/{slug}/sso/connections/{connectionId}/identities/{memberId}", {
            params: { path: { slug, connectionId, memberId } },
          }),
        ),
      ),
    onSuccess: (_, { name }) => {
      notifications.show({ message: `${name} is no longer joined to ${connection}.` });
      close();
    },
    onSettled: () => queries.invalidateQueries(showing(slug, "sso", "sessions", "auditLog")),
  });

  function close() {
    end.reset();
    onClose();
  }

  return (
    <>
      <DestructiveDialog
        title={`Separate ${identity?.name ?? ""} from ${connection}`}
        opened={identity !== null}
        onClose={close}
        error={end.error}
        act="Separate"
        acting={end.isPending}
        onAct={() => identity && end.mutate(identity)}
      >
        <p>
          What they proved through {connection} no longer counts, and talks that depend on it end at once. They stay a member of{" "}
          {workspace} and get a mail.
        </p>
        <p>
          If their address is on a verified domain, their next sign-in through {connection} joins them again. To keep them out,
          suspend or remove them.
        </p>
      </DestructiveDialog>
      {dialog}
    </>
  );
}
