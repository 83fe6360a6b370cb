import { createTenant } from "#contract/http/tenants.ts";
import { suggestSlug } from "#contract/slug.ts";
import { Button, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useNavigate } from "react-router";
import { api, call } from "../../api/client.ts";
import { keys, meQuery } from "../../api/queries.ts";
import { useSubmit } from "../../api/use-submit.ts";
import { validateWith } from "../../api/validate.ts";
import { paths } from "../../paths.ts";
import { FailureNote } from "../../ui/failure.tsx";
import { MyInvitations } from "./my-invitations.tsx";
import { PlainFrame } from "./plain-frame.tsx";
import { usePageTitle } from "../../ui/use-page-title.ts";
import classes from "./new-workspace.module.css";
import { useSlugVerdict } from "./use-slug-verdict.ts";

/** Where the one who creates it is: most of its people are there too. */
const { timeZone } = new Intl.DateTimeFormat().resolvedOptions();

export function NewWorkspacePage() {
  usePageTitle("Create a workspace");
  const navigate = useNavigate();
  const queries = useQueryClient();
  const { data: me } = useQuery(meQuery());
  const [slugByHand, setSlugByHand] = useState(false);
  const form = useForm({ initialValues: { name: "", slug: "" }, validate: validateWith(createTenant.body) });
  const { name, slug } = form.values;
  const verdict = useSlugVerdict(slug);
  const { busy, failure, onSubmit } = useSubmit(form, async (values) => {
    const tenant = await call(api.POST("/api/v1/tenants", { body: { ...values, timeZone } }));
    queries.setQueryData(keys.tenant(tenant.slug), tenant);
    await queries.invalidateQueries({ queryKey: keys.me });
    await navigate(paths.board(tenant.slug), { replace: true });
  });

  function changeName(next: string) {
    form.setFieldValue("name", next);
    if (!slugByHand) form.setFieldValue("slug", suggestSlug(next));
  }

  return (
    <PlainFrame narrow>
      <div className={classes.invitations}>
        <MyInvitations />
      </div>
      <h1>Create a workspace</h1>
      <p className={classes.lead}>
        {me?.tenants.length === 0 ? `Welcome, ${me.account.name}. ` : ""}
        Channels, people and recordings of one team live here, apart from every other workspace.
      </p>
      <form className={classes.form} onSubmit={onSubmit} noValidate>
        <FailureNote>{failure}</FailureNote>
        <TextInput
          label="Name"
          placeholder="Acme Corp"
          autoComplete="organization"
          autoFocus
          maxLength={80}
          value={name}
          error={form.errors["name"]}
          onChange={(event) => changeName(event.currentTarget.value)}
        />
        <div>
          <TextInput
            label="Address"
            description="Part of every link to it: a–z, 0–9 and hyphens"
            placeholder="acme-corp"
            autoComplete="off"
            autoCapitalize="none"
            spellCheck={false}
            value={slug}
            error={form.errors["slug"] ?? verdict.error}
            onChange={(event) => {
              setSlugByHand(event.currentTarget.value !== "");
              form.setFieldValue("slug", event.currentTarget.value);
            }}
          />
          <p className={classes.verdict} data-ok={verdict.available} role="status">
            {slug !== "" && !form.errors["slug"] && !verdict.error && (
              <>
                {verdict.available ? "Free: " : "Checking "}
                <strong>
                  {window.location.host}/{slug}
                </strong>
              </>
            )}
          </p>
        </div>
        <Button type="submit" size="md" loading={busy}>
          {name.trim() === "" ? "Create workspace" : `Create ${name.trim()}`}
        </Button>
      </form>
    </PlainFrame>
  );
}
