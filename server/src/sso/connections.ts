/** Connections of a workspace to identity providers, as admins see and change them. */
import { v7 as uuidv7 } from "uuid";
import { MAX_SSO_CONNECTIONS, type SsoMapping, type SsoPolicy, type SsoProtocol, type SsoProvider } from "#contract/http/sso.ts";
import type { Ctx } from "../access/ctx.ts";
import { assertRecentlyAuthenticated } from "../access/reauthentication.ts";
import { findRoleToGive } from "../access/role-giving.ts";
import { behindRosterLock } from "../access/roster.ts";
import { type AuditEvent, changesBetween } from "../audit/audit.ts";
import { listHeldDomains } from "../domains/domains.ts";
import { announceChanged } from "../platform/changes.ts";
import { mailWords } from "../platform/mail/words.ts";
import { orNotFound, Refusal } from "../platform/refusal.ts";
import { makeServiceKey } from "../security/saml/service-key.ts";
import type { Services } from "../services.ts";
import { changeConnection } from "./changing.ts";
import { mailConfigurers } from "./mails.ts";
import { getSso, presentOne } from "./presenting.ts";
import type { ProviderSettings } from "./provider-settings.ts";
import * as queries from "./queries.ts";
import type { Connection, GroupRole } from "./queries.ts";
import { assertMayChangeTrust } from "./trust-rights.ts";
import { clientSecretContext, sealSecret, serviceKeyContext } from "./secrets.ts";
import { isReady } from "./starting.ts";
import { forAudit, isSameTrust, targetOf } from "./trust.ts";

/** Makes the key with which a connection signs and decrypts. Call it outside of a transaction, because it takes about 0.1 s. */
export async function makeSealedKey(services: Services) {
  const connectionId = uuidv7();
  const { privateKey, certificate } = await makeServiceKey("whoot", new Date());
  return { connectionId, sealed: sealSecret(services, privateKey, serviceKeyContext(connectionId)), certificate };
}

interface Created {
  name: string;
  provider: SsoProvider;
  protocol: SsoProtocol;
  key: Awaited<ReturnType<typeof makeSealedKey>>;
}

/** @throws Refusal reauthentication_required, quota_reached */
export async function createConnection(stale: Ctx, { name, provider, protocol, key }: Created) {
  assertRecentlyAuthenticated(stale.principal);
  const ctx = await behindRosterLock(stale);
  ctx.member.require("security.manage_sso");
  if ((await queries.listConnections(ctx.db)).length >= MAX_SSO_CONNECTIONS) {
    throw new Refusal("quota_reached", {
      detail: `This workspace has ${MAX_SSO_CONNECTIONS} connections, the most it can have.`,
    });
  }
  const { connectionId } = key;
  await queries.insertConnection(ctx.db, {
    tenantId: ctx.tenantId,
    connectionId,
    name,
    provider,
    protocol,
    serviceKeySealed: protocol === "saml" ? key.sealed : null,
    serviceCertificate: protocol === "saml" ? key.certificate : null,
    trustedBy: ctx.member.memberId,
  });
  ctx.audit.record({ action: "sso.connection_created", target: targetOf({ connectionId, name }) });
  await announceChanged(ctx, "sso");
  return presentOne(ctx, connectionId);
}

export interface Edit {
  connectionId: string;
  name?: string | undefined;
  enabled?: boolean | undefined;
  /** The request's `saml` or `oidc`, as readProviderSettings returned it. */
  settings?: ProviderSettings | undefined;
  takesEncrypted?: boolean | undefined;
  subjectAttribute?: string | null | undefined;
  mapping?: SsoMapping | undefined;
  groupRoles?: GroupRole[] | undefined;
  joining?: "invited" | "just_in_time" | undefined;
  defaultRoleId?: string | null | undefined;
  countsAsMfa?: boolean | undefined;
}

function secretOf({ services }: Ctx, before: Connection, settings: ProviderSettings | undefined): Buffer | null {
  if (settings?.protocol !== "oidc") return before.clientSecretSealed;
  const { clientSecret, clientId, issuer } = settings;
  if (clientSecret !== undefined) return sealSecret(services, clientSecret, clientSecretContext(before.connectionId));
  // A secret must not be sent to another issuer than the one it was entered for.
  return issuer === before.issuer && clientId === before.clientId ? before.clientSecretSealed : null;
}

