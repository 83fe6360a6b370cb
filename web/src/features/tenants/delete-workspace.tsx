import { Button, Modal, PasswordInput, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { notifications } from "@mantine/notifications";
import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "react-router";
import { api, call } from "../../api/client.ts";
import { keys, meQuery } from "../../api/queries.ts";
import type { Tenant } from "../../api/types.ts";
import { useSubmit } from "../../api/use-submit.ts";
import { paths } from "../../paths.ts";
import { FailureNote } from "../../ui/failure.tsx";
import classes from "./settings.module.css";

interface DeleteWorkspaceProps {
  tenant: Tenant;
  opened: boolean;
  onClose: () => void;
}

export function DeleteWorkspace({ tenant, opened, onClose }: DeleteWorkspaceProps) {
  return (
    <Modal opened={opened} onClose={onClose} title={`Delete ${tenant.name}`} size="md">
      <DeleteForm tenant={tenant} onClose={onClose} />
    </Modal>
  );
}

function DeleteForm({ tenant, onClose }: Omit<DeleteWorkspaceProps, "opened">) {
  const navigate = useNavigate();
  const queries = useQueryClient();
  const form = useForm({
    initialValues: { slug: "", password: "" },
    validate: {
      slug: (value) => (value === tenant.slug ? null : `Type ${tenant.slug} exactly.`),
      password: (value) => (value === "" ? "Enter your password." : null),
    },
  });
  const { busy, failure, onSubmit } = useSubmit(form, async (body) => {
    await call(api.POST("/api/v1/tenants/{slug}/deletion", { params: { path: { slug: tenant.slug } }, body }));
    await queries.fetchQuery({ ...meQuery(), staleTime: 0 });
    await navigate(paths.home(), { replace: true });
    queries.removeQueries({ queryKey: keys.workspace(tenant.slug) });
    notifications.show({ message: `${tenant.name} was deleted.` });
  });

  return (
    <form className={classes.form} onSubmit={onSubmit} noValidate>
      <p>Everything in it is erased for everyone, recordings included. This can&apos;t be undone.</p>
      <FailureNote>{failure}</FailureNote>
      <TextInput
        label={`Type ${tenant.slug} to confirm`}
        autoComplete="off"
        autoCapitalize="none"
        spellCheck={false}
        data-autofocus
        {...form.getInputProps("slug")}
      />
      <PasswordInput label="Your password" autoComplete="current-password" {...form.getInputProps("password")} />
      <div className={classes.actions}>
        <Button variant="default" onClick={onClose}>
          Keep it
        </Button>
        <Button type="submit" color="brick" loading={busy}>
          Delete {tenant.name}
        </Button>
      </div>
    </form>
  );
}
