/** How the tenancy test comes by what it does: random workspaces, random steps, and fewer of them once they failed. */
import fc from "fast-check";
import { PERMISSION_NAMES } from "#contract/permissions.ts";
import type { Step } from "./tenancy-deeds.ts";

const OFTEN = [
  ...["invite", "invite", "accept", "accept", "accept"],
  ...["changeRole", "editRole", "deleteRole", "deleteRole", "decide", "decide", "offerOwnership", "previewInvitations"],
];
/** Or nobody is left, or each run waits for archives. */
const RARE = ["leave", "createExport"];

/** What the model asks about: a role that lacks none of it is as good as Admin's here. */
const ASKED = PERMISSION_NAMES.filter((name) =>
  /^(users|channels|roles|workspace|audit)\.|^security\.run|^voice\.transmit|^recording\.download/.test(name),
);

const arbitraryPermissions = fc.oneof(
  fc.subarray([...PERMISSION_NAMES]),
  // What an administrator of a kind would hold: enough to get far, not enough for everything.
  {
    weight: 2,
    arbitrary: fc
      .subarray(ASKED, { minLength: 1, maxLength: 4 })
      .map((lacking) => PERMISSION_NAMES.filter((name) => !lacking.includes(name))),
  },
);

/**
 * Per tenant: roles of its own, and members with them and with the built-in ones, so that there is something to be denied. One of them holds
 * less than another, so that there is something that one can do to the other.
 */
export const arbitraryBeginning = fc
  .tuple(arbitraryPermissions, arbitraryPermissions, arbitraryPermissions)
  .map(([one, more, some]) => [one, more, more.filter((name) => some.includes(name))]);

/** Always as many, so that each run is worth its two workspaces; fewer only where they failed. */
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
