import { usePageTitle } from "../../ui/use-page-title.ts";
import { ExportSection } from "../exports/export-section.tsx";
import { DeleteWorkspace } from "./delete-workspace.tsx";
import classes from "./settings.module.css";
import { useTenant } from "./tenant-context.ts";
import { useTimes } from "./use-times.ts";
import { WorkspaceAddress } from "./workspace-address.tsx";
import { WorkspaceDisplay } from "./workspace-display.tsx";
import { WorkspaceLeave } from "./workspace-leave.tsx";
import { WorkspaceLogo } from "./workspace-logo.tsx";
import { WorkspaceOwnership } from "./workspace-ownership.tsx";

/** Each form saves by itself; what cannot be undone comes last. */
export function GeneralSettingsPage() {
  const tenant = useTenant();
  const { dateWords, fullTime } = useTimes();
  usePageTitle("General", tenant.name);
  return (
    <>
      <h1>General</h1>
      {!tenant.can.edit && (
        <p className={classes.lead}>
          Only people who may edit the workspace can change its name, address, logo and display. Your role, {tenant.self.roleName}
          , doesn&apos;t let you; an admin can.
        </p>
      )}
      <WorkspaceAddress key={tenant.slug} tenant={tenant} />
      <WorkspaceLogo tenant={tenant} />
      <WorkspaceDisplay tenant={tenant} />
      <WorkspaceOwnership tenant={tenant} />
      <WorkspaceLeave tenant={tenant} />
      <ExportSection tenant={tenant} />
      <p className={classes.hint}>
        Created <span title={fullTime(tenant.createdAt)}>{dateWords(tenant.createdAt)}</span>
      </p>
      <DeleteWorkspace tenant={tenant} />
    </>
  );
}
