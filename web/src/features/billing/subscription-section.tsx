import { Badge, Skeleton } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import type { Subscription } from "../../api/types.ts";
import { Fact, Facts } from "../../ui/facts.tsx";
import { LoadFailure } from "../../ui/failure.tsx";
import settings from "../tenants/settings.module.css";
import { useTenant } from "../tenants/tenant-context.ts";
import { billingDay, intervalWords, itemWords, moneyWords, nameOf } from "./billing-words.ts";
import classes from "./billing.module.css";
import { nextInvoiceQuery, subscriptionQuery } from "./queries.ts";

/** State, plan, next date and next sum at a glance. */
export function SubscriptionSection() {
  const { slug } = useTenant();
  const { data: subscription, ...query } = useQuery(subscriptionQuery(slug));
  return (
    <section className={settings.section} aria-labelledby="subscription">
      <h2 id="subscription">Subscription</h2>
      {query.isPending && <Skeleton height={96} radius="lg" />}
      {query.isError && subscription === undefined && <LoadFailure error={query.error} retry={() => void query.refetch()} />}
      {subscription === null && (
        <p className={settings.hint}>This workspace has no subscription. Nothing is charged, and nothing is limited.</p>
      )}
      {subscription && <AtAGlance subscription={subscription} />}
    </section>
  );
}

function stateWords({ state, cancelled }: Subscription): { says: string; color: string } {
  if (state === "ended") return { says: "Ended", color: "gray" };
  if (cancelled) return { says: "Cancelled", color: "yellow" };
  return state === "trial" ? { says: "Trial", color: "teal" } : { says: "Active", color: "teal" };
}

function AtAGlance({ subscription }: { subscription: Subscription }) {
  const { plan, interval, items, currency } = subscription;
  const { says, color } = stateWords(subscription);
  return (
    <>
      <p className={classes.plan}>
        <strong translate="no">{plan === null ? "No plan chosen yet" : nameOf(plan)}</strong>
        {plan !== null && <span className={classes.dim}>billed {intervalWords(interval)}</span>}
        <Badge variant="light" color={color}>
          {says}
        </Badge>
      </p>
      <Facts>
        <NextDate subscription={subscription} />
        {items.length > 0 && (
          <Fact term="Bought">
            <ul className={classes.items}>
              {items.map(({ item, quantity, unitPrice }) => (
                <li key={item}>
                  {itemWords(item, quantity)} at {moneyWords(unitPrice, currency)}
                </li>
              ))}
            </ul>
          </Fact>
        )}
      </Facts>
    </>
  );
}

function NextDate({ subscription: { state, cancelled, periodTo } }: { subscription: Subscription }) {
  const { slug, can } = useTenant();
  const next = useQuery({ ...nextInvoiceQuery(slug), enabled: can.viewInvoices });
  const day = billingDay(periodTo);
  if (state === "ended") return <Fact term="Ended">{day}</Fact>;
  if (state === "trial") return <Fact term="The trial ends">{day}</Fact>;
  if (cancelled) return <Fact term="Ends">{day}. Everything stays as it is until then.</Fact>;
  const { data: invoice } = next;
  return (
    <Fact term="Next invoice">
      {day}
      {invoice && `, ${moneyWords(invoice.due, invoice.currency)}`}
    </Fact>
  );
}
