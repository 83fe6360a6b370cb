import { type Permission, PERMISSION_NAMES } from "#contract/permissions.ts";
import { expect, test } from "vitest";
import { tenantAbilities } from "./policy.ts";

function abilities(isOwner: boolean, ...permissions: Permission[]) {
  const held = new Set(permissions);
  const { givePermissions, ...can } = tenantAbilities({ isOwner, permissions: held, may: (name) => held.has(name) });
  const names = Object.entries(can).flatMap(([name, allowed]) => (allowed ? [name] : []));
  return { can: names.toSorted(), givePermissions };
}

const ABILITIES: { [Name in Permission]?: string } = {
  "channels.create": "createChannels",
  "users.invite": "invite",
  "users.view": "viewMembers",
  "users.view_contact": "viewContacts",
  "roles.view": "viewRoles",
  "roles.create": "createRoles",
  "voice.transmit": "talk",
  "voice.latch": "latch",
  "audit.view": "viewAuditLog",
  "audit.export": "exportAuditLog",
  "workspace.export": "viewExports",
  "security.view": "viewSecurity",
  "workspace.edit": "edit",
  "security.run_access_reviews": "runAccessReviews",
  "billing.view": "viewBilling",
  "billing.view_invoices": "viewInvoices",
  "billing.manage_subscription": "manageSubscription",
  "billing.manage_licences": "manageLicences",
  "billing.manage_addons": "manageAddOns",
  "billing.manage_payment": "managePayment",
};

test.each(PERMISSION_NAMES)("a member whose role holds only %s has its ability, and may leave", (permission) => {
  const { can, givePermissions } = abilities(false, permission);
  expect(can).toEqual([ABILITIES[permission] ?? [], "leave"].flat().toSorted());
  expect(givePermissions).toEqual([permission]);
});

test("the owner may delete and transfer the workspace even without permissions, and may not leave", () => {
  expect(abilities(true).can).toEqual(["delete", "transferOwnership"]);
});
