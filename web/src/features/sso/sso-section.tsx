import { Button, Skeleton } from "@mantine/core";
import { IconAlertTriangle, IconCircleCheck, IconCircleDashed, IconCircleX, IconKey, IconPlus } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "react-router";
import { MAX_SSO_CONNECTIONS } from "#contract/http/sso.ts";
import type { SsoConnection } from "../../api/types.ts";
import { paths } from "../../paths.ts";
import { wallNow } from "../../ui/clocks.ts";
import { people } from "../../ui/counted.ts";
import { EmptyState } from "../../ui/empty-state.tsx";
import { LoadFailure } from "../../ui/failure.tsx";
import { Name } from "../../ui/name.tsx";
import { Note } from "../../ui/note.tsx";
import { WithReason } from "../../ui/with-reason.tsx";
import settings from "../tenants/settings.module.css";
import { useTenant } from "../tenants/tenant-context.ts";
import { useTimes } from "../tenants/use-times.ts";
import { certificateEnd, type ConnectionState, PROTOCOLS, stateOf, STATES } from "./connection-words.ts";
import { PROVIDERS } from "./guides.ts";
import { MetadataNote } from "./metadata-reading.tsx";
import { ssoQuery } from "./queries.ts";
import { SsoPolicySection } from "./sso-policy.tsx";
import classes from "./sso.module.css";

/** The workspace's connections to identity providers, and whether members must come through them. */
export function SsoSection() {
  const { slug } = useTenant();
  const sso = useQuery(ssoQuery(slug));
  return (
    <section className={settings.section} aria-labelledby="sso-title">
      <div className={classes.titled}>
        <h2 id="sso-title">Single sign-on</h2>
        {sso.data?.can.create && sso.data.connections.length > 0 && <NewConnection count={sso.data.connections.length} />}
      </div>
      {sso.isPending && <Skeleton height={96} radius="md" />}
      {sso.isError && !sso.data && <LoadFailure error={sso.error} retry={() => void sso.refetch()} />}
      {sso.data?.connections.length === 0 && (
        <EmptyState
          icon={<IconKey />}
          title="One account for work, whoot included"
          level={3}
          action={sso.data.can.create ? <NewConnection count={0} /> : undefined}
        >
          Connect your company&apos;s identity provider, such as Okta, Entra ID or Google Workspace. People then sign in there,
          and people who leave the company lose access to whoot, too.{" "}
          {!sso.data.can.create && "Your role doesn't let you connect one. An admin can."}
        </EmptyState>
      )}
      {sso.data && sso.data.connections.length > 0 && (
        <>
          <ul className={classes.list} aria-label="Connections">
            {sso.data.connections.map((connection) => (
              <ConnectionItem key={connection.connectionId} connection={connection} />
            ))}
          </ul>
          <SsoPolicySection sso={sso.data} />
        </>
      )}
    </section>
  );
}

function NewConnection({ count }: { count: number }) {
  const { slug } = useTenant();
  const reason =
    count < MAX_SSO_CONNECTIONS ? null : `A workspace can have ${MAX_SSO_CONNECTIONS} connections. Delete one first.`;
  return (
    <WithReason reason={reason}>
      <Button
        component={Link}
        to={paths.newSsoConnection(slug)}
        variant={count === 0 ? "filled" : "default"}
        leftSection={<IconPlus size={18} />}
      >
        {count === 0 ? "Connect an identity provider" : "Connect another"}
      </Button>
    </WithReason>
  );
}

const ICONS: Record<ConnectionState, React.ReactNode> = {
  on: <IconCircleCheck size={18} aria-hidden />,
  off: <IconCircleX size={18} aria-hidden />,
  unfinished: <IconCircleDashed size={18} aria-hidden />,
};

export function StateMark({ connection }: { connection: SsoConnection }) {
  const state = stateOf(connection);
  return (
    <span className={classes.state} data-state={state}>
      {ICONS[state]}
      {STATES[state]}
    </span>
  );
}

function ConnectionItem({ connection }: { connection: SsoConnection }) {
  const { slug } = useTenant();
  const { connectionId, name, provider, protocol } = connection;
  return (
    <li className={classes.item}>
      <div className={classes.head}>
        <h3>
          <Link to={paths.ssoConnection(slug, connectionId)}>
            <Name>{name}</Name>
          </Link>
        </h3>
        <StateMark connection={connection} />
      </div>
      <p className={classes.hint}>
        {PROVIDERS[provider].name}, {PROTOCOLS[protocol]} ·{" "}
        {connection.people === 0 ? "nobody has signed in through it yet" : `${people(connection.people)} signed in through it`}
      </p>
      <CertificateNote saml={connection.saml} />
      <MetadataNote saml={connection.saml} />
    </li>
  );
}

/** Shown from 30 days before the certificate expires. An expired certificate still counts, so nobody is locked out overnight. */
export function CertificateNote({ saml }: Pick<SsoConnection, "saml">) {
  const { dateWords } = useTimes();
  const end = certificateEnd(saml, wallNow());
  if (end === null) return null;
  return (
    <Note
      tone="amber"
      icon={<IconAlertTriangle size={18} aria-hidden />}
      title={`The provider's certificate ${end.expired ? "expired" : "expires"} on ${dateWords(end.notAfter)}`}
    >
      {end.expired
        ? "Sign-ins still work with it. Renew it at the provider, and give whoot the new one."
        : "Renew it at the provider, and give whoot the new one before the provider signs with it. whoot accepts both at once."}
    </Note>
  );
}
