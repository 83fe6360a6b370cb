import { Button, Modal } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useDisclosure } from "@mantine/hooks";
import { notifications } from "@mantine/notifications";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { api, call } from "../../api/client.ts";
import { words } from "../../api/errors.ts";
import { keys } from "../../api/queries.ts";
import type { Tenant } from "../../api/types.ts";
import { useSubmit } from "../../api/use-submit.ts";
import { FailureNote } from "../../ui/failure.tsx";
import { fromNow } from "../../ui/time.ts";
import { WithReason } from "../../ui/with-reason.tsx";
import { PasswordField } from "../../ui/password-field.tsx";
import formClasses from "../../ui/form.module.css";
import { MemberPicker } from "./member-picker.tsx";
import classes from "./settings.module.css";
import { useTimes } from "./use-times.ts";

/** Who owns the workspace, and handing it over. */
export function WorkspaceOwnership({ tenant }: { tenant: Tenant }) {
  const [offering, { open, close }] = useDisclosure();
  const { ownershipOffer: offer, self, can } = tenant;
  return (
    <section className={classes.section} aria-labelledby="ownership">
      <h2 id="ownership">Owner</h2>
      <p className={classes.hint}>
        {self.isOwner ? "You own this workspace. " : "You don't own this workspace. "}
        Its owner can do everything an admin can, and alone can delete it or hand it over.
      </p>
      {offer?.expired && (
        <p className={classes.hint}>
          Your offer to <strong>{offer.memberName}</strong> ended{" "}
          <time dateTime={offer.expiresAt}>{fromNow(offer.expiresAt)}</time> without an answer. You stay the owner.
        </p>
      )}
      {offer?.can.withdraw ? (
        <PendingOffer tenant={tenant} offer={offer} />
      ) : (
        <div className={formClasses.actions}>
          <WithReason reason={can.transferOwnership ? null : "Only the workspace's owner can hand it over."}>
            <Button variant="default" onClick={open}>
              Hand it over…
            </Button>
          </WithReason>
        </div>
      )}
      <Modal opened={offering} onClose={close} title={`Hand ${tenant.name} over`} size="md">
        <OfferForm tenant={tenant} onClose={close} />
      </Modal>
    </section>
  );
}

function PendingOffer({ tenant, offer }: { tenant: Tenant; offer: NonNullable<Tenant["ownershipOffer"]> }) {
  const queries = useQueryClient();
  const { fullTime } = useTimes();
  const withdraw = useMutation({
    mutationFn: () => call(api.DELETE("/api/v1/tenants/{slug}/ownership-offer", { params: { path: { slug: tenant.slug } } })),
    onSuccess: () => notifications.show({ message: `${offer.memberName} is no longer offered the workspace.` }),
    // Answered meanwhile, perhaps: what is true now is shown.
    onSettled: () => queries.invalidateQueries({ queryKey: keys.tenant(tenant.slug) }),
  });
  return (
    <>
      <FailureNote>{withdraw.error && words(withdraw.error)}</FailureNote>
      <div className={classes.pending}>
        <p>
          Offered to <strong>{offer.memberName}</strong>. The offer ends{" "}
          <time dateTime={offer.expiresAt} title={fullTime(offer.expiresAt)}>
            {fromNow(offer.expiresAt)}
          </time>
          ; until it is accepted you stay the owner.
        </p>
        <Button variant="default" loading={withdraw.isPending} onClick={() => withdraw.mutate()}>
          Withdraw the offer
        </Button>
      </div>
    </>
  );
}

function OfferForm({ tenant, onClose }: { tenant: Tenant; onClose: () => void }) {
  const queries = useQueryClient();
  const form = useForm({
    initialValues: { memberId: "", password: "" },
    validate: {
      memberId: (value) => (value === "" ? "Choose who is to own it." : null),
      password: (value) => (value === "" ? "Enter your password." : null),
    },
  });
  const { busy, failure, onSubmit } = useSubmit(form, async (body) => {
    await call(api.POST("/api/v1/tenants/{slug}/ownership-offer", { params: { path: { slug: tenant.slug } }, body }));
    await queries.invalidateQueries({ queryKey: keys.tenant(tenant.slug) });
    onClose();
  });
  return (
    <form className={formClasses.form} onSubmit={onSubmit} noValidate>
      <p>
        They get a mail and can accept within 7 days. Then they own the workspace and are an Admin of it; you stay an Admin, and
        only they can hand it back.
      </p>
      <FailureNote>{failure}</FailureNote>
      <MemberPicker label="New owner" {...form.getInputProps("memberId")} />
      <PasswordField label="Your password" autoComplete="current-password" {...form.getInputProps("password")} />
      <div className={formClasses.actions}>
        <Button variant="default" onClick={onClose}>
          Keep it
        </Button>
        <Button type="submit" loading={busy}>
          Offer {tenant.name}
        </Button>
      </div>
    </form>
  );
}
