import type { Member } from "../access/member.ts";
import { mayLatch } from "../voice/talk-rule.ts";
import { lettersOf } from "#contract/look-alikes.ts";

/** What the interface may offer this member. Each operation checks again. */
export function tenantAbilities(member: Pick<Member, "may" | "isOwner" | "permissions">) {
  return {
    createChannels: member.may("channels.create"),
    invite: member.may("users.invite"),
    viewMembers: member.may("users.view"),
    viewContacts: member.may("users.view_contact"),
    viewRoles: member.may("roles.view"),
    talk: member.may("voice.transmit"),
    latch: mayLatch(member),
    viewAuditLog: member.may("audit.view"),
    exportAuditLog: member.may("audit.export"),
    viewExports: member.may("workspace.export"),
    viewSecurity: member.may("security.view"),
    runAccessReviews: member.may("security.run_access_reviews"),
    viewBilling: member.may("billing.view"),
    viewInvoices: member.may("billing.view_invoices"),
    manageSubscription: member.may("billing.manage_subscription"),
    manageLicences: member.may("billing.manage_licences"),
    manageAddOns: member.may("billing.manage_addons"),
    managePayment: member.may("billing.manage_payment"),
    edit: member.may("workspace.edit"),
    leave: mayLeave(member),
    transferOwnership: mayTransferOwnership(member),
    createRoles: member.may("roles.create"),
    // Nobody can give permissions that they lack.
    givePermissions: [...member.permissions],
    delete: mayDeleteTenant(member),
  };
}

type Who = Pick<Member, "isOwner">;

/** Only the owner can. No permission allows it. */
export function mayDeleteTenant(member: Who): boolean {
  return member.isOwner;
}

/** Only the owner can. No permission allows it. */
export function mayTransferOwnership(member: Who): boolean {
  return member.isOwner;
}

export function mayAnswerOffer(member: Pick<Member, "memberId">, offer: { memberId: string }): boolean {
  return offer.memberId === member.memberId;
}

/** The owner cannot leave, because a workspace must have an owner. */
export function mayLeave(member: Who): boolean {
  return !member.isOwner;
}

/** Whether the name, or a word of it, looks like the product's name. */
export function looksLikeProduct(name: string): boolean {
  return (
    lettersOf(name) === "whoot" ||
    name
      .normalize("NFKC")
      .split(/[\s\p{P}\p{S}]+/u)
      .some((word) => lettersOf(word) === "whoot")
  );
}
