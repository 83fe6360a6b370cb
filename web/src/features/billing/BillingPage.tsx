import { Skeleton } from "@mantine/core";
import { IconLock } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { EmptyState } from "../../ui/empty-state.tsx";
import { LoadFailure } from "../../ui/failure.tsx";
import { UnsavedFormsGuard } from "../../ui/unsaved-guard.tsx";
import { usePageTitle } from "../../ui/use-page-title.ts";
import { useTenant } from "../tenants/tenant-context.ts";
import { HistorySection } from "./history-section.tsx";
import { InvoicesSection } from "./invoices-section.tsx";
import { LicencesSection } from "./licences-section.tsx";
import { NextInvoiceSection } from "./next-invoice-section.tsx";
import { PaymentSection } from "./payment-section.tsx";
import { ProfileSection } from "./profile-section.tsx";
import { billingQuery } from "./queries.ts";
import { NoBilling, SubscriptionSection } from "./subscription-section.tsx";

export function BillingPage() {
  const { slug, name, can, self } = useTenant();
  usePageTitle("Billing", name);
  const billing = useQuery({ ...billingQuery(slug), enabled: can.viewBilling });
  const seesAnything = can.viewBilling || can.viewInvoices || can.managePayment;
  const isOff = billing.data?.offer === null;
  return (
    <>
      <h1>Billing</h1>
      {!seesAnything && (
        <EmptyState icon={<IconLock />} title="You can't see billing">
          Your role, {self.roleName}, doesn&apos;t let you see it. An admin can change your role.
        </EmptyState>
      )}
      {can.viewBilling && billing.isPending && <Skeleton height={160} radius="lg" />}
      {billing.isError && !billing.data && <LoadFailure error={billing.error} retry={() => void billing.refetch()} />}
      {billing.data &&
        (isOff ? <NoBilling maySample={billing.data.maySample} /> : <SubscriptionSection billing={billing.data} />)}
      {can.viewBilling && <LicencesSection />}
      {can.viewInvoices && !isOff && <NextInvoiceSection />}
      {can.viewInvoices && <InvoicesSection />}
      {(can.viewInvoices || can.managePayment) && !isOff && <PaymentSection />}
      {(can.viewInvoices || can.managePayment) && !isOff && <ProfileSection />}
      {seesAnything && can.viewAuditLog && <HistorySection />}
      <UnsavedFormsGuard />
    </>
  );
}
