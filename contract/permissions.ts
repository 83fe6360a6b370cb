/**
 * The closed list of permissions that a role can have: 65 in 11 categories.
 * Names are stable identifiers (stored in custom roles); the interface shows `allows`.
 * Deleting the tenant and transferring ownership are not permissions: only the owner can do them.
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
  { name: "users.disable_mfa", category: "Users", allows: "turn off another member's MFA", roles: ADMIN },
  // Channels
  { name: "channels.create", category: "Channels", allows: "create channels", roles: ADMIN },
  { name: "channels.edit", category: "Channels", allows: "edit a channel's name, description and settings", roles: ADMIN },
  { name: "channels.delete", category: "Channels", allows: "delete channels", roles: ADMIN },
  { name: "channels.configure_addons", category: "Channels", allows: "turn a channel's add-ons on or off", roles: ADMIN },
  {
    name: "channels.set_transmission",
    category: "Channels",
    allows: "choose who may talk on a channel",
    roles: ADMIN,
  },
  { name: "channels.manage_access", category: "Channels", allows: "choose who sees a private channel", roles: ADMIN },
  { name: "channels.view_private", category: "Channels", allows: "see every private channel", roles: ADMIN },
  // Voice
  { name: "voice.join", category: "Voice", allows: "join channels and listen", roles: EVERYONE },
  { name: "voice.transmit", category: "Voice", allows: "talk on channels (push-to-talk)", roles: ADMIN_MEMBER },
  { name: "voice.latch", category: "Voice", allows: "latch the talk key (hands-free)", roles: ADMIN_MEMBER },
  { name: "voice.broadcast", category: "Voice", allows: "talk to several channels at once", roles: ADMIN },
  { name: "voice.priority", category: "Voice", allows: "interrupt a talker of normal priority", roles: ADMIN },
  {
    name: "voice.moderate",
    category: "Voice",
    allows: "end another's talk, mute people and remove them from a channel",
    roles: ADMIN,
  },
  // Recording
  { name: "recording.configure", category: "Recording", allows: "turn recording on or off on a channel", roles: ADMIN },
  { name: "recording.play", category: "Recording", allows: "play recordings", roles: ADMIN_MEMBER },
  { name: "recording.download", category: "Recording", allows: "download recordings", roles: ADMIN },
  { name: "recording.delete", category: "Recording", allows: "delete recordings", roles: ADMIN },
  { name: "recording.set_retention", category: "Recording", allows: "set how long recordings are kept", roles: ADMIN },
  // Transcription
  {
    name: "transcription.configure",
    category: "Transcription",
    allows: "turn transcription on or off on a channel",
    roles: ADMIN,
  },
  { name: "transcription.view", category: "Transcription", allows: "read transcripts", roles: ADMIN_MEMBER },
  {
    name: "transcription.search",
    category: "Transcription",
    allows: "search transcripts",
    roles: ADMIN_MEMBER,
  },
  { name: "transcription.export", category: "Transcription", allows: "export transcripts", roles: ADMIN },
  { name: "transcription.manage_keywords", category: "Transcription", allows: "manage keyword alerts", roles: ADMIN },
  { name: "transcription.view_alerts", category: "Transcription", allows: "see and resolve keyword alerts", roles: ADMIN },
  // Messaging
  { name: "messaging.read", category: "Messaging", allows: "read channel chat", roles: EVERYONE },
  { name: "messaging.send", category: "Messaging", allows: "write in channel chat", roles: ADMIN_MEMBER },
  { name: "messaging.delete_any", category: "Messaging", allows: "delete anyone's message", roles: ADMIN },
  { name: "messaging.configure", category: "Messaging", allows: "turn chat on or off on a channel", roles: ADMIN },
  // Dial out
  { name: "dial_out.call", category: "Dial out", allows: "bring a phone into a channel", roles: ADMIN_MEMBER },
  { name: "dial_out.configure", category: "Dial out", allows: "set up trunks, numbers and limits", roles: ADMIN },
  { name: "dial_out.view_history", category: "Dial out", allows: "see the call history", roles: ADMIN },
  // Roles
  { name: "roles.view", category: "Roles", allows: "see roles and what they allow", roles: ADMIN_MEMBER },
  { name: "roles.create", category: "Roles", allows: "create roles", roles: ADMIN },
  { name: "roles.edit", category: "Roles", allows: "edit roles", roles: ADMIN },
  { name: "roles.delete", category: "Roles", allows: "delete roles", roles: ADMIN },
  // Billing
  { name: "billing.view", category: "Billing", allows: "see the plan, licences and usage", roles: ADMIN },
  { name: "billing.manage_subscription", category: "Billing", allows: "start, change or cancel the subscription", roles: ADMIN },
  { name: "billing.manage_licences", category: "Billing", allows: "buy and cancel licences", roles: ADMIN },
  { name: "billing.manage_addons", category: "Billing", allows: "buy and cancel add-ons", roles: ADMIN },
  { name: "billing.manage_payment", category: "Billing", allows: "set billing details and the payment method", roles: ADMIN },
  { name: "billing.view_invoices", category: "Billing", allows: "see and download invoices", roles: ADMIN },
  // Security
  { name: "security.view", category: "Security", allows: "see MFA, SSO and domain settings", roles: ADMIN },
  { name: "security.manage_mfa", category: "Security", allows: "set the MFA policy", roles: ADMIN },
  { name: "security.manage_sso", category: "Security", allows: "set up SSO and require it", roles: ADMIN },
  { name: "security.manage_domains", category: "Security", allows: "claim and verify domains", roles: ADMIN },
  { name: "security.manage_sessions", category: "Security", allows: "see and end members' sessions", roles: ADMIN },
  { name: "security.manage_keys", category: "Security", allows: "rotate the workspace's encryption key", roles: ADMIN },
  { name: "security.run_access_reviews", category: "Security", allows: "run access reviews", roles: ADMIN },
  { name: "audit.view", category: "Security", allows: "read the audit log", roles: ADMIN },
  { name: "audit.export", category: "Security", allows: "export the audit log", roles: ADMIN },
  // Workspace
  {
    name: "workspace.edit",
    category: "Workspace",
    allows: "edit the workspace's name, address and display settings",
    roles: ADMIN,
  },
  { name: "workspace.view_analytics", category: "Workspace", allows: "see analytics", roles: ADMIN },
  {
    name: "workspace.share_channels",
    category: "Workspace",
    allows: "share channels with other workspaces, and accept shared ones",
    roles: ADMIN,
  },
  { name: "workspace.export", category: "Workspace", allows: "export the workspace's data", roles: ADMIN },
  { name: "api_keys.manage", category: "Workspace", allows: "create and revoke API keys", roles: ADMIN },
  { name: "webhooks.manage", category: "Workspace", allows: "manage webhooks", roles: ADMIN },
  { name: "scim.manage", category: "Workspace", allows: "set up SCIM provisioning", roles: ADMIN },
] as const satisfies readonly PermissionEntry[];

export type Permission = (typeof PERMISSIONS)[number]["name"];

export const PERMISSION_NAMES: readonly Permission[] = PERMISSIONS.map((entry) => entry.name);

/** Permissions that no code checks yet. They allow nothing, and custom roles cannot gain them. permissions.test.ts compares the list with the code. */
const NOT_YET: ReadonlySet<Permission> = new Set<Permission>([
  "users.reset_password",
  "channels.configure_addons",
  "channels.manage_access",
  "channels.view_private",
  "voice.broadcast",
  "voice.priority",
  "voice.moderate",
  "recording.delete",
  "recording.set_retention",
  "transcription.configure",
  "transcription.view",
  "transcription.search",
  "transcription.export",
  "transcription.manage_keywords",
  "transcription.view_alerts",
  "messaging.read",
  "messaging.send",
  "messaging.delete_any",
  "messaging.configure",
  "dial_out.call",
  "dial_out.configure",
  "dial_out.view_history",
  "workspace.view_analytics",
  "workspace.share_channels",
  "api_keys.manage",
  "webhooks.manage",
  "scim.manage",
]);

