import type { Member } from "../members/admit.ts";

/** What the interface may offer this member; each is enforced again where it is done. */
export function tenantAbilities(member: Member) {
  return {
    createChannels: member.may("channels.create"),
    invite: member.may("users.invite"),
    viewMembers: member.may("users.view"),
    delete: mayDeleteTenant(member),
  };
}

/** No permission: the owner's alone. */
export function mayDeleteTenant(member: Member): boolean {
  return member.isOwner;
}
