import { Button, Modal } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { api, call } from "../../api/client.ts";
import { words } from "../../api/errors.ts";
import { showing } from "../../api/outdated.ts";
import type { Domain } from "../../api/types.ts";
import { FailureNote } from "../../ui/failure.tsx";
import formClasses from "../../ui/form.module.css";
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
      <Modal opened={opened} onClose={onClose} title={`Release ${displayName}`}>
        <div className={formClasses.form}>
          <p>
            {holds
              ? `${name} loses ${displayName}, and another workspace can claim it. To get it back you need a new record.`
              : `Its record stops counting. You can add the domain again, with a new record.`}
          </p>
          <FailureNote>{release.isError && words(release.error)}</FailureNote>
          <div className={formClasses.actions}>
            <Button variant="default" onClick={onClose} data-autofocus>
              Keep it
            </Button>
            <Button color="brick" loading={release.isPending} onClick={() => release.mutate()}>
              Release {displayName}
            </Button>
          </div>
        </div>
      </Modal>
      {dialog}
    </>
  );
}
