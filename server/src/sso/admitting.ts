/** Carries out a decision of joining.ts: memberships, identities, roles by groups, and the session's proof to this workspace. */
import { PersonName } from "#contract/http/accounts.ts";
import { mailedPaths } from "#contract/paths.ts";
import { enter } from "../access/gate.ts";
import { hasProvedAccount, type Principal } from "../access/principal.ts";
import { lockRoster } from "../access/roster.ts";
import { identify, rotateSession, startSession } from "../access/sessions.ts";
import { type Account, findDeviceEpoch, findOrOpenAccount } from "../accounts/accounts.ts";
import { changesTo, openAudit } from "../audit/audit.ts";
import { acceptProved } from "../invitations/invitations.ts";
import { type Seat, takeSeats } from "../billing/licences.ts";
import { addMember } from "../members/members.ts";
import { announceChanged } from "../platform/changes.ts";
import type { TenantTx } from "../platform/db/pools.ts";
import type { Origin } from "../platform/http/caller.ts";
import { pageLink } from "../platform/mail/link.ts";
import { queueMail } from "../platform/mail/mail.ts";
import { mailWords } from "../platform/mail/words.ts";
import { orNotFound, Refusal } from "../platform/refusal.ts";
import { hashToken } from "../platform/tokens.ts";
import type { Services } from "../services.ts";
import { findTenantNames } from "../tenants/tenants.ts";
import { type Asserted, SsoRefusal } from "./asserted.ts";
import { decide, type Decision, roleByGroups } from "./joining.ts";
import * as queries from "./queries.ts";
import type { Connection } from "./queries.ts";
import { isSameTrust, targetOf } from "./trust.ts";

type Row = NonNullable<queries.MemberRow>;

interface ProviderAnswer {
  connection: Connection;
  asserted: Asserted;
  principal: Principal | null;
  origin: Origin;
  /** The browser's session, or null. */
  sessionToken: string | null;
  /** When the provider authenticated the person; null if it doesn't say. */
  confirmedAt: Date | null;
}

/** Finds or creates the account of a newcomer. Their address is on a domain that the tenant proved, so it needs no confirmation by mail. */
function newcomerAccount({ database }: Services, address: string, { name }: Asserted): Promise<Account> {
  const wanted = PersonName.safeParse(name ?? "");
  const local = address.slice(0, address.lastIndexOf("@"));
  return findOrOpenAccount(database, { email: address, name: wanted.success ? wanted.data : local });
}

/** @throws SsoRefusal no_licence */
async function takeNewcomersSeat(tx: TenantTx): Promise<Seat> {
  try {
    return await takeSeats(tx, 1);
  } catch (error) {
    throw error instanceof Refusal && error.code === "licences_taken" ? new SsoRefusal("no_licence") : error;
  }
}

/** Makes the newcomer a member. @returns the member's id */
async function addNewcomer(
  tx: TenantTx,
  connection: Connection,
  { decision, person, origin }: { decision: Decision & { kind: "new_member" }; person: Account; origin: Origin },
): Promise<string> {
  const { invitationId, roleId } = decision;
  const invited = { ...person, origin };
  const memberId =
    invitationId === null
      ? await addMember(tx, person, { roleId, seat: await takeNewcomersSeat(tx) })
      : await acceptProved(tx, invitationId, invited);
  // The account is already a member, under another address.
  if (memberId === null) throw new SsoRefusal("already_joined");
  if (invitationId === null) {
    const role = await queries.findRole(tx.db, roleId);
    openAudit(tx, { memberId, name: person.name, ...origin }).record({
      action: "member.joined",
      target: targetOf(connection),
      changes: changesTo({ role: role?.name ?? "" }),
    });
  }
  return memberId;
}

async function mailLinked(services: Services, tx: TenantTx, connection: Connection, email: string): Promise<void> {
  const { name } = await findTenantNames(tx);
  await queueMail(tx.db, services.keys, {
    to: email,
    subject: mailWords`You can now enter ${name} through ${connection.name}`,
    text: mailWords`Your whoot account was joined to the single sign-on connection ${connection.name} of ${name}. It lets you into ${name} and nowhere else. If it wasn't you, tell an admin of ${name}.`,
    link: pageLink(services, mailedPaths.account()),
    tenantId: tx.tenantId,
  });
}

