import { Button, Skeleton } from "@mantine/core";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { api, call } from "../../api/client.ts";
import { words } from "../../api/errors.ts";
import type { Invoice } from "../../api/types.ts";
import { paths } from "../../paths.ts";
import { FailureNote, LoadFailure } from "../../ui/failure.tsx";
import settings from "../tenants/settings.module.css";
import { useTenant } from "../tenants/tenant-context.ts";
import { billingDay, invoiceState, moneyWords } from "./billing-words.ts";
import classes from "./billing.module.css";
import { useProviderPage } from "./provider-page.ts";
import { invoicesQuery, paymentMethodQuery } from "./queries.ts";

/** Invoices and credit notes, newest first. */
export function InvoicesSection() {
  const { slug } = useTenant();
  const list = useInfiniteQuery(invoicesQuery(slug));
  const invoices = list.data?.pages.flatMap(({ items }) => items) ?? [];
  return (
    <section className={settings.section} aria-labelledby="invoices">
      <h2 id="invoices">Invoices and credit notes</h2>
      {list.isPending && <Skeleton height={120} radius="lg" />}
      {list.isError && !list.data && <LoadFailure error={list.error} retry={() => void list.refetch()} />}
      {list.data && invoices.length === 0 && (
        <p className={settings.hint}>There are none yet. They stay here for years, also after the subscription ends.</p>
      )}
      {invoices.length > 0 && <Table invoices={invoices} />}
      {list.hasNextPage && (
        <Button
          variant="subtle"
          className={classes.more}
          loading={list.isFetchingNextPage}
          onClick={() => void list.fetchNextPage()}
        >
          Load older ones
        </Button>
      )}
    </section>
  );
}

function Table({ invoices }: { invoices: readonly Invoice[] }) {
  const { slug } = useTenant();
  const { data: method } = useQuery(paymentMethodQuery(slug));
  const canPay = method?.provider === "stripe" && method.can.edit;
  return (
    <table className={classes.invoices}>
      <caption className={classes.caption}>Invoices and credit notes, newest first</caption>
      <thead>
        <tr>
          <th scope="col">Number</th>
          <th scope="col">Date</th>
          <th scope="col" className={classes.amount}>
            Total
          </th>
          <th scope="col">State</th>
        </tr>
      </thead>
      <tbody>
        {invoices.map((invoice) => (
          <tr key={invoice.invoiceId}>
            <th scope="row" translate="no">
              <a href={paths.invoicePdf(slug, invoice.invoiceId)} title="Download it as a PDF" download>
                {invoice.number}
              </a>
            </th>
            <td>{billingDay(invoice.issuedOn)}</td>
            <td className={classes.amount}>{moneyWords(invoice.gross, invoice.currency)}</td>
            <td>
              <div className={classes.payable}>
                <State invoice={invoice} />
                {canPay && invoice.due > 0 && invoice.payment !== "processing" && <Pay invoice={invoice} />}
              </div>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** Opens the provider's page. The label names the invoice, so that each button in the list has its own name. */
function Pay({ invoice: { invoiceId, number } }: { invoice: Invoice }) {
  const { slug } = useTenant();
  const path = { slug, invoiceId };
  const pay = useProviderPage(() =>
    call(api.POST("/api/v1/tenants/{slug}/billing/invoices/{invoiceId}/payment", { params: { path } })),
  );
  return (
    <>
      <Button
        size="xs"
        variant="default"
        aria-label={`Pay ${number}`}
        loading={pay.isPending || pay.isSuccess}
        onClick={() => pay.mutate()}
      >
        Pay
      </Button>
      <FailureNote>{pay.isError && words(pay.error)}</FailureNote>
    </>
  );
}

function State({ invoice }: { invoice: Invoice }) {
  const { says, tone } = invoiceState(invoice);
  const { due, dueOn, currency } = invoice;
  return (
    <span className={classes.state} data-tone={tone}>
      <strong>{says}</strong>
      {due > 0 && (
        <span className={classes.dim}>
          {moneyWords(due, currency)} by {billingDay(dueOn)}
        </span>
      )}
    </span>
  );
}
