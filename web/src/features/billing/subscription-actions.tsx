import { Button, Modal } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useSearchParams } from "react-router";
import type { BillingOffer, BillingState, Subscription } from "../../api/types.ts";
import { counted } from "../../ui/counted.ts";
import { FailureNote } from "../../ui/failure.tsx";
import formClasses from "../../ui/form.module.css";
import { useTenant } from "../tenants/tenant-context.ts";
import { billingDay } from "./billing-words.ts";
import classes from "./billing.module.css";
import { AddOnsDialog, LicencesDialog } from "./item-dialogs.tsx";
import { PlanDialog } from "./plan-dialog.tsx";
import { licencesQuery } from "./queries.ts";
import { QuoteStep } from "./quote-step.tsx";
import { useQuoting } from "./quoting.ts";

type Dialog = "plan" | "licences" | "add-ons" | "cancel";

interface SubscriptionActionsProps {
  offer: BillingOffer;
  state: BillingState | null;
  /** The running subscription; null if there is none. */
  subscription: Subscription | null;
}

/** Buttons for changes, each of which shows its quote first. */
export function SubscriptionActions({ offer, subscription }: SubscriptionActionsProps) {
  const { slug, can } = useTenant();
  const { data: licences } = useQuery(licencesQuery(slug));
  const [params, setParams] = useSearchParams();
  const asked = params.get("change");
  const [dialog, setDialog] = useState<Dialog | null>(null);
  const hasPlan = subscription !== null && subscription.plan !== null;
  /** A person in a workspace without free licences, or without an add-on, is sent here to buy it. */
  const isAsked = asked === "licences" || asked === "add-ons";
  const open = dialog ?? (isAsked ? (hasPlan ? asked : "plan") : null);

  function close() {
    setDialog(null);
    if (asked !== null) setParams({}, { replace: true });
  }

  return (
    <>
      <div className={classes.actions}>
        {can.manageSubscription && (
          <Button variant={hasPlan ? "default" : "filled"} onClick={() => setDialog("plan")}>
            {hasPlan ? "Change plan…" : "Choose a plan…"}
          </Button>
        )}
        {hasPlan && can.manageLicences && (
          <Button variant="default" onClick={() => setDialog("licences")}>
            Change licences…
          </Button>
        )}
        {hasPlan && can.manageAddOns && offer.addOns.length > 0 && (
          <Button variant="default" onClick={() => setDialog("add-ons")}>
            Change add-ons…
          </Button>
        )}
        {hasPlan && can.manageSubscription && (subscription.cancelled ? <Resume /> : <Cancel offer={offer} />)}
      </div>
      {licences && can.manageSubscription && (
        <PlanDialog opened={open === "plan"} offer={offer} subscription={subscription} licences={licences} onClose={close} />
      )}
      {licences && hasPlan && can.manageLicences && (
        <LicencesDialog opened={open === "licences"} subscription={subscription} licences={licences} onClose={close} />
      )}
      {hasPlan && can.manageAddOns && (
        <AddOnsDialog opened={open === "add-ons"} subscription={subscription} offer={offer} onClose={close} />
      )}
    </>
  );
}

function Cancel({ offer }: { offer: BillingOffer }) {
  const [opened, setOpened] = useState(false);
  const close = () => setOpened(false);
  const quoting = useQuoting({ onDone: close });
  const { quoted } = quoting;
  const free = offer.plans.find(({ isFree }) => isFree);

  async function start() {
    await quoting.ask({ kind: "subscription", wanted: { change: "cancel" } }).catch(() => null);
    setOpened(true);
  }

  return (
    <>
      <Button variant="default" loading={quoting.isAsking && !opened} onClick={() => void start()}>
        Cancel subscription…
      </Button>
      <Modal opened={opened} onClose={close} title="Cancel the subscription" size="lg">
        {quoted ? (
          <QuoteStep
            quoted={quoted}
            quoting={quoting}
            does="Cancel the subscription"
            back={{ says: "Keep it", go: close }}
            danger
          >
            {quoted.quote.endsAt !== null && (
              <p>
                Everything stays as it is until {billingDay(quoted.quote.endsAt)}, and you can resume until then.{" "}
                {free
                  ? `From then on the workspace has ${free.name}, with up to ${counted(free.maxLicences, "licence", "licences")}.`
                  : "From then on nobody can begin to talk."}{" "}
                Nothing is deleted: members, recordings and invoices stay.
              </p>
            )}
          </QuoteStep>
        ) : (
          <div className={formClasses.form}>
            <FailureNote>{quoting.failure}</FailureNote>
          </div>
        )}
      </Modal>
    </>
  );
}

/** One press is enough, because it costs nothing. If it ever did, the quote would show first. */
function Resume() {
  const [opened, setOpened] = useState(false);
  const quoting = useQuoting({
    onDone: () => {
      setOpened(false);
      notifications.show({ message: "The subscription goes on." });
    },
  });

  async function resume() {
    const quoted = await quoting.ask({ kind: "subscription", wanted: { change: "resume" } }).catch(() => null);
    if (quoted?.quote.document === null) quoting.accept(quoted);
    else if (quoted) setOpened(true);
  }

  return (
    <>
      <Button loading={quoting.isAsking || quoting.isAccepting} onClick={() => void resume()}>
        Resume
      </Button>
      <FailureNote>{!opened && quoting.failure}</FailureNote>
      <Modal opened={opened} onClose={() => setOpened(false)} title="Resume the subscription" size="lg">
        {quoting.quoted && (
          <QuoteStep
            quoted={quoting.quoted}
            quoting={quoting}
            does="Resume"
            back={{ says: "Close", go: () => setOpened(false) }}
          />
        )}
      </Modal>
    </>
  );
}
