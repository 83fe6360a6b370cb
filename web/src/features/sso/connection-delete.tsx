import { Button, Modal } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "react-router";
import { api, call } from "../../api/client.ts";
import { words } from "../../api/errors.ts";
import { showing } from "../../api/outdated.ts";
import type { SsoConnection } from "../../api/types.ts";
import { paths } from "../../paths.ts";
import { people } from "../../ui/counted.ts";
import { FailureNote } from "../../ui/failure.tsx";
import formClasses from "../../ui/form.module.css";
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
      <Modal opened={opened} onClose={onClose} title={`Delete ${name}`}>
        <div className={formClasses.form}>
          <p>
            {connection.people === 0
              ? "Nobody has signed in through it yet."
              : `${people(connection.people)} signed in through it. They stay members. Those who are inside through it have to sign in another way, and their talks end.`}{" "}
            It can&apos;t be brought back: a new connection has other URLs, which the provider must be told.
          </p>
          <FailureNote>{remove.isError && words(remove.error)}</FailureNote>
          <div className={formClasses.actions}>
            <Button variant="default" onClick={onClose} data-autofocus>
              Keep it
            </Button>
            <Button color="brick" loading={remove.isPending} onClick={() => remove.mutate()}>
              Delete {name}
            </Button>
          </div>
        </div>
      </Modal>
      {dialog}
    </>
  );
}