/** Whether whoot has the feature that the permission is for. */
export const isAvailable = (permission: Permission): boolean => !NOT_YET.has(permission);

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

/** The permissions of a built-in role. Computed from the table above, so that an upgrade reaches every tenant. */
export function builtInPermissions(role: BuiltInRole): ReadonlySet<Permission> {
  return HELD[role];
}

const EVERYDAY = builtInPermissions("member");

/**
 * Permissions of a Member that are not available yet. Somebody who gives a role need not hold them: custom roles cannot gain them, so without
 * this exception only Admins and Members could give the role Member.
 */
export const GIVEN_BY_ANYBODY: ReadonlySet<Permission> = new Set([...EVERYDAY].filter((permission) => !isAvailable(permission)));

/** The permissions in `held` that an actor lacks and would need to give or take away a role that holds them. Empty: the actor may. */
export function withheld(held: Iterable<Permission>, may: (permission: Permission) => boolean): Permission[] {
  return [...held].filter((permission) => !may(permission) && !GIVEN_BY_ANYBODY.has(permission));
}

/**
 * The first permission in `held` that keeps an actor who lacks it from changing the holder; null when none does. For a `role` change all
 * permissions count. For suspending or removing (`membership`) a Member's permissions don't, or a helper who may not talk could stop nobody who
 * talks.
 */
export function outOfReach(
  held: Iterable<Permission>,
  may: (permission: Permission) => boolean,
  change: "role" | "membership",
): Permission | null {
  return withheld(held, may).find((permission) => change === "role" || !EVERYDAY.has(permission)) ?? null;
}

const NO_MORE_THAN_MEMBER = "Only people whose role allows no more than Member and this role";

/** Limits of the permissions over other people. The interface shows them beside what the permission allows. */
const BOUNDS: { readonly [Name in Permission]?: string } = {
  "users.change_role": "Only from and to roles that allow no more than this one",
  "users.suspend": NO_MORE_THAN_MEMBER,
  "users.remove": NO_MORE_THAN_MEMBER,
  "users.disable_mfa": "Only people whose role allows no more than this one; workspaces that they also belong to must agree",
  "security.manage_sso": "Only connections, and identities, of people whose role allows no more than this one",
  "security.manage_sessions": NO_MORE_THAN_MEMBER,
};

/** The people to whom the permission is limited, as a sentence; null when it has no such limit. */
export function boundOf(permission: Permission): string | null {
  return BOUNDS[permission] ?? null;
}