function settingsOf(before: Connection, settings: ProviderSettings | undefined) {
  if (settings?.protocol === "saml") {
    const { idpEntityId, signOnUrl, signOnBinding, metadataUrl, certificates } = settings;
    const readAt = metadataUrl === null ? null : new Date();
    const metadata = { metadataUrl, metadataReadAt: readAt, metadataTriedAt: readAt, metadataProblem: null };
    return { idpEntityId, signOnUrl, signOnBinding, certificates, ...metadata };
  }
  if (settings?.protocol === "oidc") return { issuer: settings.issuer, clientId: settings.clientId };
  return {};
}

/** Whether the edit changes the trust, the roles that people get or how they join, or vouches anew for the metadata's URL. */
function changesReach(before: Connection, after: Connection): boolean {
  if (before.metadataReadAt !== after.metadataReadAt && after.metadataUrl !== null) return true;
  const reachOf = ({ groupRoles, joining, defaultRoleId, countsAsMfa }: Connection) =>
    JSON.stringify([groupRoles, joining, defaultRoleId, countsAsMfa]);
  return !isSameTrust(before, after) || reachOf(before) !== reachOf(after);
}

/** The editor must be allowed to give the roles that people get through the connection. @throws Refusal forbidden, invalid_input */
async function assertMayGive(ctx: Ctx, { groupRoles, joining, defaultRoleId }: Connection): Promise<void> {
  for (const [index, { roleId }] of groupRoles.entries())
    await findRoleToGive(ctx, { roleId, field: `groupRoles.${index}.roleId` });
  if (defaultRoleId !== null) await findRoleToGive(ctx, { roleId: defaultRoleId, field: "defaultRoleId" });
  if (joining === "just_in_time" && defaultRoleId === null) {
    throw new Refusal("invalid_input", { fields: [{ path: "defaultRoleId", message: "Choose the role of people who join." }] });
  }
}

/** Mails everybody who may configure single sign-on that the connection was changed. */
function mailAdmins(ctx: Ctx, { name }: Connection, what: string): Promise<void> {
  const { tenant, member } = ctx;
  return mailConfigurers(ctx.services, ctx, () => ({
    subject: mailWords`Single sign-on of ${tenant.name} was changed`,
    text: mailWords`${member.name} ${what} the single sign-on connection ${name} of ${tenant.name}. Whoever controls this connection decides who can sign in through it. If you didn't expect this change, check it now:`,
  }));
}

const HOUR = 3_600_000;

/** @throws Refusal sso_untested, sso_unfinished; sso_is_required when it is the last one and single sign-on is required */
async function assertMaySwitch(ctx: Ctx, before: Connection, after: Connection): Promise<void> {
  if (after.enabled && !before.enabled) {
    if (!isReady(after)) throw new Refusal("sso_unfinished");
    const isFresh = after.testedAt !== null && after.testedAt.getTime() > Date.now() - HOUR;
    if (!isFresh || after.testedBy !== ctx.principal.accountId) throw new Refusal("sso_untested");
  }
  if (before.enabled && !after.enabled) await assertNotLast(ctx, before);
}

async function assertNotLast(ctx: Ctx, { connectionId }: Connection): Promise<void> {
  if (ctx.tenant.ssoPolicy !== "required") return;
  const others = (await queries.listConnections(ctx.db)).filter((row) => row.enabled && row.connectionId !== connectionId);
  if (others.length === 0) throw new Refusal("sso_is_required");
}

/** @throws Refusal not_found, outranked, reauthentication_required, forbidden, invalid_input, sso_untested, sso_unfinished, sso_is_required */
export async function updateConnection(stale: Ctx, edit: Edit) {
  assertRecentlyAuthenticated(stale.principal);
  const ctx = await behindRosterLock(stale);
  ctx.member.require("security.manage_sso");
  const { connectionId, settings } = edit;
  const before = orNotFound(await queries.lockConnection(ctx.db, connectionId));
  if (settings && settings.protocol !== before.protocol) {
    throw new Refusal("invalid_input", {
      fields: [{ path: settings.protocol, message: "The connection uses the other protocol." }],
    });
  }
  const edited: Connection = {
    ...before,
    ...settingsOf(before, settings),
    clientSecretSealed: secretOf(ctx, before, settings),
    name: edit.name ?? before.name,
    enabled: edit.enabled ?? before.enabled,
    takesEncrypted: edit.takesEncrypted ?? before.takesEncrypted,
    subjectAttribute: edit.subjectAttribute === undefined ? before.subjectAttribute : edit.subjectAttribute,
    mapping: edit.mapping ?? before.mapping,
    groupRoles: edit.groupRoles ?? before.groupRoles,
    joining: edit.joining ?? before.joining,
    defaultRoleId: edit.defaultRoleId === undefined ? before.defaultRoleId : edit.defaultRoleId,
    countsAsMfa: edit.countsAsMfa ?? before.countsAsMfa,
  };
  const isTested = isSameTrust(before, edited);
  const trustChanges = changesReach(before, edited);
  if (trustChanges) {
    await assertMayChangeTrust(ctx, connectionId);
    await assertMayGive(ctx, edited);
  }
  const after: Connection = {
    ...edited,
    trustedBy: trustChanges ? ctx.member.memberId : before.trustedBy,
    testedAt: isTested ? before.testedAt : null,
    testedBy: isTested ? before.testedBy : null,
  };
  // A person who switches a connection on vouches for it, like one who changes it.
  if (after.enabled && !before.enabled) await assertMayChangeTrust(ctx, connectionId);
  await assertMaySwitch(ctx, before, after);
  await changeConnection(ctx, { before, after, editorsSession: ctx.principal.sessionId });
  await recordEdit(ctx, before, after);
  await announceChanged(ctx, "sso");
  return presentOne(ctx, connectionId);
}

