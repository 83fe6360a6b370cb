import { Button, Modal } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { api, call } from "../../api/client.ts";
import { words } from "../../api/errors.ts";
import { showing } from "../../api/outdated.ts";
import type { Member } from "../../api/types.ts";
import { FailureNote } from "../../ui/failure.tsx";
import formClasses from "../../ui/form.module.css";
import { Name } from "../../ui/name.tsx";
import { useReauthentication } from "../accounts/use-reauthentication.tsx";
import { useTenant } from "../tenants/tenant-context.ts";

interface MfaResetProps {
  /** Null while the dialog is closed. */
  member: Member | null;
  onClose: () => void;
}

/** Asks before a member is mailed the link that turns off their two-step verification. */
export function MfaReset({ member, onClose }: MfaResetProps) {
  const { slug } = useTenant();
  const queries = useQueryClient();
  const { confirmed, dialog } = useReauthentication();
  const ask = useMutation({
    mutationFn: ({ memberId }: Member) =>
      confirmed(() =>
        call(api.POST("/api/v1/tenants/{slug}/members/{memberId}/mfa-reset", { params: { path: { slug, memberId } } })),
      ),
    onSuccess: async (_, { name }) => {
      await queries.invalidateQueries(showing(slug, "auditLog"));
      notifications.show({ message: `${name} gets a mail with a link.` });
      close();
    },
  });

  function close() {
    ask.reset();
    onClose();
  }

  return (
    <>
      <Modal
        opened={member !== null}
        onClose={close}
        title="Turn off two-step verification"
        attributes={{ header: { role: "presentation" } }}
      >
        {member && (
          <div className={formClasses.form}>
            <p>
              For <Name>{member.name}</Name>, who lost their devices and recovery codes.{" "}
              <strong>Make sure first that it is them</strong>: call them, or meet them. They get a mail with a link that works
              for an hour, together with their password.
            </p>
            <p>
              Their account may belong to other workspaces, too. If so, an admin of each of these must ask, too, before it is
              turned off. The owner of this workspace is told.
            </p>
            <FailureNote>{ask.isError && words(ask.error)}</FailureNote>
            <div className={formClasses.actions}>
              <Button variant="default" onClick={close} data-autofocus>
                Cancel
              </Button>
              <Button color="brick" loading={ask.isPending} onClick={() => ask.mutate(member)}>
                Mail the link
              </Button>
            </div>
          </div>
        )}
      </Modal>
      {dialog}
    </>
  );
}
