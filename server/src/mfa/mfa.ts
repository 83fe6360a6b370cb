/** A workspace's policy on two-step verification, and who of its members has it. access/conditions.ts applies the policy. */
import { z } from "zod";
import type { MfaPolicy } from "#contract/http/tenants.ts";
import type { Ctx } from "../access/ctx.ts";
import { hasProvedSecondFactor } from "../access/principal.ts";
import { assertRecentlyAuthenticated } from "../access/reauthentication.ts";
import { behindRosterLock } from "../access/roster.ts";
import { announceChanged } from "../platform/changes.ts";
import { relyingParty } from "../platform/http/relying-party.ts";
import { parseKeyedCursor, toKeyedPage } from "../platform/page.ts";
import { Refusal } from "../platform/refusal.ts";
import * as queries from "./queries.ts";

/** The end of a page: the number of its last member in the list. */
const PageKeys = z.tuple([z.string().regex(/^\d{1,6}$/)]);

/** Active members by name, with whether they have a second factor. Factors belong to accounts, which are above tenants. */
async function readMembers({ db, services }: Ctx) {
  const members = await queries.listActiveMembers(db);
  const accountIds = members.map(({ accountId }) => accountId);
  const enrolled = await services.database.asPlatformStatement("which members have a second factor", (platform) =>
    queries.findEnrolled(platform, accountIds, relyingParty(services)?.id ?? null),
  );
  return members.map(({ memberId, accountId, name }) => ({ memberId, name, enrolled: enrolled.has(accountId) }));
}

export async function getMfa(ctx: Ctx) {
  const members = await readMembers(ctx);
  return {
    policy: ctx.tenant.mfaPolicy as MfaPolicy,
    members: members.length,
    enrolled: members.filter(({ enrolled }) => enrolled).length,
    can: { setPolicy: ctx.member.may("security.manage_mfa") },
  };
}

interface Page {
  enrolled?: "true" | "false" | undefined;
  cursor?: string | undefined;
  limit: number;
}

/** @throws Refusal invalid_input for the cursor */
export async function listMfaMembers(ctx: Ctx, { enrolled, cursor, limit }: Page) {
  const [after = "0"] = parseKeyedCursor(cursor, PageKeys) ?? [];
  const members = await readMembers(ctx);
  const wanted = members.filter((member) => enrolled === undefined || String(member.enrolled) === enrolled);
  const numbered = wanted.map((member, index) => ({ member, number: String(index + 1) })).slice(Number(after));
  const { items, nextCursor } = toKeyedPage(numbered, limit, ({ number }) => [number]);
  return { items: items.map(({ member }) => member), nextCursor };
}

/**
 * Sets the policy. Open sessions and live audio follow it as soon as the change is announced.
 * @throws Refusal reauthentication_required; mfa_yourself_first, for somebody who enforces it without a second factor of their own; forbidden
 */
export async function setMfaPolicy(stale: Ctx, { policy }: { policy: MfaPolicy }) {
  assertRecentlyAuthenticated(stale.principal);
  if (policy === "enforced" && !hasProvedSecondFactor(stale.principal)) throw new Refusal("mfa_yourself_first");
  const ctx = await behindRosterLock(stale);
  ctx.member.require("security.manage_mfa");
  const { mfaPolicy: from, name } = ctx.tenant;
  if (from !== policy) {
    await queries.setPolicy(ctx.db, policy);
    const target = { type: "workspace" as const, id: ctx.tenantId, name };
    ctx.audit.record({ action: "mfa.policy_changed", target, changes: { policy: { from, to: policy } } });
    await announceChanged(ctx, "tenant");
  }
  return getMfa({ ...ctx, tenant: { ...ctx.tenant, mfaPolicy: policy } });
}