async function applyGroups(tx: TenantTx, connection: Connection, member: Row, answer: ProviderAnswer): Promise<void> {
  const change = await roleByGroups(tx, connection, member, answer.asserted.groups);
  if (!change) return;
  await queries.setRole(tx.db, member.memberId, change.roleId);
  openAudit(tx, { memberId: member.memberId, name: member.name, ...answer.origin }).record({
    action: "member.role_changed",
    target: { type: "member", id: member.memberId, name: member.name },
    changes: { role: { from: member.roleName, to: change.roleName }, group: { from: null, to: change.group } },
  });
  await announceChanged(tx, "members");
}

interface Admitted {
  memberId: string;
  accountId: string;
  name: string;
  slug: string;
  until: Date;
}

/** The end of a proof that is given now. */
function endOf(hours: number, { sessionEndsAt }: Asserted): Date {
  const limit = Date.now() + hours * 3_600_000;
  return new Date(sessionEndsAt === null ? limit : Math.min(limit, sessionEndsAt));
}

/** Decides again behind the roster lock, and carries the decision out. */
function carryOut(services: Services, answer: ProviderAnswer, newcomer: Account | null): Promise<Admitted> {
  const { asserted, origin } = answer;
  const { tenantId, connectionId } = answer.connection;
  return services.database.withTenant(tenantId, async (tx) => {
    await lockRoster(tx);
    const connection = orNotFound(await queries.findConnection(tx.db, connectionId));
    if (!connection.enabled || !isSameTrust(connection, answer.connection)) throw new Refusal("sso_expired");
    const decision = await decide(tx, connection, asserted);
    let memberId: string;
    if (decision.kind === "new_member") {
      if (newcomer?.email !== decision.address) throw new Refusal("sso_expired");
      memberId = await addNewcomer(tx, connection, { decision, person: newcomer, origin });
    } else {
      ({ memberId } = decision.member);
    }
    const member = orNotFound(await queries.findMember(tx.db, memberId));
    if (decision.kind === "known") await queries.noteIdentityUse(tx.db, connectionId, asserted.subject);
    else await linkIdentity(services, tx, { connection, member, asserted, origin, email: decision.address });
    await applyGroups(tx, connection, member, answer);
    const { slug } = await findTenantNames(tx);
    const { hours } = await queries.findPolicy(tx.db);
    return { memberId, accountId: member.accountId, name: member.name, slug, until: endOf(hours, asserted) };
  });
}

interface Link {
  connection: Connection;
  member: { memberId: string; name: string };
  asserted: Asserted;
  origin: Origin;
  email: string;
}

async function linkIdentity(
  services: Services,
  tx: TenantTx,
  { connection, member, asserted, origin, email }: Link,
): Promise<void> {
  const { connectionId } = connection;
  const row = { tenantId: tx.tenantId, connectionId, subject: asserted.subject, memberId: member.memberId };
  if (!(await queries.insertIdentity(tx.db, row))) throw new SsoRefusal("already_joined");
  openAudit(tx, { memberId: member.memberId, name: member.name, ...origin }).record({
    action: "sso.identity_linked",
    target: targetOf(connection),
  });
  await mailLinked(services, tx, connection, email);
}

/**
 * Renews the browser's session if it belongs to the same person and may be used in this tenant. Otherwise starts a new one. @returns the
 * token
 */
async function takeSession(
  services: Services,
  { connection, principal, origin, sessionToken }: ProviderAnswer,
  accountId: string,
): Promise<string> {
  const { tenantId } = connection;
  const isOwn = principal?.accountId === accountId && (hasProvedAccount(principal) || principal.ssoTenantId === tenantId);
  return services.database.asPlatform("start a session by single sign-on", async (tx) => {
    if (principal !== null && isOwn) return rotateSession(tx, principal.sessionId);
    const deviceEpoch = await findDeviceEpoch(tx, accountId);
    const session = { accountId, deviceEpoch, signedInBy: "sso" as const, ssoTenantId: tenantId, proofs: [] };
    return startSession(tx, session, { token: sessionToken, origin });
  });
}

