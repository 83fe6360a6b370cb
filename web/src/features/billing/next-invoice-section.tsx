import { Skeleton } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import type { NextInvoice } from "../../api/types.ts";
import { LoadFailure } from "../../ui/failure.tsx";
import settings from "../tenants/settings.module.css";
import { useTenant } from "../tenants/tenant-context.ts";
import { billingDay } from "./billing-words.ts";
import { LinesTable } from "./lines-table.tsx";
import { nextInvoiceQuery } from "./queries.ts";

/** The invoice that comes if nothing changes until then, line by line. */
export function NextInvoiceSection() {
  const { slug } = useTenant();
  const { data: invoice, ...query } = useQuery(nextInvoiceQuery(slug));
  return (
    <section className={settings.section} aria-labelledby="next-invoice">
      <h2 id="next-invoice">Next invoice</h2>
      {query.isPending && <Skeleton height={160} radius="lg" />}
      {query.isError && invoice === undefined && <LoadFailure error={query.error} retry={() => void query.refetch()} />}
      {invoice === null && <p className={settings.hint}>No invoice will come.</p>}
      {invoice && <Lines invoice={invoice} />}
    </section>
  );
}

function Lines({ invoice }: { invoice: NextInvoice }) {
  return (
    <>
      <p className={settings.hint}>On {billingDay(invoice.at)}, if nothing changes until then.</p>
      <LinesTable caption="Lines of the next invoice" {...invoice} />
    </>
  );
}
