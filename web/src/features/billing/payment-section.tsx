import { Button, Skeleton } from "@mantine/core";
import { IconCreditCardOff, IconCreditCardPay } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useSearchParams } from "react-router";
import { api, call } from "../../api/client.ts";
import { words } from "../../api/errors.ts";
import type { PaymentMethod } from "../../api/types.ts";
import { Fact, Facts } from "../../ui/facts.tsx";
import { FailureNote, LoadFailure } from "../../ui/failure.tsx";
import { Note } from "../../ui/note.tsx";
import settings from "../tenants/settings.module.css";
import { useTenant } from "../tenants/tenant-context.ts";
import { billingDay, cardWords, failureWords, monthWords } from "./billing-words.ts";
import classes from "./billing.module.css";
import { RemoveCard } from "./card-remove.tsx";
import { useProviderPage } from "./provider-page.ts";
import { paymentMethodQuery } from "./queries.ts";

/** How invoices are paid: by transfer, or by card. */
export function PaymentSection() {
  const { slug } = useTenant();
  const { data: method, ...query } = useQuery(paymentMethodQuery(slug));
  return (
    <section className={settings.section} aria-labelledby="payment">
      <h2 id="payment">Payment</h2>
      {query.isPending && <Skeleton height={96} radius="lg" />}
      {query.isError && !method && <LoadFailure error={query.error} retry={() => void query.refetch()} />}
      {method?.provider === "manual" && <ByTransfer method={method} />}
      {method?.provider === "stripe" && <ByCard method={method} />}
    </section>
  );
}

function ByTransfer({ method: { bank } }: { method: PaymentMethod }) {
  return (
    <>
      <p className={settings.hint}>You pay invoices by bank transfer. Give the invoice&apos;s number with it.</p>
      {bank && <BankFacts bank={bank} />}
    </>
  );
}

function BankFacts({ bank }: { bank: NonNullable<PaymentMethod["bank"]> }) {
  const facts = [
    ["Account holder", bank.holder],
    ["IBAN", bank.iban],
    ["BIC", bank.bic],
    ["Account", bank.account],
    ["Routing code", bank.routing],
    ["Bank", bank.bankName],
  ] as const;
  return (
    <Facts>
      {facts.map(
        ([term, value]) =>
          value !== null && (
            <Fact key={term} term={term} translate="no">
              {value}
            </Fact>
          ),
      )}
    </Facts>
  );
}

function ByCard({ method }: { method: PaymentMethod }) {
  const { slug, self } = useTenant();
  const { card, failure, bank, can } = method;
  const setUp = useProviderPage(() =>
    call(api.POST("/api/v1/tenants/{slug}/billing/payment-method", { params: { path: { slug } } })),
  );
  return (
    <>
      <Returned method={method} />
      {failure && (
        <Note
          tone="amber"
          icon={<IconCreditCardOff size={18} aria-hidden />}
          title={`Invoice ${failure.number} could not be charged on ${billingDay(failure.on)}`}
          announced
        >
          {failureWords(failure.reason)}
        </Note>
      )}
      {card ? (
        <p className={classes.plan}>
          <strong translate="no">{cardWords(card)}</strong>
          {card.expires !== null && <span className={classes.dim}>works until {monthWords(card.expires)}</span>}
        </p>
      ) : (
        <p className={settings.hint}>
          {can.edit
            ? "No card is set up: you pay each invoice by bank transfer, or by card with Pay beside it in the list of invoices."
            : "No card is set up: each invoice is paid by bank transfer, or by card by somebody whose role lets them."}
        </p>
      )}
      {can.edit ? (
        <>
          <p className={settings.hint}>
            {card
              ? "Invoices are charged to it when they are issued."
              : "Invoices are charged to a card when they are issued. Those that are open now are charged as soon as it is set up."}{" "}
            The card&apos;s number goes to Stripe alone: whoot never sees it.
          </p>
          <FailureNote>{setUp.error && words(setUp.error)}</FailureNote>
          <div className={classes.actions}>
            <Button
              variant={card ? "default" : "filled"}
              loading={setUp.isPending || setUp.isSuccess}
              onClick={() => setUp.mutate()}
            >
              {card ? "Change card…" : "Set up a card…"}
            </Button>
            {card && <RemoveCard card={card} />}
          </div>
        </>
      ) : (
        <p className={settings.hint}>Your role, {self.roleName}, doesn&apos;t let you change it. An admin can.</p>
      )}
      {bank && (
        <details className={classes.transfer}>
          <summary>Bank details for transfers</summary>
          <BankFacts bank={bank} />
        </details>
      )}
    </>
  );
}

/** Shown after a return from the provider's page. The server may learn of the result a moment later. */
function Returned({ method: { card } }: { method: PaymentMethod }) {
  const [params, setParams] = useSearchParams();
  const done = params.get("payment");
  if (done !== "made" && done !== "set-up") return null;
  const title = done === "made" ? "Thank you for the payment" : card ? "The card is set up" : "The card is being set up";
  return (
    <Note
      tone="teal"
      icon={<IconCreditCardPay size={18} aria-hidden />}
      title={title}
      announced
      action={
        <Button size="xs" variant="default" onClick={() => setParams({}, { replace: true })}>
          Close
        </Button>
      }
    >
      {done === "made" && "The invoice is shown as paid as soon as the payment provider has confirmed it."}
    </Note>
  );
}
