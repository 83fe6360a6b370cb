import { Button } from "@mantine/core";
import { IconDownload, IconLock } from "@tabler/icons-react";
import { paths } from "../../paths.ts";
import { EmptyState } from "../../ui/empty-state.tsx";
import { usePageTitle } from "../../ui/use-page-title.ts";
import { WithReason } from "../../ui/with-reason.tsx";
import { useTenant } from "../tenants/tenant-context.ts";
import { AuditFilterBar } from "./audit-filters.tsx";
import { AuditList } from "./audit-list.tsx";
import classes from "./audit.module.css";
import { useAuditFilters } from "./use-audit-filters.ts";

export function AuditLogPage() {
  const tenant = useTenant();
  usePageTitle("Audit log", tenant.name);
  const { filters, query, narrow, clear } = useAuditFilters();

  if (!tenant.can.viewAuditLog) {
    return (
      <>
        <h1>Audit log</h1>
        <EmptyState icon={<IconLock />} title="You can't read the audit log">
          Your role, {tenant.self.roleName}, doesn&apos;t let you read it. An admin can change your role.
        </EmptyState>
      </>
    );
  }
  return (
    <>
      <header className={classes.head}>
        <div>
          <h1>Audit log</h1>
          <p>Who did what in {tenant.name}, when, and from where.</p>
        </div>
        <WithReason
          reason={tenant.can.exportAuditLog ? null : `Your role, ${tenant.self.roleName}, can't export it. An admin can.`}
        >
          <Button
            component="a"
            href={tenant.can.exportAuditLog ? paths.auditExport(tenant.slug, query) : undefined}
            role="link"
            tabIndex={0}
            download
            variant="default"
            leftSection={<IconDownload size={18} />}
          >
            Export {Object.keys(query).length > 0 ? "these entries" : "everything"} as CSV
          </Button>
        </WithReason>
      </header>
      <AuditFilterBar filters={filters} narrow={narrow} clear={clear} />
      <AuditList key={JSON.stringify(query)} query={query} narrow={narrow} clear={clear} />
    </>
  );
}
