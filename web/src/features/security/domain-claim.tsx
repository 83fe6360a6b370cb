import { claimDomain } from "#contract/http/domains.ts";
import { Button, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useQueryClient } from "@tanstack/react-query";
import { api, call } from "../../api/client.ts";
import { showing } from "../../api/outdated.ts";
import { useSubmit } from "../../api/use-submit.ts";
import { validateWith } from "../../api/validate.ts";
import { FailureNote } from "../../ui/failure.tsx";
import { useReauthentication } from "../accounts/use-reauthentication.tsx";
import { useTenant } from "../tenants/tenant-context.ts";
import classes from "./security.module.css";

export function DomainClaim() {
  const { slug } = useTenant();
  const queries = useQueryClient();
  const { confirmed, dialog } = useReauthentication();
  const form = useForm({ initialValues: { domain: "" }, validate: validateWith(claimDomain.body) });
  const { busy, failure, onSubmit } = useSubmit(form, async (body) => {
    await confirmed(() => call(api.POST("/api/v1/tenants/{slug}/domains", { params: { path: { slug } }, body })));
    form.reset();
    await queries.invalidateQueries(showing(slug, "domains", "auditLog"));
  });
  return (
    <>
      <form onSubmit={onSubmit} noValidate aria-label="Add a domain">
        <FailureNote>{failure}</FailureNote>
        <div className={classes.claim}>
          <TextInput
            label="Add a domain"
            placeholder="example.com"
            autoComplete="off"
            autoCapitalize="none"
            spellCheck={false}
            maxLength={300}
            {...form.getInputProps("domain")}
          />
          <Button type="submit" variant="default" loading={busy} disabled={form.values.domain.trim() === ""}>
            Add
          </Button>
        </div>
      </form>
      {dialog}
    </>
  );
}
