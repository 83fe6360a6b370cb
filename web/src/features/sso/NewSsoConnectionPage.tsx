import { createSsoConnection } from "#contract/http/sso.ts";
import { Button, Radio, Select, Skeleton, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { IconLock } from "@tabler/icons-react";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "react-router";
import { api, call } from "../../api/client.ts";
import { showing } from "../../api/outdated.ts";
import type { SsoProtocol, SsoProvider } from "../../api/types.ts";
import { useSubmit } from "../../api/use-submit.ts";
import { validateWith } from "../../api/validate.ts";
import { paths } from "../../paths.ts";
import { BackLink } from "../../ui/back-link.tsx";
import { EmptyState } from "../../ui/empty-state.tsx";
import { FailureNote, LoadFailure } from "../../ui/failure.tsx";
import { usePageTitle } from "../../ui/use-page-title.ts";
import { useReauthentication } from "../accounts/use-reauthentication.tsx";
import { useTenant } from "../tenants/tenant-context.ts";
import { PROTOCOLS } from "./connection-words.ts";
import { PROVIDERS } from "./guides.ts";
import { ssoQuery } from "./queries.ts";
import classes from "./sso.module.css";

export function NewSsoConnectionPage() {
  const tenant = useTenant();
  usePageTitle("Connect an identity provider", tenant.name);
  const sso = useQuery({ ...ssoQuery(tenant.slug), enabled: tenant.can.viewSecurity });
  const refused = !tenant.can.viewSecurity || sso.data?.can.create === false;
  return (
    <>
      <BackLink to={paths.settingsSecurity(tenant.slug)}>Security</BackLink>
      <h1>Connect an identity provider</h1>
      {refused && (
        <EmptyState icon={<IconLock />} title="You can't connect one">
          Your role, {tenant.self.roleName}, doesn&apos;t allow it. An admin can.
        </EmptyState>
      )}
      {!refused && sso.isPending && <Skeleton height={320} radius="lg" />}
      {sso.isError && !sso.data && <LoadFailure error={sso.error} retry={() => void sso.refetch()} />}
      {sso.data?.can.create && <NewConnection />}
    </>
  );
}

const CHOICES = Object.entries(PROVIDERS).map(([value, { name }]) => ({ value, label: name }));

const PROTOCOL_CHOICES: Record<SsoProtocol, string> = {
  saml: "The usual one in companies. The provider posts a signed response.",
  oidc: "Often less to set up. It needs a client secret, which has to be renewed.",
};

function protocolsOf(provider: SsoProvider): SsoProtocol[] {
  return Object.keys(PROVIDERS[provider].guides) as SsoProtocol[];
}

function NewConnection() {
  const { slug } = useTenant();
  const queries = useQueryClient();
  const navigate = useNavigate();
  const { confirmed, dialog } = useReauthentication();
  const form = useForm<{ provider: SsoProvider; protocol: SsoProtocol; name: string }>({
    initialValues: { provider: "okta", protocol: "saml", name: PROVIDERS.okta.name },
    validate: validateWith(createSsoConnection.body),
  });
  const { busy, failure, onSubmit } = useSubmit(form, async (body) => {
    const created = await confirmed(() =>
      call(api.POST("/api/v1/tenants/{slug}/sso/connections", { params: { path: { slug } }, body })),
    );
    await queries.invalidateQueries(showing(slug, "sso", "auditLog"));
    await navigate(paths.ssoConnection(slug, created.connectionId, "there"), { replace: true });
  });
  const { provider, protocol, name } = form.values;
  const offered = protocolsOf(provider);

  function choose(next: SsoProvider) {
    form.setFieldValue("provider", next);
    if (!protocolsOf(next).includes(protocol)) form.setFieldValue("protocol", "saml");
    // Keeps a name that the person typed.
    const suggested = provider === "other" ? "" : PROVIDERS[provider].name;
    if (name === suggested) form.setFieldValue("name", next === "other" ? "" : PROVIDERS[next].name);
  }

  return (
    <form className={classes.card} onSubmit={onSubmit} noValidate>
      <Select
        label="Identity provider"
        description="Decides which instructions you get."
        data={CHOICES}
        value={provider}
        onChange={(value) => {
          if (value !== null) choose(value as SsoProvider);
        }}
      />
      <Radio.Group label="Protocol" value={protocol} onChange={(value) => form.setFieldValue("protocol", value)}>
        <div className={classes.choices}>
          {offered.map((one) => (
            <Radio key={one} value={one} label={PROTOCOLS[one]} description={PROTOCOL_CHOICES[one]} />
          ))}
        </div>
      </Radio.Group>
      <TextInput
        label="Name"
        description="People see it on the button: “Continue with …”."
        autoComplete="off"
        maxLength={60}
        {...form.getInputProps("name")}
      />
      <FailureNote>{failure}</FailureNote>
      <div className={classes.actions}>
        <Button type="submit" loading={busy}>
          Create and go on
        </Button>
      </div>
      <p className={classes.hint}>It lets nobody in until you have set it up, tested it and switched it on.</p>
      {dialog}
    </form>
  );
}
