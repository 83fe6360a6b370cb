import { COUNTRIES } from "#contract/countries.ts";
import { MAX_RECIPIENTS } from "#contract/http/billing-profile.ts";
import { Button, Select, Skeleton, Textarea, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { notifications } from "@mantine/notifications";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { api, call } from "../../api/client.ts";
import { showing } from "../../api/outdated.ts";
import type { BillingProfile } from "../../api/types.ts";
import { useSubmit } from "../../api/use-submit.ts";
import { Fact, Facts } from "../../ui/facts.tsx";
import { FailureNote, LoadFailure } from "../../ui/failure.tsx";
import { fittingOptions } from "../../ui/fitting-options.ts";
import formClasses from "../../ui/form.module.css";
import { useFollowSaved } from "../../ui/use-follow-saved.ts";
import settings from "../tenants/settings.module.css";
import { useTenant } from "../tenants/tenant-context.ts";
import { billingDay } from "./billing-words.ts";
import classes from "./billing.module.css";
import { bodyOf, faultsOf, valuesOf } from "./profile-values.ts";
import { billingProfileQuery } from "./queries.ts";

const LANGUAGES: Record<BillingProfile["language"], string> = { en: "English", de: "Deutsch" };
const REGIONS = new Intl.DisplayNames(undefined, { type: "region" });
const countryName = (code: string) => REGIONS.of(code) ?? code;
const COUNTRY_CHOICES = [...COUNTRIES]
  .map((value) => ({ value, label: countryName(value) }))
  .toSorted((a, b) => a.label.localeCompare(b.label));

/** The recipient of documents. */
export function ProfileSection() {
  const { slug, self } = useTenant();
  const { data: profile, ...query } = useQuery(billingProfileQuery(slug));
  return (
    <section className={settings.section} aria-labelledby="billing-details">
      <h2 id="billing-details">Billing details</h2>
      <p className={settings.hint}>
        Whom invoices are for. A change is for future documents only: those that exist stay as they are.
      </p>
      {query.isPending && <Skeleton height={320} radius="lg" />}
      {query.isError && !profile && <LoadFailure error={query.error} retry={() => void query.refetch()} />}
      {profile?.can.edit && <ProfileForm profile={profile} />}
      {profile && !profile.can.edit && (
        <>
          <ProfileFacts profile={profile} />
          <p className={settings.hint}>Your role, {self.roleName}, doesn&apos;t let you change them. An admin can.</p>
        </>
      )}
    </section>
  );
}

/** Says whether the saved tax id is confirmed, and has a known form. */
function taxIdWords({ taxIdForm, taxIdConfirmedAt }: BillingProfile): string {
  if (taxIdConfirmedAt !== null) return `Confirmed on ${billingDay(taxIdConfirmedAt)} by whoever runs this server.`;
  if (taxIdForm === "right") return "Form checked, not looked up in a register.";
  return "whoot doesn't know this form: check it for typos. It isn't looked up in a register.";
}

function ProfileForm({ profile }: { profile: BillingProfile }) {
  const { slug, name } = useTenant();
  const queries = useQueryClient();
  const form = useForm({ initialValues: valuesOf(profile), validate: faultsOf });
  useFollowSaved(form, valuesOf(profile));
  const { values } = form;
  const { busy, failure, onSubmit } = useSubmit(form, async (sent) => {
    const saved = await call(
      api.PUT("/api/v1/tenants/{slug}/billing/profile", { params: { path: { slug } }, body: bodyOf(sent) }),
    );
    queries.setQueryData(billingProfileQuery(slug).queryKey, saved);
    form.setInitialValues(valuesOf(saved));
    form.reset();
    notifications.show({ message: "Saved for future documents." });
    await queries.invalidateQueries(showing(slug, "billing", "auditLog"));
  });
  const isSavedTaxId = profile.taxId !== null && values.taxId === profile.taxId && values.country === profile.country;
  return (
    <form
      className={formClasses.form}
      aria-label="Billing details"
      data-unsaved={form.isDirty() && !busy}
      onSubmit={onSubmit}
      noValidate
    >
      <FailureNote>{failure}</FailureNote>
      <TextInput
        label="Company"
        description={`Until you enter it, documents name ${name}`}
        autoComplete="organization"
        {...form.getInputProps("company")}
      />
      <Textarea
        label="Street"
        description="Up to 4 lines"
        autosize
        minRows={1}
        maxRows={4}
        autoComplete="street-address"
        {...form.getInputProps("addressLines")}
      />
      <div className={classes.town}>
        <TextInput label="Postcode" autoComplete="postal-code" {...form.getInputProps("postcode")} />
        <TextInput label="City" autoComplete="address-level2" {...form.getInputProps("city")} />
      </div>
      <Select
        label="Country"
        placeholder="Choose the country"
        data={COUNTRY_CHOICES}
        searchable
        filter={fittingOptions}
        nothingFoundMessage="No matches. Try fewer letters."
        {...form.getInputProps("country")}
        value={values.country === "" ? null : values.country}
        onChange={(country) => form.setFieldValue("country", country ?? "")}
      />
      <TextInput
        label="Tax ID"
        description={
          isSavedTaxId ? taxIdWords(profile) : "Inside the EU the VAT ID. Its form is checked; it isn't looked up in a register"
        }
        autoComplete="off"
        spellCheck={false}
        {...form.getInputProps("taxId")}
      />
      <TextInput
        label="PO number"
        description="Stands on documents as you enter it"
        autoComplete="off"
        {...form.getInputProps("purchaseOrder")}
      />
      <Select
        label="Language of documents"
        data={Object.entries(LANGUAGES).map(([value, label]) => ({ value, label }))}
        allowDeselect={false}
        {...form.getInputProps("language")}
      />
      <Textarea
        label="Recipients"
        description={`Email addresses that get the documents and need no account. One in each line, at most ${MAX_RECIPIENTS}`}
        autosize
        minRows={2}
        maxRows={MAX_RECIPIENTS}
        autoComplete="off"
        spellCheck={false}
        {...form.getInputProps("recipients")}
      />
      <div className={formClasses.actions}>
        <Button type="submit" loading={busy} disabled={!form.isDirty()}>
          Save
        </Button>
      </div>
    </form>
  );
}

function ProfileFacts({ profile }: { profile: BillingProfile }) {
  const { name } = useTenant();
  const { company, addressLines, postcode, city, country, taxId, purchaseOrder, language, recipients } = profile;
  const town = [postcode, city].filter((part) => part !== null).join(" ");
  const address = [...addressLines, town, country === null ? "" : countryName(country)].filter((line) => line !== "");
  return (
    <Facts>
      <Fact term="Company" translate="no">
        {company ?? name}
      </Fact>
      {address.length > 0 && (
        <Fact term="Address" translate="no">
          <span className={classes.address}>{address.join("\n")}</span>
        </Fact>
      )}
      {taxId !== null && (
        <Fact term="Tax ID">
          <span translate="no">{taxId}</span>
          <br />
          <span className={classes.dim}>{taxIdWords(profile)}</span>
        </Fact>
      )}
      {purchaseOrder !== null && (
        <Fact term="PO number" translate="no">
          {purchaseOrder}
        </Fact>
      )}
      <Fact term="Language of documents">{LANGUAGES[language]}</Fact>
      {recipients.length > 0 && (
        <Fact term="Recipients" translate="no">
          <span className={classes.address}>{recipients.join("\n")}</span>
        </Fact>
      )}
    </Facts>
  );
}