/** Records in the tenant what the session proved to it. */
async function recordProof(
  services: Services,
  answer: ProviderAnswer,
  admitted: Admitted,
  sessionToken: string,
): Promise<Principal> {
  const { connection, asserted, origin } = answer;
  const { principal } = await identify(services.database, hashToken(sessionToken), null, answer.origin);
  await services.database.withTenant(connection.tenantId, async (tx) => {
    // Meanwhile an admin may have separated the member from the connection, or changed what the connection trusts.
    const held = await queries.holdIdentity(tx.db, { connectionId: connection.connectionId, memberId: admitted.memberId });
    if (!held || !isSameTrust(held, connection)) throw new Refusal("sso_expired");
    const isNew = await queries.saveProof(tx.db, {
      tenantId: tx.tenantId,
      sessionId: principal.sessionId,
      memberId: admitted.memberId,
      connectionId: connection.connectionId,
      until: admitted.until,
      confirmedAt: answer.confirmedAt,
      secondFactor: asserted.secondFactor || held.countsAsMfa,
      ...origin,
    });
    if (!isNew) return;
    openAudit(tx, { memberId: admitted.memberId, name: admitted.name, ...origin }).recordFirst({
      action: "session.signed_in",
      target: { type: "member", id: admitted.memberId, name: admitted.name },
      changes: changesTo({ connection: connection.name }),
    });
  });
  return principal;
}

/**
 * Lets a person in whom a provider vouched for.
 * @throws SsoRefusal as `decide`; Refusal sso_expired, when the connection or the membership was changed at the same moment
 */
export async function admitAsserted(services: Services, answer: ProviderAnswer) {
  const { connection, asserted } = answer;
  const first = await services.database.withTenant(connection.tenantId, (tx) => decide(tx, connection, asserted));
  const newcomer = first.kind === "new_member" ? await newcomerAccount(services, first.address, asserted) : null;
  const admitted = await carryOut(services, answer, newcomer);
  const sessionToken = await takeSession(services, answer, admitted.accountId);
  const { accountId, email, name } = await recordProof(services, answer, admitted, sessionToken);
  services.log.info({ accountId, connectionId: connection.connectionId, ...answer.origin }, "signed in by single sign-on");
  return { outcome: "signed_in" as const, slug: admitted.slug, account: { accountId, email, name }, sessionToken };
}

/**
 * Joins the signed-in person's account to the connection, or confirms that person.
 * @throws SsoRefusal subject_taken, subject_case, already_joined, someone_else; Refusal as the gate
 */
export async function linkOwn(
  services: Services,
  answer: ProviderAnswer & { principal: Principal; purpose: "link" | "confirm" },
) {
  const { connection, asserted, principal, purpose } = answer;
  const { tenantId, connectionId } = connection;
  const found = await services.database.withTenant(tenantId, async (tx) => {
    const identity = await queries.findIdentity(tx.db, connectionId, asserted.subject);
    const holder = identity && (await queries.findMember(tx.db, identity.memberId));
    const { slug } = await findTenantNames(tx);
    const { hours } = await queries.findPolicy(tx.db);
    return { holder: holder ?? null, slug, until: endOf(hours, asserted) };
  });
  const isSelf = found.holder?.accountId === principal.accountId;
  if (purpose === "confirm" && !isSelf) throw new SsoRefusal("someone_else");
  if (found.holder && !isSelf) throw new SsoRefusal("subject_taken");
  if (found.holder && found.holder.status !== "active") throw new SsoRefusal("suspended");
  const admitted = found.holder ? { ...found, ...found.holder } : await linkInside(services, answer, found);
  const sessionToken = await services.database.asPlatform("renew a session", (tx) => rotateSession(tx, principal.sessionId));
  await recordProof(services, answer, admitted, sessionToken);
  return { outcome: purpose === "link" ? ("linked" as const) : ("confirmed" as const), slug: found.slug, sessionToken };
}

async function linkInside(
  services: Services,
  { connection, asserted, principal, origin }: ProviderAnswer & { principal: Principal },
  { slug, until }: { slug: string; until: Date },
): Promise<Admitted> {
  return enter(services, { tenantId: connection.tenantId, principal, origin }, async (ctx) => {
    const { member, db } = ctx;
    const now = await queries.findConnection(db, connection.connectionId);
    if (!now?.enabled || !isSameTrust(now, connection)) throw new Refusal("sso_expired");
    if (await queries.hasOtherCase(db, connection.connectionId, asserted.subject)) throw new SsoRefusal("subject_case");
    await linkIdentity(services, ctx, { connection, member, asserted, origin, email: principal.email });
    return { memberId: member.memberId, accountId: member.accountId, name: member.name, slug, until };
  });
}
