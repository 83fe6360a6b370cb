/**
 * The closed list of what a member may be allowed to do: 65 permissions in 11 categories.
 * Names are stable identifiers (stored in custom roles); `allows` is what the interface shows.
 * Deleting the tenant and transferring ownership are no permissions: they are the owner's alone.
 */

export const BUILT_IN_ROLES = ["admin", "member", "viewer"] as const;
export type BuiltInRole = (typeof BUILT_IN_ROLES)[number];

interface PermissionEntry {
  /** Stable identifier, `resource.action`. */
  readonly name: string;
  readonly category: string;
  /** Completes the sentence "lets a member …". */
  readonly allows: string;
  /** Built-in roles that hold it. Admin holds all of them. */
  readonly roles: readonly BuiltInRole[];
}

const ADMIN = ["admin"] as const;
const ADMIN_MEMBER = ["admin", "member"] as const;
const EVERYONE = BUILT_IN_ROLES;

export const PERMISSIONS = [
  // Users
  { name: "users.view", category: "Users", allows: "see the member list and profiles", roles: EVERYONE },
  { name: "users.view_contact", category: "Users", allows: "see email addresses and contact details", roles: ADMIN },
  { name: "users.invite", category: "Users", allows: "invite people, send invitations again and withdraw them", roles: ADMIN },
  { name: "users.change_role", category: "Users", allows: "change a member's role", roles: ADMIN },
  { name: "users.suspend", category: "Users", allows: "suspend and reactivate a member", roles: ADMIN },
  { name: "users.remove", category: "Users", allows: "remove a member", roles: ADMIN },
  { name: "users.reset_password", category: "Users", allows: "send another member a password reset", roles: ADMIN },
  { name: "users.disable_mfa", category: "Users", allows: "switch off another member's MFA (never one's own)", roles: ADMIN },
  // Channels
  { name: "channels.create", category: "Channels", allows: "create channels", roles: ADMIN },
  { name: "channels.edit", category: "Channels", allows: "edit name, description, settings", roles: ADMIN },
  { name: "channels.delete", category: "Channels", allows: "delete channels", roles: ADMIN },
  { name: "channels.configure_addons", category: "Channels", allows: "switch a channel's add-ons", roles: ADMIN },
  {
    name: "channels.set_transmission",
    category: "Channels",
    allows: "set open or restricted, talk mode and limits",
    roles: ADMIN,
  },
  { name: "channels.manage_access", category: "Channels", allows: "choose who sees a private channel", roles: ADMIN },
  { name: "channels.view_private", category: "Channels", allows: "see private channels one is not assigned to", roles: ADMIN },
  // Voice
  { name: "voice.join", category: "Voice", allows: "join channels and listen", roles: EVERYONE },
  { name: "voice.transmit", category: "Voice", allows: "transmit by push-to-talk", roles: ADMIN_MEMBER },
  { name: "voice.latch", category: "Voice", allows: "latch the talk key (hands-free)", roles: ADMIN_MEMBER },
  { name: "voice.broadcast", category: "Voice", allows: "talk to several channels at once", roles: ADMIN },
  { name: "voice.priority", category: "Voice", allows: "pre-empt a talker of normal priority", roles: ADMIN },
  { name: "voice.moderate", category: "Voice", allows: "end another's transmission, mute, remove from a channel", roles: ADMIN },
  // Recording
  { name: "recording.configure", category: "Recording", allows: "switch recording on a channel", roles: ADMIN },
  { name: "recording.play", category: "Recording", allows: "play recordings", roles: ADMIN_MEMBER },
  { name: "recording.download", category: "Recording", allows: "download recordings", roles: ADMIN },
  { name: "recording.delete", category: "Recording", allows: "delete recordings", roles: ADMIN },
  { name: "recording.set_retention", category: "Recording", allows: "set how long recordings are kept", roles: ADMIN },
  // Transcription
  { name: "transcription.configure", category: "Transcription", allows: "switch transcription on a channel", roles: ADMIN },
  { name: "transcription.view", category: "Transcription", allows: "read transcripts", roles: ADMIN_MEMBER },
  { name: "transcription.search", category: "Transcription", allows: "search all transcripts one may read", roles: ADMIN_MEMBER },
  { name: "transcription.export", category: "Transcription", allows: "export transcripts", roles: ADMIN },
  { name: "transcription.manage_keywords", category: "Transcription", allows: "manage keyword alerts", roles: ADMIN },
  { name: "transcription.view_alerts", category: "Transcription", allows: "see and settle keyword alerts", roles: ADMIN },
  // Messaging
  { name: "messaging.read", category: "Messaging", allows: "read channel chat", roles: EVERYONE },
  { name: "messaging.send", category: "Messaging", allows: "write in channel chat", roles: ADMIN_MEMBER },
  { name: "messaging.delete_any", category: "Messaging", allows: "delete anyone's message", roles: ADMIN },
  { name: "messaging.configure", category: "Messaging", allows: "switch chat on a channel", roles: ADMIN },
  // Dial out
  { name: "dial_out.call", category: "Dial out", allows: "bring a phone into a channel", roles: ADMIN_MEMBER },
  { name: "dial_out.configure", category: "Dial out", allows: "set trunks, numbers, limits", roles: ADMIN },
  { name: "dial_out.view_history", category: "Dial out", allows: "see the call history", roles: ADMIN },
  // Roles
  { name: "roles.view", category: "Roles", allows: "see roles and what they allow", roles: ADMIN_MEMBER },
  { name: "roles.create", category: "Roles", allows: "create roles", roles: ADMIN },
  { name: "roles.edit", category: "Roles", allows: "edit roles", roles: ADMIN },
  { name: "roles.delete", category: "Roles", allows: "delete roles", roles: ADMIN },
  // Billing
  { name: "billing.view", category: "Billing", allows: "see plan, licences and use", roles: ADMIN },
  { name: "billing.manage_subscription", category: "Billing", allows: "start, change, cancel the subscription", roles: ADMIN },
  { name: "billing.manage_licences", category: "Billing", allows: "buy and drop licences", roles: ADMIN },
  { name: "billing.manage_addons", category: "Billing", allows: "buy and drop add-ons", roles: ADMIN },
  { name: "billing.manage_payment", category: "Billing", allows: "set billing details and payment method", roles: ADMIN },
  { name: "billing.view_invoices", category: "Billing", allows: "see and download invoices", roles: ADMIN },
  // Security
  { name: "security.view", category: "Security", allows: "see MFA, SSO and domain configuration", roles: ADMIN },
  { name: "security.manage_mfa", category: "Security", allows: "set the MFA policy", roles: ADMIN },
  { name: "security.manage_sso", category: "Security", allows: "set SSO connections and enforcement", roles: ADMIN },
  { name: "security.manage_domains", category: "Security", allows: "claim and verify domains", roles: ADMIN },
  { name: "security.manage_sessions", category: "Security", allows: "see and end members' sessions", roles: ADMIN },
  { name: "security.manage_keys", category: "Security", allows: "rotate the tenant's encryption key", roles: ADMIN },
  { name: "security.run_access_reviews", category: "Security", allows: "run access reviews", roles: ADMIN },
  { name: "audit.view", category: "Security", allows: "read the audit log", roles: ADMIN },
  { name: "audit.export", category: "Security", allows: "export the audit log", roles: ADMIN },
  // Workspace
  { name: "workspace.edit", category: "Workspace", allows: "edit name, slug, display settings", roles: ADMIN },
  { name: "workspace.view_analytics", category: "Workspace", allows: "see analytics", roles: ADMIN },
  {
    name: "workspace.share_channels",
    category: "Workspace",
    allows: "share channels with other tenants, accept shares",
    roles: ADMIN,
  },
  { name: "workspace.export", category: "Workspace", allows: "export the workspace's data", roles: ADMIN },
  { name: "api_keys.manage", category: "Workspace", allows: "create and revoke API keys", roles: ADMIN },
  { name: "webhooks.manage", category: "Workspace", allows: "manage webhooks", roles: ADMIN },
  { name: "scim.manage", category: "Workspace", allows: "set up SCIM provisioning", roles: ADMIN },
] as const satisfies readonly PermissionEntry[];

