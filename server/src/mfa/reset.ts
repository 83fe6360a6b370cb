/**
 * Turning off the two-step verification of somebody who lost their devices. An account is above workspaces, so no workspace can weaken it for
 * another: every one that relies on the account has to ask, and the person confirms with a mailed link and their password.
 */
import { MFA_RESET_MINUTES } from "#contract/http/mfa.ts";
import type { Permission } from "#contract/permissions.ts";
import { mailedPaths } from "#contract/paths.ts";
import type { Ctx, PublicCtx } from "../access/ctx.ts";
import { rolePermissions } from "../access/member.ts";
import { assertRecentlyAuthenticated } from "../access/reauthentication.ts";
import { behindRosterLock } from "../access/roster.ts";
import { findTenantsOf } from "../access/sessions.ts";
import { endTwoStepVerification, hasSecondFactor, lockFactors, type makePasswordCheck } from "../accounts/accounts.ts";
import { appendNow } from "../audit/audit.ts";
import { findEmail, mayChange, requireChangeable } from "../members/members.ts";
import type { PlatformTx } from "../platform/db/pools.ts";
import type { Origin } from "../platform/http/caller.ts";
import { pageLink } from "../platform/mail/link.ts";
import { queueMail } from "../platform/mail/mail.ts";
import { mailWords } from "../platform/mail/words.ts";
import { orNotFound, Refusal } from "../platform/refusal.ts";
import { hashToken, makeToken } from "../platform/tokens.ts";
import * as queries from "./reset-queries.ts";

/**
 * Asks in the name of the workspace, and mails the person a link. Asking again replaces the link.
 * @throws Refusal reauthentication_required; forbidden, not_found; not_yourself, owner_protected, outranked; no_second_factor
 */
export async function askMfaReset(stale: Ctx, { memberId }: { memberId: string }): Promise<void> {
  assertRecentlyAuthenticated(stale.principal);
  const ctx = await behindRosterLock(stale);
  const { db, services, tenant, tenantId, member } = ctx;
  const person = await requireChangeable(ctx, memberId, "disableMfa");
  if (!(await hasSecondFactor(services, person.accountId))) throw new Refusal("no_second_factor");
  const token = makeToken();
  await queries.ask(db, { accountId: person.accountId, tokenHash: hashToken(token), askedBy: member.memberId });
  ctx.audit.record({ action: "mfa.reset_asked", target: { type: "member", id: memberId, name: person.name } });
  await queueMail(db, services.keys, {
    to: person.email,
    subject: mailWords`Turn off your two-step verification`,
    text: mailWords`${member.name} of ${tenant.name} asks to turn off the two-step verification of your whoot account, because you lost your devices. If you asked for that, open this link within ${MFA_RESET_MINUTES} minutes and enter your password. If you still have your authenticator app, your passkeys or your recovery codes, or if you don't know of this, don't open it: nothing changes without the link and your password. Then tell ${tenant.name} that it wasn't you.`,
    link: pageLink(services, mailedPaths.mfaReset(token)),
    tenantId,
  });
  const owner = await findEmail(ctx, tenant.ownerMemberId);
  if (owner === null) return;
  await queueMail(db, services.keys, {
    to: owner,
    subject: mailWords`${member.name} asked to turn off the two-step verification of ${person.name}`,
    text: mailWords`${member.name} asked to turn off the two-step verification of ${person.name} in ${tenant.name}. ${person.name} got a mail with a link, which works together with their password. If you didn't expect this, ask both of them now:`,
    link: pageLink(services, mailedPaths.settingsSecurity(tenant.slug)),
    tenantId,
  });
}

/** Whether the workspace has asked. A request no longer counts once its author may not ask any more. */
function asks(row: queries.Reliant): boolean {
  const { askerId, askerBuiltIn, askerPermissions } = row;
  if (askerId === null) return false;
  const held = rolePermissions({ builtIn: askerBuiltIn, permissions: askerPermissions });
  const asker = { memberId: askerId, may: (permission: Permission) => held.has(permission) };
  return mayChange(asker, { ...row, permissions: rolePermissions(row) }, "disableMfa");
}

/** @returns what else the person needs, as a sentence; null when all that rely on the account have asked */
function whatIsMissing(reliant: readonly queries.Reliant[]): string | null {
  const missing = reliant.filter((row) => row.relies && !asks(row));
  if (missing.length === 0) return null;
  const own = missing.filter(({ isOwner }) => isOwner).map(({ name }) => name);
  const others = missing.filter(({ isOwner }) => !isOwner).map(({ name }) => name);
  return [
    "Your password is right, but other workspaces rely on your account, too.",
    ...(others.length > 0 ? [`An admin of each must ask for this within a day: ${others.join(", ")}.`] : []),
    ...(own.length > 0 ? [`You own ${own.join(", ")}, so only whoever runs this whoot server can turn it off for you.`] : []),
  ].join(" ");
}

interface Redemption {
  token: string;
  password: string;
  /** IP address, by which attempts are counted. */
  address: string;
  checkPassword: ReturnType<typeof makePasswordCheck>;
}

/**
 * @throws Refusal not_found, also when a second factor was used since; link_expired; wrong_credentials, rate_limited;
 *   mfa_reset_incomplete
 */
export async function resetMfa(ctx: PublicCtx, { token, password, address, checkPassword }: Redemption): Promise<void> {
  const { services, origin } = ctx;
  const { database, log } = services;
  const tokenHash = hashToken(token);
  const found = await database.asPlatformStatement("find a request to turn off second factors", (db) =>
    queries.findByToken(db, tokenHash),
  );
  const { accountId, expired } = orNotFound(found);
  if (expired) throw new Refusal("link_expired");
  await checkPassword({ accountId, password, address });
  await database.asPlatform("turn off second factors at the request of workspaces", async (tx) => {
    // Locked first, so that of two requests with one link the second finds nothing.
    await lockFactors(tx, accountId);
    orNotFound(await queries.findByToken(tx.db, tokenHash));
    const reliant = await queries.listReliant(tx.db, accountId);
    const missing = whatIsMissing(reliant);
    if (missing !== null) throw new Refusal("mfa_reset_incomplete", { detail: missing });
    await queries.forget(tx.db, accountId);
    await record(tx, reliant, { accountId, origin });
    await endTwoStepVerification(tx, services, { accountId, origin });
  });
  log.warn({ accountId, ...origin }, "two-step verification turned off at the request of workspaces");
}

/** Adds an entry to the audit log of every workspace of the person. */
async function record(
  tx: PlatformTx,
  reliant: readonly queries.Reliant[],
  { accountId, origin }: { accountId: string; origin: Origin },
): Promise<void> {
  const byTenant = new Map(reliant.map((row) => [row.tenantId, row]));
  for (const tenantId of await findTenantsOf(tx, accountId)) {
    const row = byTenant.get(tenantId);
    if (!row) continue;
    await tx.enterTenant(tenantId);
    const person = { memberId: row.memberId, name: row.memberName };
    const target = { type: "member" as const, id: row.memberId, name: row.memberName };
    await appendNow(tx.db, tenantId, [{ actor: { ...person, ...origin }, event: { action: "mfa.reset", target } }]);
  }
}
