import { Button, Modal } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { notifications } from "@mantine/notifications";
import { IconCrown } from "@tabler/icons-react";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { api, call } from "../../api/client.ts";
import { words } from "../../api/errors.ts";
import { ofWorkspace } from "../../api/outdated.ts";
import type { Tenant } from "../../api/types.ts";
import { FailureNote } from "../../ui/failure.tsx";
import { Note } from "../../ui/note.tsx";
import { fromNow } from "../../ui/time.ts";
import formClasses from "../../ui/form.module.css";
import { useReauthentication } from "../accounts/use-reauthentication.tsx";
import classes from "./settings.module.css";
import { useTenant } from "./tenant-context.ts";

/** Shown on every page to the member who was offered ownership. */
export function OwnershipBanner() {
  const tenant = useTenant();
  const [answering, { open, close }] = useDisclosure();
  const offer = tenant.ownershipOffer;
  if (!offer?.can.answer) return null;
  return (
    <div className={classes.banner}>
      <Note
        tone="teal"
        icon={<IconCrown size={18} aria-hidden />}
        title={`${offer.offeredByName} wants to transfer ownership to you`}
        announced
        action={
          <Button size="xs" onClick={open}>
            Answer…
          </Button>
        }
      >
        You'd become the owner of {tenant.name}. The offer ends {fromNow(offer.expiresAt)}.
      </Note>
      <Modal opened={answering} onClose={close} title="Accept ownership" size="md">
        <AnswerForm tenant={tenant} onClose={close} />
      </Modal>
    </div>
  );
}

function AnswerForm({ tenant, onClose }: { tenant: Tenant; onClose: () => void }) {
  const queries = useQueryClient();
  const params = { path: { slug: tenant.slug } };
  const { confirmed, dialog } = useReauthentication();

  async function finish(message: string) {
    onClose();
    await queries.invalidateQueries(ofWorkspace(tenant.slug));
    notifications.show({ message });
  }

  const accept = useMutation({
    mutationFn: () => confirmed(() => call(api.POST("/api/v1/tenants/{slug}/ownership-offer/acceptance", { params }))),
    onSuccess: () => finish(`You now own ${tenant.name}.`),
  });
  const decline = useMutation({
    mutationFn: () => call(api.POST("/api/v1/tenants/{slug}/ownership-offer/refusal", { params })),
    onSuccess: () => finish("You declined. Nothing changes."),
  });

  const error = accept.error ?? decline.error;

  return (
    <div className={formClasses.form}>
      <p>
        As owner of {tenant.name} you are an Admin and can do everything. Only you can delete it or transfer ownership. To leave,
        transfer ownership first.
      </p>
      <FailureNote>{error && words(error)}</FailureNote>
      <div className={formClasses.actions}>
        <Button variant="default" loading={decline.isPending} onClick={() => decline.mutate()}>
          Decline
        </Button>
        <Button loading={accept.isPending} onClick={() => accept.mutate()}>
          Accept ownership
        </Button>
      </div>
      {dialog}
    </div>
  );
}
