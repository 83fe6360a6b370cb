import { Button, Checkbox, Modal, NumberInput, Stack } from "@mantine/core";
import { useState } from "react";
import { Link } from "react-router";
import type { BillingOffer, Licences, Subscription } from "../../api/types.ts";
import { paths } from "../../paths.ts";
import { counted, number } from "../../ui/counted.ts";
import { FailureNote } from "../../ui/failure.tsx";
import formClasses from "../../ui/form.module.css";
import { useTenant } from "../tenants/tenant-context.ts";
import { HolderList } from "./holder-list.tsx";
import { AddOnBox, addOnsOf, seatsOf } from "./plan-dialog.tsx";
import { QuoteStep } from "./quote-step.tsx";
import { type BillingChange, type Quoting, useQuoting } from "./quoting.ts";

interface DialogProps {
  opened: boolean;
  subscription: Subscription;
  onClose: () => void;
}

/** Buys or drops licences. */
export function LicencesDialog({ opened, ...props }: DialogProps & { licences: Licences }) {
  return (
    <Modal opened={opened} onClose={props.onClose} title="Change the licences" size="lg">
      <LicencesForm {...props} />
    </Modal>
  );
}

function LicencesForm({ subscription, licences, onClose }: Omit<DialogProps, "opened"> & { licences: Licences }) {
  const { slug, can } = useTenant();
  const now = seatsOf(subscription);
  const taken = licences.used + licences.reserved;
  const [wanted, setWanted] = useState<number | string>(now);
  const quoting = useQuoting({ onDone: onClose });
  if (quoting.quoted) {
    const does = `Change to ${counted(Number(wanted), "licence", "licences")}`;
    return <QuoteStep quoted={quoting.quoted} quoting={quoting} does={does} back={{ says: "Back", go: quoting.reset }} />;
  }
  return (
    <AskForm
      quoting={quoting}
      change={Number(wanted) === now ? null : { kind: "licences", licences: Number(wanted) }}
      onClose={onClose}
    >
      <NumberInput
        label="Licences"
        description={`You have ${number(now)}. ${counted(taken, "is", "are")} taken, open invitations included.`}
        min={1}
        clampBehavior="none"
        allowDecimal={false}
        value={wanted}
        onChange={setWanted}
        data-autofocus
      />
      {Number(wanted) < taken && (
        <div>
          <p role="status">
            {counted(taken, "licence is", "licences are")} taken. Suspend or remove people first, or withdraw invitations
            {can.viewMembers ? ":" : "."}
          </p>
          {can.viewMembers && (
            <>
              <HolderList />
              <Link to={paths.membersUnseenFirst(slug)}>Manage in Members</Link>
            </>
          )}
        </div>
      )}
    </AskForm>
  );
}

/** Buys or drops add-ons. */
export function AddOnsDialog({ opened, ...props }: DialogProps & { offer: BillingOffer }) {
  return (
    <Modal opened={opened} onClose={props.onClose} title="Change the add-ons" size="lg">
      <AddOnsForm {...props} />
    </Modal>
  );
}

function AddOnsForm({ subscription, offer, onClose }: Omit<DialogProps, "opened"> & { offer: BillingOffer }) {
  const before = addOnsOf(subscription, offer);
  const included = offer.plans.find(({ plan }) => plan === subscription.plan)?.includes ?? [];
  const interval = subscription.interval === "year" ? "year" : "month";
  const [chosen, setChosen] = useState<string[]>(before);
  const quoting = useQuoting({ onDone: onClose });
  const addOns = offer.addOns.flatMap(({ addOn }) => (chosen.includes(addOn) ? [addOn] : []));
  if (quoting.quoted) {
    return (
      <QuoteStep quoted={quoting.quoted} quoting={quoting} does="Change the add-ons" back={{ says: "Back", go: quoting.reset }} />
    );
  }
  const isSame = addOns.length === before.length && addOns.every((id) => before.includes(id));
  return (
    <AskForm quoting={quoting} change={isSame ? null : { kind: "add-ons", addOns }} onClose={onClose}>
      <Checkbox.Group
        label="Add-ons"
        description="Without one, what was made with it stays until its time runs out, and nothing new is made."
        value={[...chosen, ...included]}
        onChange={(ids) => setChosen(ids.filter((id) => !included.some((one) => one === id)))}
      >
        <Stack gap="sm" mt="xs">
          {offer.addOns.map((addOn) => (
            <AddOnBox
              key={addOn.addOn}
              addOn={addOn}
              interval={interval}
              offer={offer}
              isIncluded={included.includes(addOn.addOn)}
            />
          ))}
        </Stack>
      </Checkbox.Group>
    </AskForm>
  );
}

interface AskFormProps {
  quoting: Quoting;
  /** Null if the choice changes nothing. */
  change: BillingChange | null;
  onClose: () => void;
  children: React.ReactNode;
}

/** A choice, and the button that asks for its price. */
function AskForm({ quoting, change, onClose, children }: AskFormProps) {
  return (
    <form
      className={formClasses.form}
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        if (change) void quoting.ask(change).catch(() => null);
      }}
    >
      <FailureNote>{quoting.failure}</FailureNote>
      {children}
      <div className={formClasses.actions}>
        <Button variant="default" onClick={onClose}>
          Close
        </Button>
        <Button type="submit" loading={quoting.isAsking} disabled={change === null}>
          Show what it costs
        </Button>
      </div>
    </form>
  );
}
