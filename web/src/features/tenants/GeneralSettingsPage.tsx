import { Button } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { usePageTitle } from "../../ui/use-page-title.ts";
import { WithReason } from "../../ui/with-reason.tsx";
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
  const [deleting, { open, close }] = useDisclosure();
  return (
    <>
      <h1>General</h1>
      <WorkspaceAddress key={tenant.slug} tenant={tenant} />
      <WorkspaceLogo tenant={tenant} />
      <WorkspaceDisplay tenant={tenant} />
      <WorkspaceOwnership tenant={tenant} />
      <WorkspaceLeave tenant={tenant} />
      <p className={classes.hint}>
        Created <span title={fullTime(tenant.createdAt)}>{dateWords(tenant.createdAt)}</span>
      </p>
      <section className={classes.danger} aria-labelledby="danger">
        <h2 id="danger">Delete this workspace</h2>
        <p>
          All channels, recordings, members and invitations of {tenant.name} are erased for everyone, at once and for good. Nobody
          can bring them back.
        </p>
        <WithReason reason={tenant.can.delete ? null : "Only the workspace's owner can delete it."}>
          <Button color="brick" variant="outline" onClick={open}>
            Delete {tenant.name}…
          </Button>
        </WithReason>
      </section>
      <DeleteWorkspace tenant={tenant} opened={deleting} onClose={close} />
    </>
  );
}
