import type { Permission } from "#contract/permissions.ts";

/**
 * For each permission, another one without which it has no effect. Only a hint when editing a role: the server checks each
 * permission by itself.
 */
const USELESS_WITHOUT: { readonly [Name in Permission]?: Permission } = {
  "users.view_contact": "users.view",
  "users.change_role": "users.view",
  "users.suspend": "users.view",
  "users.remove": "users.view",
  "users.reset_password": "users.view",
  "users.disable_mfa": "users.view",
  "voice.transmit": "voice.join",
  "voice.latch": "voice.transmit",
  "voice.broadcast": "voice.transmit",
  "voice.priority": "voice.transmit",
  "voice.moderate": "voice.join",
  "recording.download": "recording.play",
  "transcription.search": "transcription.view",
  "transcription.export": "transcription.view",
  "messaging.send": "messaging.read",
  "messaging.delete_any": "messaging.read",
  "roles.create": "roles.view",
  "roles.edit": "roles.view",
  "roles.delete": "roles.view",
  "billing.manage_subscription": "billing.view",
  "billing.manage_licences": "billing.view",
  "billing.manage_addons": "billing.view",
  "security.manage_mfa": "security.view",
  "security.manage_sso": "security.view",
  "security.manage_domains": "security.view",
  "security.manage_sessions": "security.view",
  "audit.export": "audit.view",
};

/** The permission that this one needs to have any effect; null when it needs none, or the role holds it. */
export function missingFor(permission: Permission, held: ReadonlySet<Permission>): Permission | null {
  const needed = USELESS_WITHOUT[permission];
  return needed !== undefined && held.has(permission) && !held.has(needed) ? needed : null;
}
