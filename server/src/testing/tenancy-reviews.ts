/** Steps of the tenancy test about access reviews. */
import { expect } from "vitest";
import { type Doing, pick, pickSeveral } from "./tenancy-deeds.ts";
import {
  type Decision,
  hasUndecided,
  may,
  mayDecide,
  type ModelMember,
  type ModelReview,
  type ModelTenant,
  takeOut,
} from "./tenancy-model.ts";

const REVIEWS = "security.run_access_reviews";

/** A decision is about what the reviewer saw, so each decision names what the review now says about the member. */
async function asSeen({ owner, workspace: { path } }: ModelTenant, { reviewId }: ModelReview, targets: ModelMember[]) {
  const { items } = (await owner.person.get(`${path}/access-reviews/${reviewId}/members?limit=200`)).json as {
    items: Array<{ memberId: string; now: { seen: string } | null }>;
  };
  const seen = new Map(items.map(({ memberId, now }) => [memberId, now?.seen ?? "nothing"]));
  return targets.map(({ memberId }) => ({ memberId, seen: seen.get(memberId) ?? "nothing" }));
}

export const REVIEW_DOINGS: Record<string, Doing> = {
  startReview: ({ here, person }) => ({
    allowed: may(here, person, REVIEWS) && here.review === null,
    send: () =>
      person.post(`${here.workspace.path}/access-reviews`, {
        name: "Is it still right?",
        dueAt: new Date(Date.now() + 86_400_000).toISOString(),
      }),
    apply({ json }) {
      here.review = { reviewId: json.reviewId, decided: new Map(here.members.map((member) => [member, false])) };
      expect(json.counts.members).toBe(here.members.length);
    },
  }),
  /** Crossed: the other tenant's review, or one of its members in the tenant's own review. */
  decide: ({ here, there, person, step }) => {
    const foreignReview = step.crossed && step.role % 2 === 0;
    const open = (foreignReview ? there : here).review;
    const review = open && step.role % 7 !== 0 ? open : pick(here.pastReviews, step.target);
    if (!review) return null;
    const targets = pickSeveral([...review.decided.keys()], there.members, { ...step, crossed: step.crossed && !foreignReview });
    const role = pick(here.roles, step.role);
    if (!role || targets.length === 0) return null;
    const choice = pick(["approve", "approve", "change", "revoke"] as const, step.target) ?? "approve";
    const decision: Decision = { choice, role, replace: step.who % 3 === 0 };
    return {
      allowed: review === here.review && targets.every((target) => mayDecide(here, person, target, decision)),
      send: async () =>
        person.post(`${here.workspace.path}/access-reviews/${review.reviewId}/decisions`, {
          members: await asSeen(review === there.review ? there : here, review, targets),
          decision: choice,
          ...(choice === "change" ? { roleId: role.roleId } : {}),
          note: "Because.",
          replace: decision.replace,
        }),
      apply() {
        for (const target of targets) {
          review.decided.set(target, true);
          if (choice === "change") target.role = role;
          if (choice === "revoke") takeOut(here, target);
        }
      },
    };
  },
  completeReview: ({ here, there, person, step }) => {
    const open = (step.crossed ? there : here).review;
    const review = open && step.role % 7 !== 0 ? open : pick(here.pastReviews, step.target);
    if (!review) return null;
    const early = step.role % 2 === 0;
    return {
      allowed: may(here, person, REVIEWS) && review === here.review && (early || !hasUndecided(here, review)),
      send: () =>
        person.post(`${here.workspace.path}/access-reviews/${review.reviewId}/completion`, {
          early,
          note: early ? "Enough." : "",
        }),
      apply() {
        here.pastReviews.push(here.review as ModelReview);
        here.review = null;
      },
    };
  },
  readReviews: ({ here, person }) => ({
    allowed: may(here, person, REVIEWS),
    send: () => person.get(`${here.workspace.path}/access-reviews`),
    apply: ({ json }) => expect(json.items.length).toBe(Math.min(50, here.pastReviews.length + (here.review ? 1 : 0))),
  }),
  readReview: ({ here, there, person, step }) => {
    const { review, pastReviews } = step.crossed ? there : here;
    const one = pick([...(review ? [review] : []), ...pastReviews], step.target);
    if (!one) return null;
    const part = pick(["", "/members", "/report"], step.role);
    return {
      allowed: !step.crossed && may(here, person, REVIEWS),
      send: () => person.get(`${here.workspace.path}/access-reviews/${one.reviewId}${part}`),
      apply: () => {},
    };
  },
};
