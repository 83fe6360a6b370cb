import { Button, Modal } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useDisclosure } from "@mantine/hooks";
import { notifications } from "@mantine/notifications";
import { IconCrown } from "@tabler/icons-react";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { api, call } from "../../api/client.ts";
import { words } from "../../api/errors.ts";
import { keys } from "../../api/queries.ts";
import type { Tenant } from "../../api/types.ts";
import { useSubmit } from "../../api/use-submit.ts";
import { FailureNote } from "../../ui/failure.tsx";
import { Note } from "../../ui/note.tsx";
import { fromNow } from "../../ui/time.ts";
import { PasswordField } from "../../ui/password-field.tsx";
import formClasses from "../../ui/form.module.css";
import classes from "./settings.module.css";
import { useTenant } from "./tenant-context.ts";

/** On every page of the workspace, for whom it is offered to. */
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
        title={`${offer.offeredByName} offers you this workspace`}
        announced
        action={
          <Button size="xs" onClick={open}>
            Answer…
          </Button>
        }
      >
        You would own {tenant.name}. The offer ends {fromNow(offer.expiresAt)}.
      </Note>
      <Modal opened={answering} onClose={close} title={`Own ${tenant.name}`} size="md">
        <AnswerForm tenant={tenant} onClose={close} />
      </Modal>
    </div>
  );
}

function AnswerForm({ tenant, onClose }: { tenant: Tenant; onClose: () => void }) {
  const queries = useQueryClient();
  const params = { path: { slug: tenant.slug } };
  const form = useForm({
    initialValues: { password: "" },
    validate: { password: (value) => (value === "" ? "Enter your password to accept." : null) },
  });

  async function finish(message: string) {
    onClose();
    await queries.invalidateQueries({ queryKey: keys.workspace(tenant.slug) });
    notifications.show({ message });
  }

  const { busy, failure, onSubmit } = useSubmit(form, async (body) => {
    await call(api.POST("/api/v1/tenants/{slug}/ownership-offer/acceptance", { params, body }));
    await finish(`You own ${tenant.name} now.`);
  });
  const decline = useMutation({
    mutationFn: () => call(api.POST("/api/v1/tenants/{slug}/ownership-offer/refusal", { params })),
    onSuccess: () => finish("You declined. Everything stays as it is."),
  });

  return (
    <form className={formClasses.form} onSubmit={onSubmit} noValidate>
      <p>
        As its owner you are an Admin and can do everything in it. You alone can delete it or hand it on, and you can leave it
        only after that.
      </p>
      <FailureNote>{failure ?? (decline.error && words(decline.error))}</FailureNote>
      <PasswordField label="Your password" autoComplete="current-password" data-autofocus {...form.getInputProps("password")} />
      <div className={formClasses.actions}>
        <Button variant="default" loading={decline.isPending} onClick={() => decline.mutate()}>
          Decline
        </Button>
        <Button type="submit" loading={busy}>
          Own {tenant.name}
        </Button>
      </div>
    </form>
  );
}
