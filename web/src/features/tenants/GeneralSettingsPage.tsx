import { UnsavedFormsGuard } from "../../ui/unsaved-guard.tsx";
import { usePageTitle } from "../../ui/use-page-title.ts";
import { ExportSection } from "../exports/export-section.tsx";
import { MySso } from "../sso/my-sso.tsx";
import { DeleteWorkspace } from "./delete-workspace.tsx";
import classes from "./settings.module.css";
import { useTenant } from "./tenant-context.ts";
import { useTimes } from "./use-times.ts";
import { WorkspaceAddress } from "./workspace-address.tsx";
import { WorkspaceDisplay } from "./workspace-display.tsx";
import { WorkspaceFacts } from "./workspace-facts.tsx";
import { WorkspaceLeave } from "./workspace-leave.tsx";
import { WorkspaceLogo } from "./workspace-logo.tsx";
import { WorkspaceOwnership } from "./workspace-ownership.tsx";

/** Each form saves by itself. Deletion, which cannot be undone, comes last. */
export function GeneralSettingsPage() {
  const tenant = useTenant();
  const { dateWords, fullTime } = useTimes();
  usePageTitle("General", tenant.name);
  return (
    <>
      <h1>General</h1>
      {!tenant.can.edit && (
        <p className={classes.lead}>
          Your role, {tenant.self.roleName}, doesn&apos;t let you change these settings. An admin can.
        </p>
      )}
      {tenant.can.edit ? (
        <>
          <WorkspaceAddress key={tenant.slug} tenant={tenant} />
          <WorkspaceLogo tenant={tenant} />
          <WorkspaceDisplay tenant={tenant} />
        </>
      ) : (
        <WorkspaceFacts tenant={tenant} />
      )}
      <WorkspaceOwnership tenant={tenant} />
      <MySso />
      <WorkspaceLeave tenant={tenant} />
      {tenant.can.viewExports && <ExportSection tenant={tenant} />}
      <p className={classes.hint}>
        Created <span title={fullTime(tenant.createdAt)}>{dateWords(tenant.createdAt)}</span>
      </p>
      {tenant.can.delete && <DeleteWorkspace tenant={tenant} />}
      <UnsavedFormsGuard />
    </>
  );
}
