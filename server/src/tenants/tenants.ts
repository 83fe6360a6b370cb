/** Creating tenants, showing them, and changing their settings. */
import { v7 as uuidv7 } from "uuid";
import type { AddOnId } from "#contract/add-ons.ts";
import type { BillingState } from "#contract/billing-state.ts";
import type { MfaPolicy, TenantMember } from "#contract/http/tenants.ts";
import { Slug } from "#contract/slug.ts";
import { knownZone } from "#contract/time-zone.ts";
import { hasProvedAccount, type Principal } from "../access/principal.ts";
import type { Ctx, PersonCtx } from "../access/ctx.ts";
import { enter } from "../access/gate.ts";
import type { Member } from "../access/member.ts";
import { behindRosterLock, readmit } from "../access/roster.ts";
import { appendNow, changesBetween, changesTo } from "../audit/audit.ts";
import { beginBilling, makeNewTenantDue, stopsTalk } from "../billing/billing.ts";
import { announceChanged } from "../platform/changes.ts";
import type { Database, TenantTx } from "../platform/db/pools.ts";
import { orNotFound, Refusal } from "../platform/refusal.ts";
import type { Services } from "../services.ts";
import { findVisibleOffer } from "./ownership-offer.ts";
import { looksLikeProduct, tenantAbilities } from "./policy.ts";
import * as queries from "./queries.ts";
import { claimSlug, refuseReserved } from "./slugs.ts";

export { mayDeleteTenant } from "./policy.ts";

/** Mails name the workspace beside whoot, so its name must not look like the product's. @throws Refusal invalid_input */
function refuseProductName(name: string): void {
  if (!looksLikeProduct(name)) return;
  const message = "That name looks like whoot's own. Choose a different one.";
  throw new Refusal("invalid_input", { detail: message, fields: [{ path: "name", message }] });
}

interface NewTenant {
  name: string;
  slug: string;
  timeZone?: string | undefined;
}

/** @throws Refusal invalid_input, slug_taken, slug_look_alike, slug_reserved */
export async function createTenant({ services, principal, origin }: PersonCtx, input: NewTenant) {
  refuseProductName(input.name);
  await refuseReserved(services, input.slug);
  const { name, slug } = input;
  const timeZone = knownZone(input.timeZone);
  const tenantId = uuidv7();
  // Create the key first: a tenant without a key could not record, while a key without a tenant is harmless.
  services.keys.create(tenantId);
  try {
    await services.database.asPlatform("create a tenant", async (tx) => {
      await tx.enterTenant(tenantId);
      await claimSlug(tx.db, slug);
      const memberId = await queries.insertTenant(tx.db, { tenantId, name, slug, timeZone }, principal);
      const actor = { memberId, name: principal.name, ...origin };
      const event = { action: "workspace.created" as const, target: target(tenantId, name), changes: changesTo({ name, slug }) };
      await appendNow(tx.db, tenantId, [{ actor, event }]);
      await makeNewTenantDue(services, tx.db, tenantId);
    });
  } catch (error) {
    // Keep the key if the connection was lost: the commit may have happened, and a tenant without its key is lost.
    if (error instanceof Refusal && error.code !== "unavailable") services.keys.destroy(tenantId);
    throw error;
  }
  await beginBilling(services, tenantId);
  return enter(services, { tenantId, principal, origin }, presentTenant);
}

function target(tenantId: string, name: string) {
  return { type: "workspace" as const, id: tenantId, name };
}

/** The tenant as the member sees it. */
export async function presentTenant(ctx: Ctx) {
  const { accentColour, timeZone, clock, talkKeyMode } = ctx.tenant;
  const { tenantId, slug, name, createdAt, logoId } = ctx.tenant;
  return {
    tenantId,
    slug,
    name,
    logoId,
    createdAt: createdAt.toISOString(),
    display: {
      accentColour,
      timeZone,
      clock: clock as "12h" | "24h",
      talkKeyMode: talkKeyMode as "hold" | "latch",
    },
    mfaPolicy: ctx.tenant.mfaPolicy as MfaPolicy,
    talkStopped: stopsTalk(ctx.tenant.billingState),
    billing: presentBilling(ctx),
    addOns: ctx.tenant.addOns as AddOnId[] | null,
    ownershipOffer: await findVisibleOffer(ctx),
    ...presentSelf(ctx.member),
  };
}

