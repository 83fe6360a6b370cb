import { updateTenant } from "#contract/http/tenants.ts";
import { SLUG_KEPT_DAYS } from "#contract/slug.ts";
import { Button, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { notifications } from "@mantine/notifications";
import { useSubmit } from "../../api/use-submit.ts";
import { validateWith } from "../../api/validate.ts";
import type { Tenant } from "../../api/types.ts";
import { FailureNote } from "../../ui/failure.tsx";
import { useFollowSaved } from "../../ui/use-follow-saved.ts";
import formClasses from "../../ui/form.module.css";
import { EarlierSlugs } from "./earlier-slugs.tsx";
import classes from "./settings.module.css";
import { useSaveTenant } from "./use-save-tenant.ts";
import { useSlugVerdict } from "./use-slug-verdict.ts";

/** The form for the workspace's name and address. */
export function WorkspaceAddress({ tenant }: { tenant: Tenant }) {
  const save = useSaveTenant(tenant);
  const { name, slug } = tenant;
  const form = useForm({ initialValues: { name, slug }, validate: validateWith(updateTenant.body) });
  useFollowSaved(form, { name, slug });
  const moving = form.values.slug !== slug;
  const verdict = useSlugVerdict(form.values.slug, slug);
  const { busy, failure, onSubmit } = useSubmit(form, async (values) => {
    const saved = await save(values);
    form.setInitialValues({ name: saved.name, slug: saved.slug });
    form.setValues({ name: saved.name, slug: saved.slug });
    notifications.show({
      message: moving ? `The workspace is now at ${window.location.host}/${saved.slug}.` : "Saved for everyone.",
    });
  });

  return (
    <form
      className={classes.section}
      aria-labelledby="address"
      data-unsaved={form.isDirty() && !busy}
      onSubmit={onSubmit}
      noValidate
    >
      <h2 id="address">Name and address</h2>
      <FailureNote>{failure}</FailureNote>
      <TextInput label="Name" autoComplete="off" maxLength={80} {...form.getInputProps("name")} />
      <div>
        <TextInput
          label="Address"
          description={`The part after ${window.location.host}/ in every link: a–z, 0–9 and hyphens`}
          autoComplete="off"
          autoCapitalize="none"
          spellCheck={false}
          {...form.getInputProps("slug")}
          error={form.errors["slug"] ?? (moving ? verdict.error : null)}
        />
        <p className={classes.hint} role="status">
          {moving &&
            !verdict.error &&
            (verdict.available
              ? `Available: ${window.location.host}/${form.values.slug}. Links to ${window.location.host}/${slug} lead there for ${SLUG_KEPT_DAYS} days, and nobody else can take that address until then.`
              : "Checking…")}
        </p>
      </div>
      <EarlierSlugs tenant={tenant} />
      <div className={formClasses.actions}>
        <Button type="submit" loading={busy} disabled={!form.isDirty()}>
          {moving ? "Move the workspace" : "Save"}
        </Button>
      </div>
    </form>
  );
}
