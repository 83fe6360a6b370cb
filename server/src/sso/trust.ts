/** What a connection trusts, when a change of it takes away what was believed before, and how the audit log shows it. */
import { createHash } from "node:crypto";
import { isUsable, readCertificate } from "../security/saml/certificate.ts";
import type { Connection } from "./queries.ts";

/** Who speaks for people, to whom, and what tells people apart. */
function authorityOf({ idpEntityId, issuer, clientId, clientSecretSealed, subjectAttribute }: Connection) {
  return [idpEntityId, issuer, clientId, clientSecretSealed?.toString("base64") ?? null, subjectAttribute];
}

/** Everything that decides whom a connection believes, and who somebody is. */
function trustOf(connection: Connection): string {
  // What the metadata's URL says tomorrow is trusted, too.
  const { signOnUrl, signOnBinding, metadataUrl, certificates, takesEncrypted, mapping } = connection;
  const settings = [signOnUrl, signOnBinding, metadataUrl, certificates, takesEncrypted, mapping];
  return JSON.stringify([...authorityOf(connection), ...settings]);
}

/** Stands for what the connection trusts now, beside a provider's answer that waits for its browser. */
export function trustMark(connection: Connection): string {
  return createHash("sha256").update(trustOf(connection)).digest("base64url");
}

/** Whether two states of a connection trust the same. */
export function isSameTrust(one: Connection, other: Connection): boolean {
  return trustOf(one) === trustOf(other);
}

/**
 * Whether what sessions proved through the connection still counts after a change: nothing of what vouched for them was withdrawn. Another
 * certificate beside the earlier ones, other URLs and other names of attributes withdraw nothing.
 */
export function upholdsProofs(before: Connection, after: Connection): boolean {
  if (before.enabled && !after.enabled) return false;
  if (before.countsAsMfa && !after.countsAsMfa) return false;
  if (JSON.stringify(authorityOf(before)) !== JSON.stringify(authorityOf(after))) return false;
  return before.certificates.every((certificate) => after.certificates.includes(certificate));
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
