/** Tenants: made by a signed-in person, who becomes owner and first admin. */
import { v7 as uuidv7 } from "uuid";
import type { TenantMember } from "#contract/http/tenants.ts";
import { Slug } from "#contract/slug.ts";
import { appendNow, changesBetween, changesTo, record } from "../audit/audit.ts";
import type { SignedIn } from "../accounts/sessions.ts";
import { admit, lockRoster, type Member, readmit } from "../members/admit.ts";
import { announceChanged } from "../platform/changes.ts";
import type { Database, TenantTx } from "../platform/db/pools.ts";
import type { Origin } from "../platform/http/caller.ts";
import { orNotFound, Refusal } from "../platform/refusal.ts";
import type { Services } from "../services.ts";
import { endOfferTo, findVisibleOffer } from "./ownership-offer.ts";
import { looksLikeProduct, tenantAbilities } from "./policy.ts";
import * as queries from "./queries.ts";
import { claimSlug, refuseReserved } from "./slugs.ts";

export { mayDeleteTenant } from "./policy.ts";

/** @throws Refusal slug_taken, slug_look_alike, slug_reserved */
export { endOfferTo };

/** Mails name the workspace beside whoot: nobody takes the one for the other. @throws Refusal invalid_input */
function refuseProductName(name: string): void {
  if (!looksLikeProduct(name)) return;
  const message = "whoot keeps its own name for itself. Choose a name that can't be taken for it.";
  throw new Refusal("invalid_input", { detail: message, fields: [{ path: "name", message }] });
}

export async function createTenant(
  services: Services,
  owner: SignedIn,
  input: { name: string; slug: string; timeZone?: string | undefined },
  origin: Origin,
) {
  refuseProductName(input.name);
  await refuseReserved(services, input.slug);
  const { name, slug, timeZone = "UTC" } = input;
  const tenantId = uuidv7();
  // The key first: a tenant without a key could record nothing, a key without a tenant harms nobody.
  services.keys.create(tenantId);
  try {
    await services.database.asPlatform("create a tenant", async (tx) => {
      await tx.enterTenant(tenantId);
      await claimSlug(tx.db, slug);
      const memberId = await queries.insertTenant(tx.db, { tenantId, name, slug, timeZone }, owner);
      const actor = { memberId, name: owner.name, ...origin };
      const event = { action: "workspace.created" as const, target: target(tenantId, name), changes: changesTo({ name, slug }) };
      await appendNow(tx.db, tenantId, [{ actor, event }]);
    });
  } catch (error) {
    // Not when the database went away: the commit may have been done, and a tenant without its key is lost.
    if (error instanceof Refusal && error.code !== "unavailable") services.keys.destroy(tenantId);
    throw error;
  }
  return services.database.withTenant(tenantId, async (tx) => presentTenant(tx, await admit(tx, owner, origin)));
}

function target(tenantId: string, name: string) {
  return { type: "workspace" as const, id: tenantId, name };
}

/** The transaction's tenant. @throws Refusal not_found when it is deleted */
export async function currentTenant(tx: TenantTx) {
  return orNotFound(await queries.findTenant(tx.db));
}

export async function presentTenant(tx: TenantTx, member: Member) {
  const { accentColour, timeZone, clock, talkKeyMode, ownerMemberId, ...tenant } = await currentTenant(tx);
  // Not as the member was admitted: the same request may have changed the owner.
  const viewer = { ...member, isOwner: member.memberId === ownerMemberId };
  return {
    ...tenant,
    createdAt: tenant.createdAt.toISOString(),
    display: {
      accentColour,
      timeZone,
      clock: clock as "12h" | "24h",
      talkKeyMode: talkKeyMode as "hold" | "latch",
    },
    ownershipOffer: await findVisibleOffer(tx, viewer),
    ...presentSelf(viewer),
  };
}

/** For commands of the operator's. @returns the tenant's id, or null */
export async function findTenantBySlug(database: Database, slug: string): Promise<string | null> {
  if (!Slug.safeParse(slug).success) return null;
  return (await database.readAsPlatform("find a tenant by its slug", (db) => queries.findTenantId(db, slug))) ?? null;
}

/** What a member is in the tenant and may do there: nothing is asked for it. */
export function presentSelf(member: Member): TenantMember {
  const { memberId, name, roleName, isOwner, permissions } = member;
  return { self: { memberId, name, roleName, isOwner, permissions: [...permissions] }, can: tenantAbilities(member) };
}

export function listTenantsOf(services: Services, accountId: string) {
  return services.database.readAsPlatform("my tenants", (db) => queries.listTenantsOf(db, accountId));
}

/**
 * The editor as they are now, with everybody else who changes the tenant behind them: who lost the right while waiting, or while
 * an image was drawn, changes nothing any more.
 * @throws Refusal forbidden, suspended, not_found also when the tenant is being deleted
 */
export async function lockAsEditor(tx: TenantTx, asker: Member): Promise<Member> {
  await lockRoster(tx);
  const editor = await readmit(tx, asker);
  editor.require("workspace.edit");
  return editor;
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
 * Changes what is given. Nothing is written, audited or announced when all of it is so already.
 * @throws Refusal slug_taken, slug_look_alike, slug_reserved, too_many_slugs; not_found when the tenant is being deleted
 */
export async function updateTenant(services: Services, tx: TenantTx, asker: Member, settings: Settings): Promise<void> {
  if (settings.slug !== undefined && settings.slug !== (await currentTenant(tx)).slug) {
    await refuseReserved(services, settings.slug);
  }
  const editor = await lockAsEditor(tx, asker);
  const { name, slug, accentColour, timeZone, clock, talkKeyMode } = await currentTenant(tx);
  const before = { name, slug, accentColour, timeZone, clock, talkKeyMode };
  const changes = changesBetween(before, { ...settings });
  if (Object.keys(changes).length === 0) return;
  // One that has the name already keeps it, until it is given another.
  if (settings.name !== undefined && settings.name !== name) refuseProductName(settings.name);
  if (settings.slug !== undefined && settings.slug !== slug) await claimSlug(tx.db, settings.slug);
  await queries.updateTenant(tx.db, given(settings));
  record(tx, editor.actor, { action: "workspace.edited", target: target(tx.tenantId, settings.name ?? name), changes });
  await announceChanged(tx, "tenant");
}

/** For an image there is no from and to that words could tell. */
export async function recordLogo(tx: TenantTx, editor: Member, had: boolean, has: boolean): Promise<void> {
  const { name } = await currentTenant(tx);
  const changes = { logo: { from: had ? "an image" : null, to: has ? (had ? "another image" : "an image") : null } };
  record(tx, editor.actor, { action: "workspace.edited", target: target(tx.tenantId, name), changes });
  await announceChanged(tx, "tenant");
}

function given<Values extends object>(values: Values): { [Key in keyof Values]?: Exclude<Values[Key], undefined> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as never;
}
