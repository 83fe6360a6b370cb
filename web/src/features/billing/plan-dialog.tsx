import { Button, Checkbox, Modal, NumberInput, Radio, SegmentedControl, Stack } from "@mantine/core";
import { useState } from "react";
import type { AddOnId, BillingOffer, Licences, Subscription } from "../../api/types.ts";
import { counted, number } from "../../ui/counted.ts";
import { FailureNote } from "../../ui/failure.tsx";
import formClasses from "../../ui/form.module.css";
import { isLimited, moneyWords, nameOf, savingOf } from "./billing-words.ts";
import { QuoteStep } from "./quote-step.tsx";
import { useQuoting } from "./quoting.ts";

type Interval = "month" | "year";
type Plan = BillingOffer["plans"][number];

interface PlanDialogProps {
  offer: BillingOffer;
  /** The running subscription; null if there is none. */
  subscription: Subscription | null;
  licences: Licences;
  onClose: () => void;
}

/** Chooses plan, interval, licences and add-ons, then shows what that costs. */
export function PlanDialog({ opened, ...props }: PlanDialogProps & { opened: boolean }) {
  return (
    <Modal opened={opened} onClose={props.onClose} title={isChange(props) ? "Change the plan" : "Choose a plan"} size="lg">
      <PlanForm {...props} />
    </Modal>
  );
}

const isChange = ({ subscription }: Pick<PlanDialogProps, "subscription">) => subscription !== null && subscription.plan !== null;

export function seatsOf(subscription: Subscription | null): number {
  return subscription?.items.find(({ item }) => item === "seats")?.quantity ?? 0;
}

export function addOnsOf(subscription: Subscription | null, offer: BillingOffer): AddOnId[] {
  const bought = new Set(subscription?.items.flatMap(({ item, quantity }) => (quantity > 0 ? [item] : [])));
  return offer.addOns.flatMap(({ addOn }) => (bought.has(addOn) ? [addOn] : []));
}

function PlanForm({ offer, subscription, licences, onClose }: PlanDialogProps) {
  const plans = offer.plans.filter(({ isFree }) => !isFree);
  const taken = licences.used + licences.reserved;
  const [planId, setPlanId] = useState(subscription?.plan ?? plans[0]?.plan ?? "");
  const [interval, setInterval] = useState<Interval>(subscription?.interval === "year" ? "year" : "month");
  const [wanted, setWanted] = useState<number | string>(seatsOf(subscription) || Math.max(1, taken));
  const [addOns, setAddOns] = useState<string[]>(addOnsOf(subscription, offer));
  const quoting = useQuoting({ onDone: onClose });
  const plan = plans.find((one) => one.plan === planId);
  const included: string[] = plan?.includes ?? [];
  const isIncluded = (id: string) => included.includes(id);
  if (quoting.quoted && plan) {
    return (
      <QuoteStep
        quoted={quoting.quoted}
        quoting={quoting}
        does={isChange({ subscription }) ? `Change to ${plan.name}` : `Subscribe to ${plan.name}`}
        back={{ says: "Back", go: quoting.reset }}
      />
    );
  }
  const saving = plan ? savingOf(plan.prices) : 0;
  return (
    <form
      className={formClasses.form}
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        const ids = offer.addOns.flatMap(({ addOn }) => (addOns.includes(addOn) && !isIncluded(addOn) ? [addOn] : []));
        void quoting
          .ask({
            kind: "subscription",
            wanted: { change: "choose", plan: planId, interval, licences: Number(wanted), addOns: ids },
          })
          .catch(() => null);
      }}
    >
      <FailureNote>{quoting.failure}</FailureNote>
      <SegmentedControl
        aria-label="Billed"
        value={interval}
        onChange={(value) => setInterval(value)}
        data={[
          { value: "month", label: "Monthly" },
          { value: "year", label: saving > 0 ? `Yearly, saves ${saving} %` : "Yearly" },
        ]}
      />
      <Radio.Group label="Plan" value={planId} onChange={setPlanId}>
        <Stack gap="sm" mt="xs">
          {plans.map((one) => (
            <PlanRadio key={one.plan} plan={one} interval={interval} offer={offer} />
          ))}
        </Stack>
      </Radio.Group>
      <NumberInput
        label="Licences"
        description={`${counted(taken, "licence is", "licences are")} taken now, open invitations included`}
        min={1}
        max={plan?.maxLicences ?? 1}
        clampBehavior="none"
        allowDecimal={false}
        value={wanted}
        onChange={setWanted}
      />
      {offer.addOns.length > 0 && (
        <Checkbox.Group
          label="Add-ons"
          value={[...addOns, ...included]}
          onChange={(ids) => setAddOns(ids.filter((id) => !isIncluded(id)))}
        >
          <Stack gap="sm" mt="xs">
            {offer.addOns.map((addOn) => (
              <AddOnBox key={addOn.addOn} addOn={addOn} interval={interval} offer={offer} isIncluded={isIncluded(addOn.addOn)} />
            ))}
          </Stack>
        </Checkbox.Group>
      )}
      <div className={formClasses.actions}>
        <Button variant="default" onClick={onClose}>
          Close
        </Button>
        <Button type="submit" loading={quoting.isAsking}>
          Show what it costs
        </Button>
      </div>
    </form>
  );
}

function PlanRadio({ plan, interval, offer }: { plan: Plan; interval: Interval; offer: BillingOffer }) {
  const price = plan.prices[interval];
  const about = [
    price === null ? `Not sold by the ${interval}` : `${moneyWords(price, offer.currency)} for each licence and ${interval}`,
    ...(isLimited(plan.maxLicences) ? [`up to ${number(plan.maxLicences)} licences`] : []),
    ...(plan.includes.length > 0 ? [`with ${plan.includes.map(nameOf).join(", ")}`] : []),
  ];
  return <Radio value={plan.plan} label={plan.name} description={about.join(", ")} disabled={price === null} />;
}

interface AddOnBoxProps {
  addOn: BillingOffer["addOns"][number];
  interval: Interval;
  offer: BillingOffer;
  isIncluded: boolean;
}

export function AddOnBox({ addOn: { addOn, perLicence, prices }, interval, offer, isIncluded }: AddOnBoxProps) {
  const price = prices[interval];
  const about = isIncluded
    ? "Included in the plan"
    : price === null
      ? `Not sold by the ${interval}`
      : `${moneyWords(price, offer.currency)} ${perLicence ? `for each licence and ${interval}` : `a ${interval} for the workspace`}`;
  return <Checkbox value={addOn} label={nameOf(addOn)} description={about} disabled={isIncluded || price === null} />;
}
