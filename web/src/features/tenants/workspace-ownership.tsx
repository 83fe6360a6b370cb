import { Button, Modal } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useDisclosure } from "@mantine/hooks";
import { notifications } from "@mantine/notifications";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { api, call } from "../../api/client.ts";
import { words } from "../../api/errors.ts";
import { showing } from "../../api/outdated.ts";
import type { Tenant } from "../../api/types.ts";
import { useSubmit } from "../../api/use-submit.ts";
import { FailureNote } from "../../ui/failure.tsx";
import { fromNow } from "../../ui/time.ts";
import formClasses from "../../ui/form.module.css";
import { useReauthentication } from "../accounts/use-reauthentication.tsx";
import { MemberPicker } from "../members/member-picker.tsx";
import classes from "./settings.module.css";
import { useTimes } from "./use-times.ts";

/** Shows who owns the workspace, and offers to transfer ownership. */
export function WorkspaceOwnership({ tenant }: { tenant: Tenant }) {
  const [offering, { open, close }] = useDisclosure();
  const { ownershipOffer: offer, self, can } = tenant;
  return (
    <section className={classes.section} aria-labelledby="ownership">
      <h2 id="ownership">Owner</h2>
      <p className={classes.hint}>
        {self.isOwner ? "You own this workspace. " : "You don't own this workspace. "}
        The owner can do everything an admin can. Only the owner can delete the workspace or transfer ownership.
      </p>
      {offer?.expired && (
        <p className={classes.hint}>
          Your offer to <strong>{offer.memberName}</strong> ended{" "}
          <time translate="no" dateTime={offer.expiresAt}>
            {fromNow(offer.expiresAt)}
          </time>{" "}
          without an answer. You&apos;re still the owner.
        </p>
      )}
      {offer?.can.withdraw ? (
        <PendingOffer tenant={tenant} offer={offer} />
      ) : (
        can.transferOwnership && (
          <div className={formClasses.actions}>
            <Button variant="default" onClick={open}>
              Transfer ownership…
            </Button>
          </div>
        )
      )}
      <Modal opened={offering} onClose={close} title="Transfer ownership" size="md">
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
    onSuccess: () => notifications.show({ message: `Offer to ${offer.memberName} withdrawn.` }),
    // Also after a failure: the offer may have been answered meanwhile.
    onSettled: () => queries.invalidateQueries(showing(tenant.slug, "tenant")),
  });
  return (
    <>
      <FailureNote>{withdraw.error && words(withdraw.error)}</FailureNote>
      <div className={classes.pending}>
        <p>
          Offered to <strong>{offer.memberName}</strong>. The offer ends{" "}
          <time translate="no" dateTime={offer.expiresAt} title={fullTime(offer.expiresAt)}>
            {fromNow(offer.expiresAt)}
          </time>
          . You stay the owner until it&apos;s accepted.
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
  const { confirmed, dialog } = useReauthentication();
  const form = useForm({
    initialValues: { memberId: "" },
    validate: { memberId: (value) => (value === "" ? "Choose the new owner." : null) },
  });
  const { busy, failure, onSubmit } = useSubmit(form, async (body) => {
    const params = { path: { slug: tenant.slug } };
    await confirmed(() => call(api.POST("/api/v1/tenants/{slug}/ownership-offer", { params, body })));
    await queries.invalidateQueries(showing(tenant.slug, "tenant"));
    onClose();
  });
  return (
    <>
      <form className={formClasses.form} onSubmit={onSubmit} noValidate>
        <p>
          They&apos;ll get a mail and can accept within 7 days. Then they&apos;re the owner and an Admin. You stay an Admin, and
          only they can transfer ownership back.
        </p>
        <FailureNote>{failure}</FailureNote>
        <MemberPicker label="New owner" {...form.getInputProps("memberId")} />
        <div className={formClasses.actions}>
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" loading={busy}>
            Offer ownership
          </Button>
        </div>
      </form>
      {dialog}
    </>
  );
}
