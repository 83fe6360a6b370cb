/** Generates the tenancy test's random workspaces and steps, and shrinks them after a failure. */
import fc from "fast-check";
import { isAvailable, PERMISSION_NAMES } from "#contract/permissions.ts";
import type { Step } from "./tenancy-deeds.ts";

const OFTEN = [
  ...["invite", "invite", "accept", "accept", "accept"],
  ...["changeRole", "editRole", "deleteRole", "deleteRole", "decide", "decide", "offerOwnership", "previewInvitations"],
];
/** Kinds that must be rare: otherwise nobody is left, or each run waits for archives. */
const RARE = ["leave", "createExport"];

const AVAILABLE = PERMISSION_NAMES.filter(isAvailable);

/** The permissions that the model checks. A role that has them all is nearly as good as Admin here. */
const ASKED = AVAILABLE.filter((name) =>
  /^(users|channels|roles|workspace|audit)\.|^security\.run|^voice\.transmit|^recording\.download/.test(name),
);

const arbitraryPermissions = fc.oneof(
  fc.subarray(AVAILABLE),
  // Roles like an administrator's: enough to get far, but not enough for everything.
  {
    weight: 2,
    arbitrary: fc
      .subarray(ASKED, { minLength: 1, maxLength: 4 })
      .map((lacking) => AVAILABLE.filter((name) => !lacking.includes(name))),
  },
);

/**
 * Each tenant has custom roles, and members with custom and built-in roles, so that some steps are refused. One role has fewer permissions than
 * another, so that some members may change others.
 */
export const arbitraryBeginning = fc
  .tuple(arbitraryPermissions, arbitraryPermissions, arbitraryPermissions)
  .map(([one, more, some]) => [one, more, more.filter((name) => some.includes(name))]);

/** Generates the full number of steps, so that each run makes good use of its two workspaces, and fewer only when it shrinks a failure. */
class Exactly<Item> extends fc.Arbitrary<Item[]> {
  private readonly full: fc.Arbitrary<Item[]>;
  private readonly fewer: fc.Arbitrary<Item[]>;

  constructor(item: fc.Arbitrary<Item>, length: number) {
    super();
    this.full = fc.array(item, { minLength: length, maxLength: length, size: "max" });
    this.fewer = fc.array(item, { maxLength: length, size: "max" });
  }

  override generate(random: fc.Random, bias: number | undefined): fc.Value<Item[]> {
    return new fc.Value(this.full.generate(random, bias).value, undefined);
  }

  override canShrinkWithoutContext(value: unknown): value is Item[] {
    return this.fewer.canShrinkWithoutContext(value);
  }

  override shrink(value: Item[], context: unknown): fc.Stream<fc.Value<Item[]>> {
    return this.fewer.shrink(value, context);
  }
}

export function arbitrarySteps(kinds: string[], length: number): fc.Arbitrary<Step[]> {
  const step = fc.record<Step>({
    kind: fc.constantFrom(...kinds, ...kinds.filter((kind) => !RARE.includes(kind)), ...OFTEN),
    from: fc.constantFrom("owner", "owner", "insider", "insider", "insider", "insider", "neighbour", "anybody"),
    who: fc.nat(),
    second: fc.boolean(),
    crossed: fc.constantFrom(false, false, false, false, false, true),
    target: fc.nat(),
    more: fc.oneof(fc.constant<number[]>([]), fc.array(fc.nat(), { maxLength: 3 })),
    role: fc.nat(),
    permissions: arbitraryPermissions,
  });
  return new Exactly(step, length);
}
