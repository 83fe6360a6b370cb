/** What a connection trusts, which changes withdraw trust, and how the audit log shows the settings. */
import { createHash } from "node:crypto";
import { isUsable, readCertificate } from "../security/saml/certificate.ts";
import type { Connection } from "./queries.ts";

/** The settings that name the provider, whoot's registration with it, and the attribute that identifies people. */
function authorityOf({ idpEntityId, issuer, clientId, clientSecretSealed, subjectAttribute }: Connection) {
  return [idpEntityId, issuer, clientId, clientSecretSealed?.toString("base64") ?? null, subjectAttribute];
}

/** All settings that decide whose assertions a connection accepts and whom they identify. */
function trustOf(connection: Connection): string {
  // The metadata URL belongs to the trust, because later changes at the URL are trusted too.
  const { signOnUrl, signOnBinding, metadataUrl, certificates, takesEncrypted, mapping } = connection;
  const settings = [signOnUrl, signOnBinding, metadataUrl, certificates, takesEncrypted, mapping];
  return JSON.stringify([...authorityOf(connection), ...settings]);
}

/** A hash of what the connection trusts now. It is stored with a provider's answer that waits for its browser. */
export function trustMark(connection: Connection): string {
  return createHash("sha256").update(trustOf(connection)).digest("base64url");
}

/** Whether two versions of a connection have the same trust. */
export function isSameTrust(one: Connection, other: Connection): boolean {
  return trustOf(one) === trustOf(other);
}

/**
 * Whether proofs through the connection survive a change, because it withdraws no trust. An additional certificate, other URLs and other
 * attribute names withdraw none.
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
 * The settings of a connection as the audit log shows them: fingerprints instead of certificates, and no secret.
 * @param roles role names by id, because the log must keep them when the roles are gone
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
