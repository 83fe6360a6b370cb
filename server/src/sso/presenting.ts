/** Connections as admins see them. */
import type { SsoPolicy } from "#contract/http/sso.ts";
import type { Ctx } from "../access/ctx.ts";
import { listHeldDomains } from "../domains/domains.ts";
import { orNotFound } from "../platform/refusal.ts";
import { isUsable, readCertificate } from "../security/saml/certificate.ts";
import { tellProblem } from "./metadata-problem.ts";
import type { Connection } from "./queries.ts";
import * as queries from "./queries.ts";
import { refusalToChangeTrust } from "./trust-rights.ts";
import { isReady } from "./starting.ts";
import { serviceProviderOf } from "./service-provider.ts";

/** What the presentation of every connection needs. */
async function readSurroundings({ db }: Ctx) {
  return { roles: await queries.findRoleNames(db), people: await queries.countPeople(db) };
}

function presentMetadata({ metadataUrl, metadataReadAt, metadataTriedAt, metadataProblem }: Connection) {
  if (metadataUrl === null) return null;
  return {
    readAt: metadataReadAt?.toISOString() ?? null,
    triedAt: metadataTriedAt?.toISOString() ?? null,
    problem: metadataProblem && { says: tellProblem(metadataProblem), received: metadataProblem.received ?? null },
  };
}

async function present(ctx: Ctx, row: Connection, { roles, people }: Awaited<ReturnType<typeof readSurroundings>>) {
  const { member, services } = ctx;
  const certificates = row.certificates.map(readCertificate).filter(isUsable);
  const mayEdit = member.may("security.manage_sso");
  return {
    connectionId: row.connectionId,
    name: row.name,
    provider: row.provider,
    protocol: row.protocol,
    enabled: row.enabled,
    ready: isReady(row),
    whoot: serviceProviderOf(services, row.connectionId),
    saml:
      row.protocol === "saml"
        ? {
            idpEntityId: row.idpEntityId,
            signOnUrl: row.signOnUrl,
            signOnBinding: row.signOnBinding,
            metadataUrl: row.metadataUrl,
            metadata: presentMetadata(row),
            certificates: certificates.map(({ fingerprint, notBefore, notAfter }) => ({
              fingerprint,
              notBefore: notBefore.toISOString(),
              notAfter: notAfter.toISOString(),
            })),
            takesEncrypted: row.takesEncrypted,
          }
        : null,
    oidc:
      row.protocol === "oidc" ? { issuer: row.issuer, clientId: row.clientId, hasSecret: row.clientSecretSealed !== null } : null,
    subjectAttribute: row.subjectAttribute,
    mapping: row.mapping,
    groupRoles: row.groupRoles.flatMap(({ group, roleId }) => {
      const roleName = roles.get(roleId);
      return roleName === undefined ? [] : [{ group, roleId, roleName }];
    }),
    joining: row.joining,
    defaultRole: row.defaultRoleId === null ? null : { roleId: row.defaultRoleId, roleName: roles.get(row.defaultRoleId) ?? "" },
    countsAsMfa: row.countsAsMfa,
    people: people.get(row.connectionId) ?? 0,
    testedAt: row.testedAt?.toISOString() ?? null,
    can: { edit: mayEdit, editTrust: mayEdit && (await refusalToChangeTrust(ctx, member, row.connectionId)) === null },
  };
}

export async function getSso(ctx: Ctx) {
  const rows = await queries.listConnections(ctx.db);
  const surroundings = await readSurroundings(ctx);
  const connections = [];
  for (const row of rows) connections.push(await present(ctx, row, surroundings));
  const mayEdit = ctx.member.may("security.manage_sso");
  return {
    policy: ctx.tenant.ssoPolicy as SsoPolicy,
    hours: ctx.tenant.ssoHours,
    domains: await listHeldDomains(ctx),
    connections,
    can: { create: mayEdit, setPolicy: mayEdit },
  };
}

export async function presentOne(ctx: Ctx, connectionId: string) {
  const row = orNotFound(await queries.findConnection(ctx.db, connectionId));
  return present(ctx, row, await readSurroundings(ctx));
}
