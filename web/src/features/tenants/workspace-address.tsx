import { updateTenant } from "#contract/http/tenants.ts";
import { SLUG_KEPT_DAYS } from "#contract/slug.ts";
import { Button, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { notifications } from "@mantine/notifications";
import { useSubmit } from "../../api/use-submit.ts";
import { validateWith } from "../../api/validate.ts";
import type { Tenant } from "../../api/types.ts";
import { FailureNote } from "../../ui/failure.tsx";
import { WithReason } from "../../ui/with-reason.tsx";
import formClasses from "../../ui/form.module.css";
import { EarlierSlugs } from "./earlier-slugs.tsx";
import classes from "./settings.module.css";
import { cannotEdit, useSaveTenant } from "./use-save-tenant.ts";
import { useSlugVerdict } from "./use-slug-verdict.ts";

/** What the workspace is called and where it is found. */
export function WorkspaceAddress({ tenant }: { tenant: Tenant }) {
  const save = useSaveTenant(tenant);
  const { name, slug } = tenant;
  const form = useForm({ initialValues: { name, slug }, validate: validateWith(updateTenant.body) });
  const moving = form.values.slug !== slug;
  const verdict = useSlugVerdict(form.values.slug, slug);
  const reason = cannotEdit(tenant);
  const { busy, failure, onSubmit } = useSubmit(form, async (values) => {
    const saved = await save(values);
    form.setInitialValues({ name: saved.name, slug: saved.slug });
    form.setValues({ name: saved.name, slug: saved.slug });
    notifications.show({ message: moving ? `The workspace is at ${window.location.host}/${saved.slug} now.` : "Saved." });
  });

  return (
    <form className={classes.section} data-read-only={reason !== null} aria-labelledby="address" onSubmit={onSubmit} noValidate>
      <h2 id="address">Name and address</h2>
      <FailureNote>{failure}</FailureNote>
      <TextInput label="Name" autoComplete="off" maxLength={80} readOnly={reason !== null} {...form.getInputProps("name")} />
      <div>
        <TextInput
          label="Address"
          description={`What follows ${window.location.host}/ in every link to it: a–z, 0–9 and hyphens`}
          autoComplete="off"
          autoCapitalize="none"
          spellCheck={false}
          readOnly={reason !== null}
          {...form.getInputProps("slug")}
          error={form.errors["slug"] ?? (moving ? verdict.error : null)}
        />
        <p className={classes.hint} role="status">
          {moving &&
            !verdict.error &&
            (verdict.available
              ? `Free. Links to ${window.location.host}/${slug} lead there for ${SLUG_KEPT_DAYS} days, and nobody else can have that address meanwhile.`
              : "Checking…")}
        </p>
      </div>
      {tenant.can.edit && <EarlierSlugs tenant={tenant} />}
      <div className={formClasses.actions}>
        <WithReason reason={reason}>
          <Button type="submit" loading={busy} disabled={reason === null && !form.isDirty()}>
            {moving ? "Move the workspace" : "Save"}
          </Button>
        </WithReason>
      </div>
    </form>
  );
}