export type Permission = (typeof PERMISSIONS)[number]["name"];

export const PERMISSION_NAMES: readonly Permission[] = PERMISSIONS.map((entry) => entry.name);

const ALLOWS = Object.fromEntries(PERMISSIONS.map((entry) => [entry.name, entry.allows])) as Record<Permission, string>;

export const PERMISSION_CATEGORIES: readonly { name: string; entries: readonly (typeof PERMISSIONS)[number][] }[] = [
  ...new Set(PERMISSIONS.map(({ category }) => category)),
].map((name) => ({ name, entries: PERMISSIONS.filter(({ category }) => category === name) }));

/** Completes the sentence "lets a member …". */
export function whatItAllows(permission: Permission): string {
  return ALLOWS[permission];
}

const heldBy = (role: BuiltInRole): ReadonlySet<Permission> =>
  new Set(PERMISSIONS.filter((entry) => (entry.roles as readonly BuiltInRole[]).includes(role)).map((entry) => entry.name));

const HELD = { admin: heldBy("admin"), member: heldBy("member"), viewer: heldBy("viewer") };

/** Every permission that a built-in role holds. Computed from the table, so an upgrade reaches every tenant. */
export function builtInPermissions(role: BuiltInRole): ReadonlySet<Permission> {
  return HELD[role];
}

const EVERYDAY = builtInPermissions("member");

/**
 * What somebody holds that puts them beyond the reach of an actor who lacks it; null when nothing does. Giving and taking a `role` is about all
 * that it holds. Who may end or suspend a `membership` need not hold what everybody does day by day, or a helper could stop nobody who
 * talks; but whoever runs something of the workspace is out of reach of those who don't.
 */
export function outOfReach(
  held: Iterable<Permission>,
  may: (permission: Permission) => boolean,
  change: "role" | "membership",
): Permission | null {
  for (const permission of held) {
    if (!may(permission) && (change === "role" || !EVERYDAY.has(permission))) return permission;
  }
  return null;
}

const KEPT_FROM = "Only people who may do no more than Member and this role allow";

/** What bounds a permission over other people; the interface shows it beside what it allows. */
const BOUNDS: { readonly [Name in Permission]?: string } = {
  "users.change_role": "Only from and to roles that allow no more than this one",
  "users.suspend": KEPT_FROM,
  "users.remove": KEPT_FROM,
};

/** Over whom it counts; null where that is no question. */
export function boundOf(permission: Permission): string | null {
  return BOUNDS[permission] ?? null;
}
