import { Button, Skeleton } from "@mantine/core";
import { IconFlask } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, call } from "../../api/client.ts";
import { words } from "../../api/errors.ts";
import { ofWorkspace } from "../../api/outdated.ts";
import type { Billing, BillingState, Subscription } from "../../api/types.ts";
import { counted } from "../../ui/counted.ts";
import { Fact, Facts } from "../../ui/facts.tsx";
import { FailureNote, LoadFailure } from "../../ui/failure.tsx";
import { Note } from "../../ui/note.tsx";
import settings from "../tenants/settings.module.css";
import { useTenant } from "../tenants/tenant-context.ts";
import { billingDay, intervalWords, itemWords, moneyWords, nameOf } from "./billing-words.ts";
import classes from "./billing.module.css";
import { nextInvoiceQuery, subscriptionQuery } from "./queries.ts";
import { SubscriptionActions } from "./subscription-actions.tsx";

/** State, plan, next date and next sum at a glance, and what can be changed. */
export function SubscriptionSection({ billing }: { billing: Billing }) {
  const { slug } = useTenant();
  const { data: subscription, ...query } = useQuery(subscriptionQuery(slug));
  const running = subscription?.state === "ended" ? null : subscription;
  return (
    <section className={settings.section} aria-labelledby="subscription">
      <h2 id="subscription">Subscription</h2>
      {billing.isSample && (
        <Note tone="amber" icon={<IconFlask size={18} aria-hidden />} title="This is a sample">
          Nothing is owed, and every document says so. To see what comes, move the clock:
          <code className={classes.command}>npm run whoot -- billing clock +40d</code>
        </Note>
      )}
      {query.isPending && <Skeleton height={96} radius="lg" />}
      {query.isError && subscription === undefined && <LoadFailure error={query.error} retry={() => void query.refetch()} />}
      {running !== undefined && (
        <>
          <AtAGlance billing={billing} subscription={running} />
          {billing.offer && <SubscriptionActions offer={billing.offer} state={billing.state} subscription={running} />}
        </>
      )}
    </section>
  );
}

/** Billing is off on this server. */
export function NoBilling({ maySample }: { maySample: boolean }) {
  return (
    <section className={settings.section} aria-labelledby="subscription">
      <h2 id="subscription">Billing is off</h2>
      <p className={settings.hint}>This server sells nothing, so nothing is charged here, and nothing is limited.</p>
      {maySample && (
        <p className={settings.hint}>
          To try billing out, start the server with sample plans: <code>WHOOT_BILLING=sample npm start</code>
        </p>
      )}
    </section>
  );
}

const STATES: Record<BillingState, { says: string; tone: "good" | "plain" | "amber" | "danger" }> = {
  trial: { says: "Trial", tone: "good" },
  free: { says: "Free", tone: "plain" },
  active: { says: "Active", tone: "good" },
  ending: { says: "Cancelled", tone: "plain" },
  past_due: { says: "Past due", tone: "amber" },
  stopped: { says: "Talk stopped", tone: "danger" },
  none: { says: "No plan", tone: "danger" },
};

interface AtAGlanceProps {
  billing: Billing;
  /** The running subscription; null if there is none. */
  subscription: Subscription | null;
}

function planWords({ offer, state }: Billing, subscription: Subscription | null): string {
  if (!subscription) return state === "free" ? (offer?.plans.find(({ isFree }) => isFree)?.name ?? "Free") : "No plan";
  if (subscription.plan === null) return "Trial of everything";
  return offer?.plans.find(({ plan }) => plan === subscription.plan)?.name ?? nameOf(subscription.plan);
}

function AtAGlance({ billing, subscription }: AtAGlanceProps) {
  const state = billing.state && STATES[billing.state];
  const next = whatNext(billing, subscription);
  return (
    <>
      <p className={classes.plan}>
        <strong translate="no">{planWords(billing, subscription)}</strong>
        {subscription && subscription.plan !== null && (
          <span className={classes.dim}>billed {intervalWords(subscription.interval)}</span>
        )}
        {state && (
          <span className={classes.pill} data-tone={state.tone}>
            {state.says}
          </span>
        )}
      </p>
      {next !== null && <p>{next}</p>}
      {billing.withoutTrial && subscription === null && (
        <p>There was no trial: the owner&apos;s earlier workspaces had theirs within the last 90 days.</p>
      )}
      {billing.putOffHours > 0 && <PutOff hours={billing.putOffHours} />}
      {subscription && subscription.plan !== null && (
        <Facts>
          <NextDate subscription={subscription} />
          <Items subscription={subscription} />
        </Facts>
      )}
    </>
  );
}

/** For the owner, once for each overdue invoice. */
function PutOff({ hours }: { hours: number }) {
  const { slug } = useTenant();
  const queries = useQueryClient();
  const putOff = useMutation({
    mutationFn: () => call(api.POST("/api/v1/tenants/{slug}/billing/put-off", { params: { path: { slug } } })),
    onSettled: () => queries.invalidateQueries(ofWorkspace(slug)),
  });
  return (
    <div className={classes.actions}>
      <Button variant="default" loading={putOff.isPending} onClick={() => putOff.mutate()}>
        Keep talk on for {counted(hours, "more hour", "more hours")}
      </Button>
      <span className={classes.dim}>Once for each overdue invoice</span>
      <FailureNote>{putOff.isError && words(putOff.error)}</FailureNote>
    </div>
  );
}

/** What the state means for members. Null if all is well, or if the page's banner says it. */
function whatNext({ state, until }: Billing, subscription: Subscription | null): string | null {
  const day = until === null ? "" : billingDay(until);
  switch (state) {
    case "trial":
      return subscription?.plan
        ? `Everything is open until ${day}, and nothing is charged for it. Your plan begins then.`
        : `Everything is open until ${day}, and nothing is charged for it. Choosing a plan now loses none of it.`;
    case "free":
      return "Nothing is charged. A plan has more licences and add-ons.";
    case "ending":
      return `It ends on ${day}. Everything stays as it is until then.`;
    default:
      return null;
  }
}

function NextDate({ subscription: { state, cancelled, periodTo } }: { subscription: Subscription }) {
  const { slug, can } = useTenant();
  const { data: invoice } = useQuery({ ...nextInvoiceQuery(slug), enabled: can.viewInvoices });
  // The sentence above says already when it ends.
  if (cancelled) return null;
  return (
    <Fact term={state === "trial" ? "First invoice, when the trial ends" : "Next invoice"}>
      {billingDay(periodTo)}
      {invoice && `, ${moneyWords(invoice.due, invoice.currency)}`}
    </Fact>
  );
}

function Items({ subscription: { items, currency } }: { subscription: Subscription }) {
  const bought = items.filter(({ quantity }) => quantity > 0);
  if (bought.length === 0) return null;
  return (
    <Fact term="Bought">
      <ul className={classes.items}>
        {bought.map(({ item, quantity, unitPrice }) => (
          <li key={item}>
            {itemWords(item, quantity)}
            {unitPrice !== null && ` at ${moneyWords(unitPrice, currency)}`}
          </li>
        ))}
      </ul>
    </Fact>
  );
}
