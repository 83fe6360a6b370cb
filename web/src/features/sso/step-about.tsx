import { updateSsoConnection } from "#contract/http/sso.ts";
import { Button, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useDisclosure } from "@mantine/hooks";
import { notifications } from "@mantine/notifications";
import { Link } from "react-router";
import type { SsoConnection } from "../../api/types.ts";
import { useSubmit } from "../../api/use-submit.ts";
import { validateWith } from "../../api/validate.ts";
import { paths } from "../../paths.ts";
import { FailureNote } from "../../ui/failure.tsx";
import { useFollowSaved } from "../../ui/use-follow-saved.ts";
import { UnsavedGuard } from "../../ui/unsaved-guard.tsx";
import { useTenant } from "../tenants/tenant-context.ts";
import { ConnectionDelete } from "./connection-delete.tsx";
import { PROTOCOLS } from "./connection-words.ts";
import { PROVIDERS } from "./guides.ts";
import classes from "./sso.module.css";
import { useSaveConnection } from "./use-save-connection.ts";

export function StepAbout({ connection }: { connection: SsoConnection }) {
  const { slug } = useTenant();
  const { connectionId, name, provider, protocol } = connection;
  const [deleting, remove] = useDisclosure();
  const { save, dialog } = useSaveConnection(connection);
  const form = useForm({ initialValues: { name }, validate: validateWith(updateSsoConnection.body) });
  useFollowSaved(form, { name });
  const { busy, failure, onSubmit } = useSubmit(form, async (body) => {
    const saved = await save(body);
    form.setInitialValues({ name: saved.name });
    form.setValues({ name: saved.name });
    notifications.show({ message: "Name saved." });
  });
  return (
    <>
      <section className={classes.card} aria-labelledby="step">
        <h2 id="step">Provider</h2>
        <p>
          {PROVIDERS[provider].name} over {PROTOCOLS[protocol]}. To use another provider or protocol, make a new connection.
        </p>
        <form className={classes.form} onSubmit={onSubmit} noValidate aria-label="Name of the connection">
          <UnsavedGuard isUnsaved={() => form.isDirty() && !busy} />
          <TextInput
            label="Name"
            description="People see it on the button: “Continue with …”."
            autoComplete="off"
            maxLength={60}
            {...form.getInputProps("name")}
          />
          <FailureNote>{failure}</FailureNote>
          <div className={classes.actions}>
            <Button type="submit" variant="default" disabled={!form.isDirty()} loading={busy}>
              Save name
            </Button>
            <Button component={Link} to={paths.ssoConnection(slug, connectionId, "there")}>
              Continue
            </Button>
          </div>
          {dialog}
        </form>
      </section>
      <section className={`${classes.card} ${classes.danger}`} aria-labelledby="delete-connection">
        <h2 id="delete-connection">Delete this connection</h2>
        <p className={classes.hint}>
          Nobody loses their membership. People who signed in through this connection must sign in another way.
        </p>
        <div className={classes.actions}>
          <Button variant="outline" color="brick" onClick={remove.open}>
            Delete {name}…
          </Button>
        </div>
        <ConnectionDelete connection={connection} opened={deleting} onClose={remove.close} />
      </section>
    </>
  );
}
