/** Tenants: made by a signed-in person, who becomes owner and first admin. */
import { v7 as uuidv7 } from "uuid";
import { RESERVED_SLUGS, Slug } from "#contract/slug.ts";
import { appendNow, changesTo } from "../audit/audit.ts";
import type { SignedIn } from "../accounts/sessions.ts";
import type { Member } from "../members/admit.ts";
import { admit } from "../members/admit.ts";
import type { TenantTx } from "../platform/db/pools.ts";
import type { Origin } from "../platform/http/caller.ts";
import { orNotFound, Refusal } from "../platform/refusal.ts";
import type { Services } from "../services.ts";
import { tenantAbilities } from "./policy.ts";
import * as queries from "./queries.ts";

export { mayDeleteTenant } from "./policy.ts";

const RESERVED = "whoot keeps this address for itself. Choose another.";
const TAKEN = "This address is taken. Choose another.";

type SlugVerdict =
  | { available: true; reason: null; message: null }
  | { available: false; reason: "malformed" | "reserved" | "taken"; message: string };

/** Whether a tenant could be created at this slug now. Another request may still take it first. */
export async function checkSlug(services: Services, slug: string): Promise<SlugVerdict> {
  const parsed = Slug.safeParse(slug);
  if (!parsed.success) {
    return { available: false, reason: "malformed", message: parsed.error.issues[0]?.message ?? "Not a valid address." };
  }
  if (RESERVED_SLUGS.has(slug)) {
    return { available: false, reason: "reserved", message: RESERVED };
  }
  if (await services.database.readAsPlatform("check a slug", (db) => queries.slugIsTaken(db, slug))) {
    return { available: false, reason: "taken", message: TAKEN };
  }
  return { available: true, reason: null, message: null };
}

/** @throws Refusal slug_taken, slug_reserved */
export async function createTenant(services: Services, owner: SignedIn, input: { name: string; slug: string }, origin: Origin) {
  if (RESERVED_SLUGS.has(input.slug)) {
    throw new Refusal("slug_reserved", { fields: [{ path: "slug", message: RESERVED }] });
  }
  const tenantId = uuidv7();
  // The key first: a tenant without a key could record nothing, a key without a tenant harms nobody.
  services.keys.create(tenantId);
  try {
    await services.database.asPlatform("create a tenant", async (tx) => {
      await tx.enterTenant(tenantId);
      if (!(await queries.claimSlug(tx.db, input.slug, tenantId))) {
        throw new Refusal("slug_taken", { fields: [{ path: "slug", message: TAKEN }] });
      }
      const memberId = await queries.insertTenant(tx.db, { tenantId, ...input }, owner);
      const target = { type: "workspace" as const, id: tenantId, name: input.name };
      const actor = { memberId, name: owner.name, ...origin };
      await appendNow(tx.db, tenantId, [{ actor, event: { action: "workspace.created", target, changes: changesTo(input) } }]);
    });
  } catch (error) {
    // Not when the database went away: the commit may have been done, and a tenant without its key is lost.
    if (error instanceof Refusal && error.code === "slug_taken") services.keys.destroy(tenantId);
    throw error;
  }
  return services.database.withTenant(tenantId, async (tx) => presentTenant(tx, await admit(tx, owner, origin)));
}

/** The transaction's tenant. @throws Refusal not_found when it is deleted */
export async function currentTenant(tx: TenantTx) {
  return orNotFound(await queries.findTenant(tx.db));
}

export async function presentTenant(tx: TenantTx, member: Member) {
  const tenant = await currentTenant(tx);
  return {
    ...tenant,
    createdAt: tenant.createdAt.toISOString(),
    self: {
      memberId: member.memberId,
      name: member.name,
      roleName: member.roleName,
      isOwner: member.isOwner,
      permissions: [...member.permissions],
    },
    can: tenantAbilities(member),
  };
}

export function listTenantsOf(services: Services, accountId: string) {
  return services.database.readAsPlatform("my tenants", (db) => queries.listTenantsOf(db, accountId));
}
