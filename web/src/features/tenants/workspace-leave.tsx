import { Button, Modal } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { notifications } from "@mantine/notifications";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "react-router";
import { api, call } from "../../api/client.ts";
import { words } from "../../api/errors.ts";
import { meQuery } from "../accounts/queries.ts";
import { ofWorkspace } from "../../api/outdated.ts";
import type { Tenant } from "../../api/types.ts";
import { paths } from "../../paths.ts";
import { FailureNote } from "../../ui/failure.tsx";
import { WithReason } from "../../ui/with-reason.tsx";
import formClasses from "../../ui/form.module.css";
import classes from "./settings.module.css";

export function WorkspaceLeave({ tenant }: { tenant: Tenant }) {
  const [leaving, { open, close }] = useDisclosure();
  return (
    <section className={classes.section} aria-labelledby="leave">
      <h2 id="leave">Leave this workspace</h2>
      <p className={classes.hint}>
        You lose access to its channels and recordings immediately. Your recordings stay under your name. To come back, you need a
        new invitation.
      </p>
      <div className={formClasses.actions}>
        <WithReason reason={tenant.can.leave ? null : "You own this workspace. Transfer ownership first, or delete it."}>
          <Button variant="default" onClick={open}>
            Leave {tenant.name}…
          </Button>
        </WithReason>
      </div>
      <Modal opened={leaving} onClose={close} title={`Leave ${tenant.name}`} size="md">
        <LeaveForm tenant={tenant} onClose={close} />
      </Modal>
    </section>
  );
}

function LeaveForm({ tenant, onClose }: { tenant: Tenant; onClose: () => void }) {
  const navigate = useNavigate();
  const queries = useQueryClient();
  const leave = useMutation({
    mutationFn: () => call(api.POST("/api/v1/tenants/{slug}/departure", { params: { path: { slug: tenant.slug } } })),
    async onSuccess() {
      await queries.fetchQuery({ ...meQuery(), staleTime: 0 });
      await navigate(paths.home(), { replace: true });
      queries.removeQueries(ofWorkspace(tenant.slug));
      notifications.show({ message: `You left ${tenant.name}.` });
    },
  });
  return (
    <div className={formClasses.form}>
      <p>
        Your role here is {tenant.self.roleName}. You won't hear anyone, and nobody will hear you. Channels where you were chosen
        to talk also forget you.
      </p>
      <FailureNote>{leave.error && words(leave.error)}</FailureNote>
      <div className={formClasses.actions}>
        <Button variant="default" onClick={onClose} data-autofocus>
          Stay
        </Button>
        <Button color="brick" loading={leave.isPending} onClick={() => leave.mutate()}>
          Leave {tenant.name}
        </Button>
      </div>
    </div>
  );
}
