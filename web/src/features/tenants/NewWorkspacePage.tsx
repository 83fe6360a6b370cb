import { createTenant } from "#contract/http/tenants.ts";
import { Button, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useRef, useState } from "react";
import { useNavigate } from "react-router";
import { api, call } from "../../api/client.ts";
import { meQuery } from "../accounts/queries.ts";
import { ofPerson } from "../../api/outdated.ts";
import { useSubmit } from "../../api/use-submit.ts";
import { validateWith } from "../../api/validate.ts";
import { paths } from "../../paths.ts";
import { FailureNote } from "../../ui/failure.tsx";
import { MyInvitations } from "../invitations/my-invitations.tsx";
import { PlainFrame } from "../page-frames/plain-frame.tsx";
import { ownZone } from "../../ui/time.ts";
import { usePageTitle } from "../../ui/use-page-title.ts";
import classes from "./new-workspace.module.css";
import { tenantQuery } from "./queries.ts";
import { suggestSlug } from "./suggest-slug.ts";
import { useSlugVerdict } from "./use-slug-verdict.ts";

export function NewWorkspacePage() {
  usePageTitle("Create a workspace");
  const navigate = useNavigate();
  const queries = useQueryClient();
  const { data: me } = useQuery(meQuery());
  const [slugByHand, setSlugByHand] = useState(false);
  /** The name that a slug is being suggested for; null once the slug is typed by hand. */
  const newest = useRef<string | null>(null);
  const form = useForm({ initialValues: { name: "", slug: "" }, validate: validateWith(createTenant.body) });
  const { name, slug } = form.values;
  const verdict = useSlugVerdict(slug);
  const { busy, failure, onSubmit } = useSubmit(form, async (values) => {
    // Most people of a workspace are where its creator is.
    const tenant = await call(api.POST("/api/v1/tenants", { body: { ...values, timeZone: ownZone } }));
    queries.setQueryData(tenantQuery(tenant.slug).queryKey, tenant);
    await queries.invalidateQueries(ofPerson());
    await navigate(paths.board(tenant.slug), { replace: true });
  });

  function changeName(next: string) {
    form.setFieldValue("name", next);
    newest.current = next;
    if (slugByHand) return;
    void suggestSlug(next).then((suggested) => {
      // Skip a suggestion that is out of date: the name or the slug was edited meanwhile.
      if (newest.current === next) form.setFieldValue("slug", suggested);
    });
  }

  return (
    <PlainFrame narrow>
      <div className={classes.invitations}>
        <MyInvitations />
      </div>
      <h1>Create a workspace</h1>
      <p className={classes.lead}>
        {me?.tenants.length === 0 ? `Welcome, ${me.account.name}. ` : ""}
        A workspace holds one team's channels, people and recordings, separate from every other workspace.
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
            description="Part of every link to the workspace: a–z, 0–9 and hyphens"
            placeholder="acme-corp"
            autoComplete="off"
            autoCapitalize="none"
            spellCheck={false}
            value={slug}
            error={form.errors["slug"] ?? verdict.error}
            onChange={(event) => {
              newest.current = null;
              setSlugByHand(event.currentTarget.value !== "");
              form.setFieldValue("slug", event.currentTarget.value);
            }}
          />
          <p className={classes.verdict} data-ok={verdict.available} role="status">
            {slug !== "" && !form.errors["slug"] && !verdict.error && (
              <>
                {verdict.available ? "Available: " : "Checking "}
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