/** The state of its billing, for those who may see it. Runs no query. */
export function presentBilling({ member, tenant: { billingState: state, billingUntil } }: Pick<Ctx, "member" | "tenant">) {
  if (state === null || !member.may("billing.view")) return null;
  return { state: state as BillingState, until: billingUntil?.toISOString() ?? null };
}

/** For transactions without an admitted member, which have no ctx.tenant. @throws Refusal not_found when the tenant is deleted */
export async function findTenantNames({ db }: TenantTx): Promise<{ slug: string; name: string }> {
  return orNotFound(await queries.findNames(db));
}

/** For the operator's commands. @returns the tenant's id, or null */
export async function findTenantBySlug(database: Database, slug: string): Promise<string | null> {
  if (!Slug.safeParse(slug).success) return null;
  return (await database.asPlatformStatement("find a tenant by its slug", (db) => queries.findTenantId(db, slug))) ?? null;
}

/** The member's name, role and abilities in the tenant. Runs no query. */
export function presentSelf(member: Member): TenantMember {
  const { memberId, name, roleName, isOwner } = member;
  return { self: { memberId, name, roleName, isOwner }, can: tenantAbilities(member) };
}

/** The person, and the tenants that they belong to. */
export async function getMe({ services, principal }: PersonCtx) {
  const { accountId, email, name } = principal;
  return { account: { accountId, email, name }, tenants: await listVisibleTenants(services, principal) };
}

/** Every tenant of the account, whatever a session may know of. */
export function listTenantsOf(services: Services, accountId: string) {
  return services.database.asPlatformStatement("an account's tenants", (db) => queries.listTenantsOf(db, accountId, null));
}

/** The tenants of the person that the session may know of. */
export function listVisibleTenants(services: Services, principal: Principal) {
  const only = hasProvedAccount(principal) ? null : principal.ssoTenantId;
  return services.database.asPlatformStatement("my tenants", (db) => queries.listTenantsOf(db, principal.accountId, only));
}

/**
 * Locks the roster and checks the permission again, so that somebody who lost it while waiting, or while an image was drawn, changes nothing.
 * @throws Refusal forbidden, suspended; not_found, also when the tenant is being deleted
 */
export async function lockAsEditor(stale: Ctx): Promise<Ctx> {
  const ctx = await behindRosterLock(stale);
  ctx.member.require("workspace.edit");
  return ctx;
}

interface Settings {
  name?: string | undefined;
  slug?: string | undefined;
  accentColour?: string | null | undefined;
  timeZone?: string | undefined;
  clock?: "12h" | "24h" | undefined;
  talkKeyMode?: "hold" | "latch" | undefined;
}

/**
 * Changes the given settings. Writes, audits and announces nothing when they all have these values already.
 * @throws Refusal slug_taken, slug_look_alike, slug_reserved, too_many_slugs; not_found when the tenant is being deleted
 */
export async function updateTenant(stale: Ctx, settings: Settings) {
  if (settings.slug !== undefined && settings.slug !== stale.tenant.slug) await refuseReserved(stale.services, settings.slug);
  const ctx = await lockAsEditor(stale);
  const { name, slug, accentColour, timeZone, clock, talkKeyMode } = ctx.tenant;
  const changes = changesBetween({ name, slug, accentColour, timeZone, clock, talkKeyMode }, { ...settings });
  if (Object.keys(changes).length === 0) return presentTenant(ctx);
  // A tenant that already has such a name keeps it until it is changed.
  if (settings.name !== undefined && settings.name !== name) refuseProductName(settings.name);
  if (settings.slug !== undefined && settings.slug !== slug) await claimSlug(ctx.db, settings.slug);
  await queries.updateTenant(ctx.db, given(settings));
  ctx.audit.record({ action: "workspace.edited", target: target(ctx.tenantId, settings.name ?? name), changes });
  await announceChanged(ctx, "tenant");
  return presentTenant(await readmit(ctx));
}

/** Audits and announces a change of the logo. The entry says "an image", since it cannot show one. */
export async function recordLogo(ctx: Ctx, had: boolean, has: boolean): Promise<void> {
  const { name } = ctx.tenant;
  const changes = { logo: { from: had ? "an image" : null, to: has ? (had ? "another image" : "an image") : null } };
  ctx.audit.record({ action: "workspace.edited", target: target(ctx.tenantId, name), changes });
  await announceChanged(ctx, "tenant");
}

function given<Values extends object>(values: Values): { [Key in keyof Values]?: Exclude<Values[Key], undefined> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as never;
}
