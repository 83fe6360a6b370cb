import { Anchor, Button, Modal, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useDisclosure } from "@mantine/hooks";
import { notifications } from "@mantine/notifications";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useNavigate } from "react-router";
import { api, call } from "../../api/client.ts";
import { meQuery } from "../accounts/queries.ts";
import { useReauthentication } from "../accounts/use-reauthentication.tsx";
import { words } from "../../api/errors.ts";
import { ofWorkspace } from "../../api/outdated.ts";
import type { Tenant } from "../../api/types.ts";
import { useSubmit } from "../../api/use-submit.ts";
import { paths } from "../../paths.ts";
import { FailureNote } from "../../ui/failure.tsx";
import formClasses from "../../ui/form.module.css";
import { deletionPreviewQuery } from "./queries.ts";
import classes from "./settings.module.css";
import { WhatEnds } from "./what-ends.tsx";

export function DeleteWorkspace({ tenant }: { tenant: Tenant }) {
  const [opened, { open, close }] = useDisclosure();
  const [leadsToExport, setLeadsToExport] = useState(false);

  function exportFirst() {
    setLeadsToExport(true);
    close();
    document.getElementById("export")?.focus();
  }

  return (
    <section className={classes.danger} aria-labelledby="danger">
      <h2 id="danger">Delete this workspace</h2>
      <p>
        Everything in {tenant.name} is erased for everyone, immediately: channels, recordings, members, invitations and the audit
        log. This can't be undone. You'll get a signed receipt.
      </p>
      <div className={formClasses.actions}>
        <Button
          color="brick"
          variant="outline"
          onClick={() => {
            setLeadsToExport(false);
            open();
          }}
        >
          Delete {tenant.name}…
        </Button>
      </div>
      <Modal opened={opened} onClose={close} returnFocus={!leadsToExport} title={`Delete ${tenant.name}`} size="md">
        <DeleteForm tenant={tenant} onClose={close} onExport={exportFirst} />
      </Modal>
    </section>
  );
}

interface DeleteFormProps {
  tenant: Tenant;
  onClose: () => void;
  onExport: () => void;
}

function DeleteForm({ tenant, onClose, onExport }: DeleteFormProps) {
  const navigate = useNavigate();
  const queries = useQueryClient();
  const { confirmed, dialog } = useReauthentication();
  const preview = useQuery(deletionPreviewQuery(tenant.slug));
  const form = useForm({
    initialValues: { slug: "" },
    validate: { slug: (value) => (value === tenant.slug ? null : `Type ${tenant.slug} exactly.`) },
  });
  const { busy, failure, onSubmit } = useSubmit(form, async (body) => {
    const params = { path: { slug: tenant.slug } };
    const { token } = await confirmed(() => call(api.POST("/api/v1/tenants/{slug}/deletion", { params, body })));
    await navigate(paths.deletion(token), { replace: true });
    queries.removeQueries(ofWorkspace(tenant.slug));
    notifications.show({ message: `${tenant.name} was deleted.` });
    await queries.fetchQuery({ ...meQuery(), staleTime: 0 });
  });

  return (
    <>
      <form className={formClasses.form} onSubmit={onSubmit} noValidate>
        <p>Everything in it is erased for everyone, recordings included. This can&apos;t be undone.</p>
        {preview.data?.billing && <WhatEnds billing={preview.data.billing} />}
        <p>
          To keep a copy,{" "}
          <Anchor href="#export" onClick={onExport}>
            export everything
          </Anchor>{" "}
          first, and download it: exports are erased too.
        </p>
        <FailureNote>{failure ?? (preview.isError && words(preview.error))}</FailureNote>
        <TextInput
          label={`Type ${tenant.slug} to confirm`}
          autoComplete="off"
          autoCapitalize="none"
          spellCheck={false}
          data-autofocus
          {...form.getInputProps("slug")}
        />
        <div className={formClasses.actions}>
          <Button variant="default" onClick={onClose}>
            Keep it
          </Button>
          <Button type="submit" color="brick" loading={busy} disabled={preview.isPending}>
            Delete {tenant.name}
          </Button>
        </div>
      </form>
      {dialog}
    </>
  );
}
