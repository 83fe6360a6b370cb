import { Skeleton, VisuallyHidden } from "@mantine/core";
import { IconCheck, IconKeyOff, IconLock } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link, Navigate, NavLink, useParams } from "react-router";
import type { Sso, SsoConnection } from "../../api/types.ts";
import { paths } from "../../paths.ts";
import { BackLink } from "../../ui/back-link.tsx";
import { EmptyState } from "../../ui/empty-state.tsx";
import { LoadFailure } from "../../ui/failure.tsx";
import { Note } from "../../ui/note.tsx";
import { usePageTitle } from "../../ui/use-page-title.ts";
import { useTenant } from "../tenants/tenant-context.ts";
import { ConnectionFacts } from "./connection-facts.tsx";
import { ConnectionPeople } from "./connection-people.tsx";
import { MetadataNote } from "./metadata-reading.tsx";
import { ssoQuery } from "./queries.ts";
import { CertificateNote, StateMark } from "./sso-section.tsx";
import { StepAbout } from "./step-about.tsx";
import { StepHereOidc } from "./step-here-oidc.tsx";
import { StepHereSaml } from "./step-here-saml.tsx";
import { StepPeople } from "./step-people.tsx";
import { StepTest } from "./step-test.tsx";
import { StepThere } from "./step-there.tsx";
import { firstOpen, isDone, isStep, SHORT_STEPS, type Step, STEPS } from "./steps.ts";
import classes from "./sso.module.css";

/** A connection to an identity provider: its set-up, step by step, in any order. */
export function SsoConnectionPage() {
  const tenant = useTenant();
  const { connectionId = "", step } = useParams();
  const sso = useQuery({ ...ssoQuery(tenant.slug), enabled: tenant.can.viewSecurity });
  const connection = sso.data?.connections.find((one) => one.connectionId === connectionId);
  usePageTitle(connection?.name ?? "Single sign-on", tenant.name);
  return (
    <>
      <BackLink to={paths.settingsSecurity(tenant.slug)}>Security</BackLink>
      {!tenant.can.viewSecurity && (
        <EmptyState icon={<IconLock />} title="You can't see these settings" level={1}>
          Your role, {tenant.self.roleName}, doesn&apos;t let you see them. An admin can change your role.
        </EmptyState>
      )}
      {tenant.can.viewSecurity && sso.isPending && <Skeleton height={320} radius="lg" />}
      {sso.isError && !sso.data && <LoadFailure error={sso.error} retry={() => void sso.refetch()} />}
      {sso.data && !connection && (
        <EmptyState
          icon={<IconKeyOff />}
          title="This connection is gone"
          level={1}
          action={<Link to={paths.settingsSecurity(tenant.slug)}>Back to Security</Link>}
        >
          Somebody may have deleted it.
        </EmptyState>
      )}
      {sso.data && connection && <Connection sso={sso.data} connection={connection} step={step} />}
    </>
  );
}

interface ConnectionProps {
  sso: Sso;
  connection: SsoConnection;
  step: string | undefined;
}

function Connection({ sso, connection, step }: ConnectionProps) {
  const { slug } = useTenant();
  const { connectionId, name, can } = connection;
  if (can.edit && !isStep(step)) return <Navigate to={paths.ssoConnection(slug, connectionId, firstOpen(connection))} replace />;
  return (
    <>
      <header className={classes.pageHead}>
        <h1 translate="no">{name}</h1>
        <StateMark connection={connection} />
      </header>
      {!can.edit && <ConnectionFacts connection={connection} />}
      {can.edit && isStep(step) && (
        <>
          <StepList connection={connection} />
          <div className={classes.page}>
            {!can.editTrust && (
              <Note tone="amber" icon={<IconLock size={18} aria-hidden />} title="You can't change what it trusts">
                It signs in people who may do more than you. Somebody who may do as much can change it.
              </Note>
            )}
            <CertificateNote saml={connection.saml} />
            <MetadataNote saml={connection.saml} />
            <StepOf key={step} step={step} sso={sso} connection={connection} />
          </div>
        </>
      )}
    </>
  );
}

function StepOf({ step, sso, connection }: { step: Step; sso: Sso; connection: SsoConnection }) {
  switch (step) {
    case "about":
      return <StepAbout connection={connection} />;
    case "there":
      return <StepThere connection={connection} />;
    case "here":
      return connection.protocol === "saml" ? <StepHereSaml connection={connection} /> : <StepHereOidc connection={connection} />;
    case "people":
      return (
        <>
          <StepPeople connection={connection} domains={sso.domains} />
          <ConnectionPeople connection={connection} />
        </>
      );
    case "test":
      return <StepTest connection={connection} />;
  }
}

function StepList({ connection }: { connection: SsoConnection }) {
  const { slug } = useTenant();
  return (
    <nav aria-label="Steps of the set-up">
      <ol className={classes.steps}>
        {STEPS.map((step, index) => {
          const done = isDone(step, connection);
          return (
            <li key={step}>
              <NavLink to={paths.ssoConnection(slug, connection.connectionId, step)}>
                <span className={classes.number} data-done={done} aria-hidden>
                  {done ? <IconCheck size={16} /> : index + 1}
                </span>
                {SHORT_STEPS[step]}
                {done && <VisuallyHidden>(done)</VisuallyHidden>}
              </NavLink>
            </li>
          );
        })}
      </ol>
    </nav>
  );
}
