/** What asks a member of a tenant to act. Each check looks at one thing, and only for those who can mend it. */
import type { AttentionKind } from "#contract/http/my-tenants.ts";
import type { Permission } from "#contract/permissions.ts";
import { hasOverdueReview } from "../access-reviews/access-reviews.ts";
import { countExpiring, countLapsed } from "../invitations/invitations.ts";
import type { Member } from "../members/admit.ts";
import { countAdmins, countMembers } from "../members/members.ts";
import type { TenantTx } from "../platform/db/pools.ts";

interface Check {
  kind: AttentionKind;
  /** What it takes to know of it and to mend it, all of these. */
  needs: readonly Permission[];
  /** How many there are; 0: nothing to do. */
  count: (tx: TenantTx) => Promise<number>;
}

/** Hours before its end that an invitation asks to be followed up. */
const EXPIRING_HOURS = 48;

/** Most urgent first. */
const CHECKS: readonly Check[] = [
  {
    kind: "no_second_admin",
    needs: ["users.view", "users.change_role"],
    // With one admin alone, a lost phone locks everybody out of the settings. Who is alone in it has nobody to make one.
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

export async function attentionFor(tx: TenantTx, member: Member): Promise<Array<{ kind: AttentionKind; count: number }>> {
  const applicable = CHECKS.filter(({ needs }) => needs.every((permission) => member.may(permission)));
  // Sent together: one round trip to the database, not one a check.
  const found = await Promise.all(applicable.map(async ({ kind, count }) => ({ kind, count: await count(tx) })));
  return found.filter(({ count }) => count > 0);
}
