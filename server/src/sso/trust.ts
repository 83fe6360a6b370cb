import { isUsable, readCertificate } from "../security/saml/certificate.ts";
import type { Connection } from "./queries.ts";

/** Everything that decides whom a connection believes, and who somebody is. */
function trustOf(connection: Connection): string {
  const { idpEntityId, signOnUrl, signOnBinding, metadataUrl, certificates, takesEncrypted } = connection;
  const { issuer, clientId, subjectAttribute, mapping } = connection;
  const secret = connection.clientSecretSealed?.toString("base64") ?? null;
  return JSON.stringify([
    idpEntityId,
    signOnUrl,
    signOnBinding,
    // What it says tomorrow is trusted, too.
    metadataUrl,
    certificates,
    takesEncrypted,
    issuer,
    clientId,
    secret,
    subjectAttribute,
    mapping,
  ]);
}

/** Whether two states of a connection trust the same. */
export function isSameTrust(one: Connection, other: Connection): boolean {
  return trustOf(one) === trustOf(other);
}

/** The connection as a target in the audit log. */
export function targetOf({ connectionId, name }: Pick<Connection, "connectionId" | "name">) {
  return { type: "sso_connection" as const, id: connectionId, name };
}

/**
 * What an audit log shows of a connection: fingerprints instead of certificates, and of the secret only whether it changed.
 * @param roles their names by id. The log keeps them as they are now, when the roles are long gone
 */
export function forAudit(row: Connection, roles: ReadonlyMap<string, string>) {
  const roleName = (roleId: string) => roles.get(roleId) ?? "a role that is gone";
  return {
    name: row.name,
    idpEntityId: row.idpEntityId,
    signOnUrl: row.signOnUrl,
    signOnBinding: row.signOnBinding,
    metadataUrl: row.metadataUrl,
    certificates: row.certificates
      .map(readCertificate)
      .filter(isUsable)
      .map(({ fingerprint }) => fingerprint)
      .join(", "),
    takesEncrypted: row.takesEncrypted,
    issuer: row.issuer,
    clientId: row.clientId,
    subjectAttribute: row.subjectAttribute,
    mapping: JSON.stringify(row.mapping),
    groupRoles: row.groupRoles.map(({ group, roleId }) => `${group} → ${roleName(roleId)}`).join(", "),
    joining: row.joining,
    defaultRole: row.defaultRoleId && roleName(row.defaultRoleId),
    countsAsMfa: row.countsAsMfa,
  };
}
