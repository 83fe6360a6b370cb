import { expect, test } from "vitest";
import type { AuditEntry } from "../../api/types.ts";
import { folded, foldWords } from "./fold.ts";

const NOON = "2026-11-24T12:00:00.123Z";

function entry(sequence: number, { action = "member.removed", occurredAt = NOON, actor = "ada", to = "" } = {}): AuditEntry {
  return {
    sequence,
    occurredAt,
    action,
    actor: { memberId: actor, name: actor },
    target: { type: "member", id: `m${sequence}`, name: `Person ${sequence}` },
    changes: to === "" ? {} : { decision: { to } },
  } as unknown as AuditEntry;
}
const sizes = (entries: AuditEntry[]) => folded(entries).map(({ length }) => length);

test("entries of one action on many targets become one row, between the entries before and after", () => {
  const similar = [9, 8, 7, 6].map((sequence) => entry(sequence));
  expect(sizes([entry(10, { action: "role.edited" }), ...similar, entry(5, { occurredAt: "2026-11-24T11:00:00.000Z" })])).toEqual(
    [1, 4, 1],
  );
});

test("two entries of one action stay two rows of the audit log", () => {
  expect(sizes([entry(2), entry(1)])).toEqual([1, 1]);
});

test("entries of another person, time or kind of action are not put into one row", () => {
  expect(sizes([1, 2, 3].map((sequence) => entry(sequence, { actor: `actor ${sequence}` })))).toEqual([1, 1, 1]);
  expect(sizes([1, 2, 3].map((sequence) => entry(sequence, { occurredAt: `2026-11-24T12:00:00.00${sequence}Z` })))).toEqual([
    1, 1, 1,
  ]);
  const decided = ["approved", "approved", "revoked", "approved"].map((to, at) =>
    entry(at, { action: "access_review.decided", to }),
  );
  expect(sizes(decided)).toEqual([1, 1, 1, 1]);
});

test("a row of many entries says how many, and whether there may be more", () => {
  expect(foldWords("member", 120, true)).toBe("120 people");
  expect(foldWords("member", 1_200, false)).toBe("1,200 or more people");
  expect(foldWords("invitation", 4, true)).toBe("4 invitations");
});
