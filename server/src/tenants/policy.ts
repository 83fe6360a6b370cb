import type { Member } from "../members/admit.ts";

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
