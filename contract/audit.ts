/** The closed list of audit log actions, in the product's nine groups. Names are stable identifiers. */
import { z } from "zod";

export const AUDIT_GROUPS = {
  sign_in: "Sign-in and sign-out",
  membership: "Invitations and removals",
  roles: "Role changes",
  channels: "Channel changes",
  addons: "Add-on configuration",
  billing: "Billing and subscription",
  security: "SSO and MFA configuration",
  recordings: "Recording and transcript access",
  settings: "Settings",
} as const;
export type AuditGroup = keyof typeof AUDIT_GROUPS;

interface ActionEntry {
  readonly group: AuditGroup;
  /** What the actor did, before the target's name: "Ada Okafor invited ben@example.com". */
  readonly says: string;
}

export const AUDIT_ACTIONS = {
  "session.signed_in": { group: "sign_in", says: "signed in" },
  "session.signed_out": { group: "sign_in", says: "signed out" },
  "session.ended": { group: "sign_in", says: "ended a session of" },

  "invitation.created": { group: "membership", says: "invited" },
  "invitation.resent": { group: "membership", says: "sent the invitation again to" },
  "invitation.link_copied": { group: "membership", says: "copied the link of the invitation of" },
  "invitation.revoked": { group: "membership", says: "withdrew the invitation of" },
  "invitation.declined": { group: "membership", says: "declined the invitation of" },
  "invitation.accepted": { group: "membership", says: "joined, invited as" },
  "member.suspended": { group: "membership", says: "suspended" },
  "member.reactivated": { group: "membership", says: "reactivated" },
  "member.removed": { group: "membership", says: "removed" },
  "member.renamed": { group: "membership", says: "changed their name to" },
  "member.email_changed": { group: "membership", says: "changed the email address of" },
  "member.joined": { group: "membership", says: "joined just in time through" },
  "member.left": { group: "membership", says: "left" },

  "member.role_changed": { group: "roles", says: "changed the role of" },
  "role.created": { group: "roles", says: "created the role" },
  "role.edited": { group: "roles", says: "edited the role" },
  "role.deleted": { group: "roles", says: "deleted the role" },
  "invitation.role_changed": { group: "roles", says: "changed the role in the invitation of" },
  "ownership.offered": { group: "roles", says: "offered the workspace to" },
  "ownership.withdrawn": { group: "roles", says: "withdrew the offer of the workspace to" },
  "ownership.declined": { group: "roles", says: "declined the offer of the workspace from" },
  "ownership.transferred": { group: "roles", says: "took over the workspace from" },

  "channel.created": { group: "channels", says: "created the channel" },
  "channel.edited": { group: "channels", says: "edited the channel" },
  "channel.deleted": { group: "channels", says: "deleted the channel" },

  "channel.addons_changed": { group: "addons", says: "changed the add-ons of the channel" },

  "billing.trial_started": { group: "billing", says: "began the trial of" },
  "billing.subscribed": { group: "billing", says: "subscribed" },
  "billing.plan_changed": { group: "billing", says: "changed the plan of" },
  "billing.licences_changed": { group: "billing", says: "changed the licences of" },
  "billing.add_ons_changed": { group: "addons", says: "changed the add-ons of" },
  "billing.cancelled": { group: "billing", says: "cancelled the subscription of" },
  "billing.resumed": { group: "billing", says: "resumed the subscription of" },
  "billing.ended": { group: "billing", says: "ended the subscription of" },
  "billing.document_issued": { group: "billing", says: "issued" },
  "billing.reminded": { group: "billing", says: "reminded of the overdue invoice" },
  "billing.paid": { group: "billing", says: "recorded a payment of the invoice" },
  "billing.payment_failed": { group: "billing", says: "could not charge the invoice" },
  "billing.payment_parked": { group: "billing", says: "got a payment that the operator must look at, for the invoice" },
  "billing.payment_released": { group: "billing", says: "did not take a payment that came in for the invoice" },
  "billing.payment_refunded": { group: "billing", says: "noted a refund for the invoice" },
  "billing.payment_disputed": { group: "billing", says: "noted a dispute of a payment for the invoice" },
  "billing.payment_method_set": { group: "billing", says: "set up a card for" },
  "billing.payment_method_removed": { group: "billing", says: "removed the card of" },
  "billing.payment_reversed": { group: "billing", says: "took back a payment of the invoice" },
  "billing.refunded": { group: "billing", says: "paid out credit of" },
  "billing.written_off": { group: "billing", says: "wrote off the invoice" },
  "billing.stop_put_off": { group: "billing", says: "put off that talk stops in" },
  "billing.talk_stopped": { group: "billing", says: "stopped new talk in" },
  "billing.talk_allowed": { group: "billing", says: "allowed new talk again in" },

  "sso.connection_created": { group: "security", says: "began the single sign-on connection" },
  "sso.connection_changed": { group: "security", says: "changed the single sign-on connection" },
  "sso.connection_enabled": { group: "security", says: "switched on the single sign-on connection" },
  "sso.connection_disabled": { group: "security", says: "switched off the single sign-on connection" },
  "sso.connection_deleted": { group: "security", says: "deleted the single sign-on connection" },
  "sso.metadata_read": { group: "security", says: "read again the metadata of the single sign-on connection" },
  "sso.metadata_held": { group: "security", says: "did not take over the metadata of the single sign-on connection" },
  "sso.certificate_expiring": { group: "security", says: "warned of the expiring certificate of the single sign-on connection" },
  "sso.policy_changed": { group: "security", says: "changed whether single sign-on is required in" },
  "sso.refused": { group: "sign_in", says: "was refused by the single sign-on connection" },
  "sso.identity_linked": { group: "sign_in", says: "joined an account to the single sign-on connection" },
  "sso.identity_ended": { group: "security", says: "ended the single sign-on identity of" },
  "sso.owner_bypassed": { group: "sign_in", says: "entered without single sign-on, as the owner of" },

  "mfa.reset_asked": { group: "security", says: "asked to turn off the two-step verification of" },
  "mfa.reset": { group: "security", says: "turned off, at the workspace's request, the two-step verification of" },
  "mfa.policy_changed": { group: "security", says: "changed the two-step verification policy of" },

  "key.rotation_started": { group: "security", says: "began to replace the encryption key of" },
  "key.rotated": { group: "security", says: "destroyed the old encryption key of" },

  "billing.profile_changed": { group: "billing", says: "changed the billing details of" },
  "billing.tax_id_confirmed": { group: "billing", says: "confirmed the tax ID of" },

  "session.limits_changed": { group: "security", says: "changed how long sessions last in" },

  "recording.played": { group: "recordings", says: "played a recording of" },

  "workspace.created": { group: "settings", says: "created the workspace" },
  "workspace.edited": { group: "settings", says: "edited the workspace" },
  "audit_log.exported": { group: "settings", says: "exported the audit log of" },
  "access_review.started": { group: "settings", says: "started the access review" },
  "access_review.decided": { group: "settings", says: "decided in the access review on" },
  "access_review.completed": { group: "settings", says: "completed the access review" },
  "access_review.exported": { group: "settings", says: "exported the report of the access review" },
  "export.requested": { group: "settings", says: "requested an export of" },
  "export.downloaded": { group: "settings", says: "downloaded an export of" },
  "export.deleted": { group: "settings", says: "deleted an export of" },

  "domain.claimed": { group: "security", says: "claimed the domain" },
  "domain.checked": { group: "security", says: "checked the domain" },
  "domain.verified": { group: "security", says: "verified the domain" },
  "domain.contested": { group: "security", says: "found the record of another workspace for the domain" },
  "domain.failing": { group: "security", says: "no longer found the record of the domain" },
  "domain.recovered": { group: "security", says: "found the record again of the domain" },
  "domain.lapsed": { group: "security", says: "ended the verification of the domain" },
  "domain.released": { group: "security", says: "gave up the domain" },
} as const satisfies Record<string, ActionEntry>;
export type AuditAction = keyof typeof AUDIT_ACTIONS;

export const AUDIT_ACTION_NAMES = Object.keys(AUDIT_ACTIONS) as [AuditAction, ...AuditAction[]];
export const AUDIT_GROUP_NAMES = Object.keys(AUDIT_GROUPS) as [AuditGroup, ...AuditGroup[]];

/** Replaces email addresses for readers who may not see contact details. */
export const HIDDEN_ADDRESS = "(address hidden)";

const AuditTargetType = z
  .enum([
    "workspace",
    "member",
    "invitation",
    "role",
    "channel",
    "transmission",
    "access_review",
    "export",
    "domain",
    "sso_connection",
    "invoice",
  ])
  .meta({ id: "AuditTargetType" });
export type AuditTargetType = z.infer<typeof AuditTargetType>;
