import type { Member } from "../members/admit.ts";
import { lettersOf } from "#contract/look-alikes.ts";

/** What the interface may offer this member; each is enforced again where it is done. */
export function tenantAbilities(member: Pick<Member, "may" | "isOwner">) {
  return {
    createChannels: member.may("channels.create"),
    invite: member.may("users.invite"),
    viewMembers: member.may("users.view"),
    edit: member.may("workspace.edit"),
    leave: mayLeave(member),
    transferOwnership: mayTransferOwnership(member),
    createRoles: member.may("roles.create"),
    delete: mayDeleteTenant(member),
  };
}

type Who = Pick<Member, "isOwner">;

/** No permission: the owner's alone. */
export function mayDeleteTenant(member: Who): boolean {
  return member.isOwner;
}

/** The same. */
export function mayTransferOwnership(member: Who): boolean {
  return member.isOwner;
}

export function mayAnswerOffer(member: Pick<Member, "memberId">, offer: { memberId: string }): boolean {
  return offer.memberId === member.memberId;
}

/** Somebody always owns the workspace. */
export function mayLeave(member: Who): boolean {
  return !member.isOwner;
}

/** Whether a workspace's name, or a word of it, reads as the product's. */
export function looksLikeProduct(name: string): boolean {
  return (
    lettersOf(name) === "whoot" ||
    name
      .normalize("NFKC")
      .split(/[\s\p{P}\p{S}]+/u)
      .some((word) => lettersOf(word) === "whoot")
  );
}
