import { Button } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { dateWords, fullTime } from "../../ui/time.ts";
import { usePageTitle } from "../../ui/use-page-title.ts";
import { WithReason } from "../../ui/with-reason.tsx";
import { DeleteWorkspace } from "./delete-workspace.tsx";
import classes from "./settings.module.css";
import { useTenant } from "./tenant-context.ts";

export function GeneralSettingsPage() {
  const tenant = useTenant();
  usePageTitle("General", tenant.name);
  const [deleting, { open, close }] = useDisclosure();
  return (
    <>
      <h1>General</h1>
      <dl className={classes.facts}>
        <dt>Name</dt>
        <dd>{tenant.name}</dd>
        <dt>Address</dt>
        <dd>
          {window.location.host}/{tenant.slug}
        </dd>
        <dt>Created</dt>
        <dd title={fullTime(tenant.createdAt)}>{dateWords(tenant.createdAt)}</dd>
        <dt>You are</dt>
        <dd>{tenant.self.isOwner ? `Owner and ${tenant.self.roleName}` : tenant.self.roleName}</dd>
      </dl>
      <p className={classes.hint}>Name and address can&apos;t be changed yet.</p>

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
