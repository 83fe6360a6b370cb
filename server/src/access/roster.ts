/** The roster lock serializes changes of a tenant's roster: who is a member, with which role and state, and what roles allow. */
import type { TenantTx } from "../platform/db/pools.ts";
import { statement } from "../platform/db/statement.ts";
import { Refusal } from "../platform/refusal.ts";
import { admitOne } from "./admit.ts";
import type { Ctx } from "./ctx.ts";

/**
 * Take the lock first in every change of the roster. What was read before may be outdated. @throws Refusal not_found for a deleted tenant
 */
export async function lockRoster(tx: TenantTx): Promise<void> {
  if (!(await lockRosterIfThere(tx))) throw new Refusal("not_found");
}

const lock = statement("lock the roster", (db) =>
  db.selectFrom("tenants").select("tenant_id").where("deleted_at", "is", null).forNoKeyUpdate(),
);

/** The same for background work. @returns false for a deleted tenant */
export async function lockRosterIfThere({ db }: TenantTx): Promise<boolean> {
  return (await lock(db, {})).length > 0;
}

/**
 * Reads the member and the tenant again, so that a permission lost while waiting for a lock is gone.
 * @throws Refusal not_found if the member was removed meanwhile, otherwise as conditions.ts
 */
export async function readmit<Old extends Ctx>(ctx: Old): Promise<Old> {
  const { member, tenant } = await admitOne(ctx, ctx.principal);
  // The person was removed and joined again meanwhile: this is a new member.
  if (member.memberId !== ctx.member.memberId) throw new Refusal("not_found");
  return { ...ctx, member, tenant };
}

/** Locks the roster, then reads the caller's membership again. @throws Refusal as `readmit` */
export async function behindRosterLock(ctx: Ctx): Promise<Ctx> {
  await lockRoster(ctx);
  return readmit(ctx);
}

/** Whether the tenant is deleted. Its rows may still exist. */
export async function isDeleted({ db }: TenantTx): Promise<boolean> {
  const tenant = await db.selectFrom("tenants").select("tenant_id").where("deleted_at", "is", null).executeTakeFirst();
  return tenant === undefined;
}
