import type { Connection } from "./queries.ts";

/** Everything that decides whom a connection believes, and who somebody is. */
function trustOf(connection: Connection): string {
  const { idpEntityId, signOnUrl, certificates, takesEncrypted, issuer, clientId, subjectAttribute, mapping } = connection;
  const secret = connection.clientSecretSealed?.toString("base64") ?? null;
  return JSON.stringify([
    idpEntityId,
    signOnUrl,
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
