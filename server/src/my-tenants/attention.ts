/** What a member should act on in a tenant. Each check covers one thing, and runs only for members who can fix it. */
import type { AttentionKind } from "#contract/http/my-tenants.ts";
import type { Permission } from "#contract/permissions.ts";
import type { Ctx } from "../access/ctx.ts";
import { hasOverdueReview } from "../access-reviews/access-reviews.ts";
import { countExpiring, countLapsed } from "../invitations/invitations.ts";
import { countAdmins, countMembers } from "../members/members.ts";

interface Check {
  kind: AttentionKind;
  /** All the permissions needed to see and to fix it. */
  needs: readonly Permission[];
  /** The number of items to act on; 0 for none. */
  count: (ctx: Ctx) => Promise<number>;
}

/** Invitations that expire within this many hours are counted. */
const EXPIRING_HOURS = 48;

/** Most urgent first. */
const CHECKS: readonly Check[] = [
  {
    kind: "invoice_overdue",
    needs: ["billing.view"],
    count: async ({ tenant }) => (["past_due", "stopped"].includes(tenant.billingState ?? "") ? 1 : 0),
  },
  {
    kind: "plan_missing",
    needs: ["billing.view", "billing.manage_subscription"],
    count: async ({ tenant }) => (tenant.billingState === "none" ? 1 : 0),
  },
  {
    kind: "no_second_admin",
    needs: ["users.view", "users.change_role"],
    // If a workspace's only admin loses access, nobody can change its settings. With one member there is nobody to make a second one.
    count: async (tx) => {
      const [admins, members] = await Promise.all([countAdmins(tx), countMembers(tx)]);
      return admins < 2 && members > 1 ? 1 : 0;
    },
  },
  {
    kind: "access_review_overdue",
    needs: ["security.run_access_reviews"],
    count: async (tx) => ((await hasOverdueReview(tx)) ? 1 : 0),
  },
  { kind: "invitations_lapsed", needs: ["users.invite"], count: countLapsed },
  { kind: "invitations_expiring", needs: ["users.invite"], count: (tx) => countExpiring(tx, EXPIRING_HOURS) },
];

export async function attentionFor(ctx: Ctx): Promise<Array<{ kind: AttentionKind; count: number }>> {
  const applicable = CHECKS.filter(({ needs }) => needs.every((permission) => ctx.member.may(permission)));
  // Sent together, so that all checks take one round trip to the database.
  const found = await Promise.all(applicable.map(async ({ kind, count }) => ({ kind, count: await count(ctx) })));
  return found.filter(({ count }) => count > 0);
}
