import { IconLock } from "@tabler/icons-react";
import { EmptyState } from "../../ui/empty-state.tsx";
import { usePageTitle } from "../../ui/use-page-title.ts";
import { useTenant } from "../tenants/tenant-context.ts";
import { HistorySection } from "./history-section.tsx";
import { InvoicesSection } from "./invoices-section.tsx";
import { LicencesSection } from "./licences-section.tsx";
import { NextInvoiceSection } from "./next-invoice-section.tsx";
import { ProfileSection } from "./profile-section.tsx";
import { SubscriptionSection } from "./subscription-section.tsx";

export function BillingPage() {
  const { name, can, self } = useTenant();
  usePageTitle("Billing", name);
  const seesAnything = can.viewBilling || can.viewInvoices || can.managePayment;
  return (
    <>
      <h1>Billing</h1>
      {!seesAnything && (
        <EmptyState icon={<IconLock />} title="You can't see billing">
          Your role, {self.roleName}, doesn&apos;t let you see it. An admin can change your role.
        </EmptyState>
      )}
      {can.viewBilling && <SubscriptionSection />}
      {can.viewBilling && <LicencesSection />}
      {can.viewInvoices && <NextInvoiceSection />}
      {can.viewInvoices && <InvoicesSection />}
      {(can.viewInvoices || can.managePayment) && <ProfileSection />}
      {seesAnything && can.viewAuditLog && <HistorySection />}
    </>
  );
}
