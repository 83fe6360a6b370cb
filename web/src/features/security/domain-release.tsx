import { notifications } from "@mantine/notifications";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { api, call } from "../../api/client.ts";
import { showing } from "../../api/outdated.ts";
import type { Domain } from "../../api/types.ts";
import { DestructiveDialog } from "../../ui/destructive-dialog.tsx";
import { useReauthentication } from "../accounts/use-reauthentication.tsx";
import { useTenant } from "../tenants/tenant-context.ts";

interface DomainReleaseProps {
  domain: Domain;
  opened: boolean;
  onClose: () => void;
}

export function DomainRelease({ domain, opened, onClose }: DomainReleaseProps) {
  const { slug, name } = useTenant();
  const queries = useQueryClient();
  const { confirmed, dialog } = useReauthentication();
  const { domainId, displayName, state } = domain;
  const holds = state === "verified" || state === "failing";
  const release = useMutation({
    mutationFn: () =>
      confirmed(() => call(api.DELETE("/api/v1/tenants/{slug}/domains/{domainId}", { params: { path: { slug, domainId } } }))),
    onSuccess: async () => {
      onClose();
      await queries.invalidateQueries(showing(slug, "domains", "auditLog"));
      notifications.show({ message: `${displayName} was released.` });
    },
  });
  return (
    <>
      <DestructiveDialog
        title={`Release ${displayName}`}
        opened={opened}
        onClose={onClose}
        error={release.error}
        act={`Release ${displayName}`}
        acting={release.isPending}
        onAct={() => release.mutate()}
      >
        <p>
          {holds
            ? `${name} loses ${displayName}, and another workspace can claim it. To get it back you need a new record.`
            : `whoot no longer accepts its record. You can add the domain again, with a new record.`}
        </p>
      </DestructiveDialog>
      {dialog}
    </>
  );
}