async function recordEdit(ctx: Ctx, before: Connection, after: Connection): Promise<void> {
  const roles = await queries.findRoleNames(ctx.db);
  const changes = changesBetween(forAudit(before, roles), forAudit(after, roles));
  const secretChanged = String(before.clientSecretSealed) !== String(after.clientSecretSealed);
  const all = secretChanged ? { ...changes, clientSecret: { from: "hidden", to: "hidden" } } : changes;
  const record = (action: AuditEvent["action"], more: Pick<AuditEvent, "changes"> = {}) =>
    ctx.audit.record({ action, target: targetOf(after), ...more });
  if (Object.keys(all).length > 0) {
    record("sso.connection_changed", { changes: all });
    await mailAdmins(ctx, after, "changed");
  }
  if (after.enabled === before.enabled) return;
  record(after.enabled ? "sso.connection_enabled" : "sso.connection_disabled");
  await mailAdmins(ctx, after, after.enabled ? "switched on" : "switched off");
}

/** @throws Refusal not_found, outranked, reauthentication_required, sso_is_required */
export async function deleteConnection(stale: Ctx, { connectionId }: { connectionId: string }): Promise<void> {
  assertRecentlyAuthenticated(stale.principal);
  const ctx = await behindRosterLock(stale);
  ctx.member.require("security.manage_sso");
  const row = orNotFound(await queries.lockConnection(ctx.db, connectionId));
  await assertMayChangeTrust(ctx, connectionId);
  if (row.enabled) await assertNotLast(ctx, row);
  await queries.endProofs(ctx.db, { connectionId });
  await queries.deleteConnection(ctx.db, connectionId);
  ctx.audit.record({ action: "sso.connection_deleted", target: targetOf(row) });
  await mailAdmins(ctx, row, "deleted");
  await announceChanged(ctx, "sso");
  await announceChanged(ctx, "tenant");
}

/** @throws Refusal reauthentication_required, sso_untested, sso_without_domain */
export async function setSsoPolicy(stale: Ctx, { policy, hours }: { policy: SsoPolicy; hours?: number | undefined }) {
  assertRecentlyAuthenticated(stale.principal);
  const ctx = await behindRosterLock(stale);
  ctx.member.require("security.manage_sso");
  const { ssoPolicy: from, ssoHours: fromHours, name } = ctx.tenant;
  const wanted = hours ?? fromHours;
  if (policy === "required" && from !== "required") {
    if ((await listHeldDomains(ctx)).length === 0) throw new Refusal("sso_without_domain");
    if (!(await queries.hasFreshTest(ctx.db, ctx.principal.accountId))) throw new Refusal("sso_untested");
  }
  const changes = changesBetween({ policy: from, hours: fromHours }, { policy, hours: wanted });
  if (Object.keys(changes).length > 0) {
    await queries.setPolicy(ctx.db, policy, wanted);
    if (wanted < fromHours) await queries.shortenProofs(ctx.db, wanted);
    ctx.audit.record({ action: "sso.policy_changed", target: { type: "workspace", id: ctx.tenantId, name }, changes });
    await announceChanged(ctx, "tenant");
    await announceChanged(ctx, "sso");
  }
  return getSso({ ...ctx, tenant: { ...ctx.tenant, ssoPolicy: policy, ssoHours: wanted } });
}
