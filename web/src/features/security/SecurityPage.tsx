import { IconLock } from "@tabler/icons-react";
import { EmptyState } from "../../ui/empty-state.tsx";
import { UnsavedFormsGuard } from "../../ui/unsaved-guard.tsx";
import { usePageTitle } from "../../ui/use-page-title.ts";
import { SsoSection } from "../sso/sso-section.tsx";
import { useTenant } from "../tenants/tenant-context.ts";
import { DomainsSection } from "./domains-section.tsx";
import { EncryptionKeySection } from "./encryption-key-section.tsx";
import { MfaPolicySection } from "./mfa-policy.tsx";
import { SessionsSection } from "./sessions-section.tsx";

export function SecurityPage() {
  const tenant = useTenant();
  usePageTitle("Security", tenant.name);
  return (
    <>
      <h1>Security</h1>
      {tenant.can.viewSecurity ? (
        <>
          <MfaPolicySection />
          <SsoSection />
          <SessionsSection />
          <DomainsSection />
          <EncryptionKeySection />
          <UnsavedFormsGuard />
        </>
      ) : (
        <EmptyState icon={<IconLock />} title="You can't see these settings">
          Your role, {tenant.self.roleName}, doesn&apos;t let you see them. An admin can change your role.
        </EmptyState>
      )}
    </>
  );
}
