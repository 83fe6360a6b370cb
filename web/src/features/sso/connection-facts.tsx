import { Fragment } from "react";
import { Link } from "react-router";
import type { SsoConnection } from "../../api/types.ts";
import { paths } from "../../paths.ts";
import { people } from "../../ui/counted.ts";
import { Name } from "../../ui/name.tsx";
import { useTenant } from "../tenants/tenant-context.ts";
import { useTimes } from "../tenants/use-times.ts";
import { PROTOCOLS, spacedFingerprint } from "./connection-words.ts";
import { PROVIDERS } from "./guides.ts";
import { MetadataNote } from "./metadata-reading.tsx";
import { CertificateNote } from "./sso-section.tsx";
import classes from "./sso.module.css";

function Row({ term, children }: { term: string; children: React.ReactNode }) {
  return (
    <div>
      <dt>{term}</dt>
      <dd>{children}</dd>
    </div>
  );
}

const typed = (text: string | null | undefined) => (text ? <span translate="no">{text}</span> : "Not set");

/** What whoot knows about a SAML provider. */
export function SamlFacts({ saml }: { saml: NonNullable<SsoConnection["saml"]> }) {
  const { dateWords, fullTime } = useTimes();
  return (
    <dl className={classes.facts} aria-label="What whoot knows about the provider">
      <Row term="Entity ID">{typed(saml.idpEntityId)}</Row>
      <Row term="Sign-on URL">
        {typed(saml.signOnUrl)}
        {saml.signOnBinding === "post" && ", by form"}
      </Row>
      {saml.metadataUrl !== null && <Row term="Metadata URL">{typed(saml.metadataUrl)}</Row>}
      {saml.certificates.map(({ fingerprint, notAfter }, index) => (
        <Row key={fingerprint} term={index === 0 ? "Certificate" : `Certificate ${index + 1}`}>
          until <span title={fullTime(notAfter)}>{dateWords(notAfter)}</span>, SHA-256{" "}
          <span className={classes.fingerprint} translate="no">
            {spacedFingerprint(fingerprint)
              .split(/(?<=:)/)
              .map((pair, index) => (
                <Fragment key={index}>
                  {pair}
                  <wbr />
                </Fragment>
              ))}
          </span>
        </Row>
      ))}
    </dl>
  );
}

/** The connection as text, for people who may see it but not change it. */
export function ConnectionFacts({ connection }: { connection: SsoConnection }) {
  const { slug, self } = useTenant();
  const { fullTime, dateWords } = useTimes();
  const { provider, protocol, saml, oidc, joining, defaultRole, groupRoles, testedAt } = connection;
  return (
    <section className={classes.card} aria-label="Details of the connection">
      <p className={classes.hint}>Your role, {self.roleName}, doesn&apos;t let you change it. An admin can.</p>
      <CertificateNote saml={saml} />
      <MetadataNote saml={saml} />
      <dl className={classes.facts}>
        <Row term="Provider">
          {PROVIDERS[provider].name}, {PROTOCOLS[protocol]}
        </Row>
        <Row term="People">{people(connection.people)} signed in through it</Row>
        <Row term="Who gets in">
          {joining === "invited"
            ? "Members and invited people"
            : `Everyone with an address on a verified domain, as ${defaultRole?.roleName ?? "a role that is gone"}`}
        </Row>
        {groupRoles.map(({ group, roleId, roleName }) => (
          <Row key={group} term="Role by group">
            <Name>{group}</Name> gives <Link to={paths.settingsRole(slug, roleId)}>{roleName}</Link>
          </Row>
        ))}
        <Row term="Second factor">{connection.countsAsMfa ? "Checked by the provider" : "Not counted"}</Row>
        <Row term="Last test">
          {testedAt === null ? "None that succeeded" : <span title={fullTime(testedAt)}>{dateWords(testedAt)}</span>}
        </Row>
        {oidc && <Row term="Issuer">{typed(oidc.issuer)}</Row>}
        {oidc && <Row term="Client ID">{typed(oidc.clientId)}</Row>}
      </dl>
      {saml && <SamlFacts saml={saml} />}
    </section>
  );
}
