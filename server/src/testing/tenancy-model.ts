/**
 * A small model of who may do what: two workspaces with their members, roles, channels, invitations and whatever else has an id, and for each
 * step whether it is allowed. It follows the product's rules, not the server's code: where the two differ, one of them is wrong.
 */
import { builtInPermissions, isAvailable, type Permission } from "#contract/permissions.ts";
import type { Person, Workspace } from "./people.ts";

export interface ModelRole {
  roleId: string;
  name: string;
  builtIn: boolean;
  permissions: ReadonlySet<Permission>;
  version: number;
}

export interface ModelMember {
  person: Person;
  memberId: string;
  role: ModelRole;
  suspended: boolean;
}

export interface ModelInvitation {
  invitationId: string;
  person: Person;
  role: ModelRole;
  /** The inviter's membership at that time. After leaving and coming back, they no longer vouch for it. */
  inviter: ModelMember;
}

export interface ModelChannel {
  channelId: string;
  /** Who was chosen to talk. Null if the channel is open to everybody whose role may talk. */
  talkers: { roles: Set<ModelRole>; members: Set<ModelMember> } | null;
}

export interface ModelReview {
  reviewId: string;
  /** Everybody who was a member when the review started, even if they no longer are. */
  decided: Map<ModelMember, boolean>;
}

export interface ModelTenant {
  workspace: Workspace;
  roles: ModelRole[];
  members: ModelMember[];
  owner: ModelMember;
  /** Who was offered the workspace. */
  offered: ModelMember | null;
  channels: ModelChannel[];
  invitations: ModelInvitation[];
  /** How many invitation mails each address has received. */
  mailed: Map<Person, number>;
  review: ModelReview | null;
  pastReviews: ModelReview[];
  exports: string[];
  logoId: string | null;
  /** Slugs that it has given up. They still lead to it, and nobody else can take them. */
  earlierSlugs: string[];
}

export function newTenant(workspace: Workspace, owner: Person, ownerMemberId: string): ModelTenant {
  const roles = (["Admin", "Member", "Viewer"] as const).map((name) => ({
    roleId: workspace.roles[name],
    name,
    builtIn: true,
    permissions: builtInPermissions(name.toLowerCase() as "admin"),
    version: 1,
  }));
  const member = { person: owner, memberId: ownerMemberId, role: roles[0] as ModelRole, suspended: false };
  return {
    workspace,
    roles,
    members: [member],
    owner: member,
    offered: null,
    channels: [],
    invitations: [],
    mailed: new Map(),
    review: null,
    pastReviews: [],
    exports: [],
    logoId: null,
    earlierSlugs: [],
  };
}

/** Everything that identifies the tenant. None of it may be in an answer about another tenant. */
export function namesOf(tenant: ModelTenant): string[] {
  return [
    tenant.workspace.tenantId,
    tenant.workspace.slug,
    ...tenant.roles.map(({ roleId }) => roleId),
    ...tenant.members.map(({ memberId }) => memberId),
    ...tenant.channels.map(({ channelId }) => channelId),
    ...tenant.invitations.map(({ invitationId }) => invitationId),
    ...[...tenant.pastReviews, ...(tenant.review ? [tenant.review] : [])].map(({ reviewId }) => reviewId),
    ...tenant.exports,
    ...tenant.earlierSlugs,
    ...(tenant.logoId === null ? [] : [tenant.logoId]),
  ];
}

export function memberOf(tenant: ModelTenant, person: Person): ModelMember | undefined {
  return tenant.members.find((member) => member.person === person);
}

/** With a member goes what they had: being chosen to talk, or being offered the workspace. */
export function takeOut(tenant: ModelTenant, member: ModelMember): void {
  tenant.members.splice(tenant.members.indexOf(member), 1);
  for (const { talkers } of tenant.channels) talkers?.members.delete(member);
  if (tenant.offered === member) tenant.offered = null;
}

const EVERYDAY = builtInPermissions("member");

/** A Member's permissions that are not available yet are not required of anybody. */
export const covers = (holder: ReadonlySet<Permission>, asked: Iterable<Permission>) =>
  [...asked].every((permission) => holder.has(permission) || (EVERYDAY.has(permission) && !isAvailable(permission)));

/** Gates 1 and 2: an active member whose role has the permission. */
export function may(tenant: ModelTenant, person: Person, permission: Permission | null): boolean {
  const member = memberOf(tenant, person);
  return member !== undefined && !member.suspended && (permission === null || member.role.permissions.has(permission));
}

/**
 * Changing, suspending, reactivating or removing somebody is never allowed on oneself, on the owner, or on somebody who has more permissions.
 * For a change of role all of their permissions count, otherwise only those beyond a Member's.
 */
export function mayChange(tenant: ModelTenant, person: Person, target: ModelMember, permission: Permission): boolean {
  const actor = memberOf(tenant, person);
  const inQuestion = [...target.role.permissions].filter((held) => permission === "users.change_role" || !EVERYDAY.has(held));
  return (
    actor !== undefined &&
    may(tenant, person, permission) &&
    actor !== target &&
    target !== tenant.owner &&
    tenant.members.includes(target) &&
    covers(actor.role.permissions, inQuestion)
  );
}

/** Nobody may give permissions that they lack. */
export function mayGive(tenant: ModelTenant, person: Person, permissions: Iterable<Permission>): boolean {
  const actor = memberOf(tenant, person);
  return actor !== undefined && covers(actor.role.permissions, permissions);
}

/** A role may be edited or deleted if it is custom, is not one's own, and has no permissions that one lacks. */
export function mayTouchRole(tenant: ModelTenant, person: Person, role: ModelRole, permission: Permission): boolean {
  const actor = memberOf(tenant, person);
  return (
    actor !== undefined &&
    may(tenant, person, permission) &&
    !role.builtIn &&
    actor.role !== role &&
    covers(actor.role.permissions, role.permissions)
  );
}

/** An invitation is valid only while its inviter could still send it. */
export function isGood(tenant: ModelTenant, { inviter, role }: ModelInvitation): boolean {
  return (
    tenant.members.includes(inviter) &&
    may(tenant, inviter.person, "users.invite") &&
    mayGive(tenant, inviter.person, role.permissions)
  );
}

/** Whether the invitation can be accepted. A lapsed one counts as none. */
export const isInvited = (tenant: ModelTenant, person: Person) =>
  tenant.invitations.some((invitation) => invitation.person === person && isGood(tenant, invitation));

/** Adds an invitation, and replaces a lapsed one if there is one. */
export function addInvitation(tenant: ModelTenant, invitation: ModelInvitation): void {
  tenant.invitations = [...tenant.invitations.filter(({ person }) => person !== invitation.person), invitation];
}

/** A workspace may send at most ten invitation mails a day to one address. */
export const mayMail = (tenant: ModelTenant, person: Person) => (tenant.mailed.get(person) ?? 0) < 10;

/** An open channel is for everybody whose role may talk, a restricted one only for the chosen among them. */
export function mayTalk(tenant: ModelTenant, person: Person, { talkers }: ModelChannel): boolean {
  const member = memberOf(tenant, person);
  return (
    member !== undefined &&
    may(tenant, person, "voice.transmit") &&
    (talkers === null || talkers.members.has(member) || talkers.roles.has(member.role))
  );
}

/** Only the owner may hand the workspace over, only to another active member, and only to one person at a time. */
export function mayOffer(tenant: ModelTenant, person: Person, target: ModelMember): boolean {
  return tenant.owner.person === person && tenant.offered === null && target !== tenant.owner && !target.suspended;
}

export interface Decision {
  choice: "approve" | "change" | "revoke";
  /** The new role, for the choice `change`. */
  role: ModelRole;
  /** Whether it replaces an earlier decision. */
  replace: boolean;
}

/**
 * A review lets nobody do what they could not do without it. Nobody decides on themselves, except that the only person who may run reviews
 * may approve their own access. A decision stands until somebody explicitly replaces it. Former members are not decided on.
 */
export function mayDecide(tenant: ModelTenant, person: Person, target: ModelMember, decision: Decision): boolean {
  const { choice, role, replace } = decision;
  const decided = tenant.review?.decided.get(target);
  if (!may(tenant, person, "security.run_access_reviews") || decided === undefined || !tenant.members.includes(target))
    return false;
  if (decided && !replace) return false;
  if (choice === "revoke") return mayChange(tenant, person, target, "users.remove");
  if (choice === "change") {
    return (
      mayChange(tenant, person, target, "users.change_role") && mayGive(tenant, person, role.permissions) && target.role !== role
    );
  }
  const isJudge = (member: ModelMember) => may(tenant, member.person, "security.run_access_reviews");
  return target.person !== person || !tenant.members.some((other) => other !== target && isJudge(other));
}

/** Members since the start of the review on whom nobody has decided. */
export function hasUndecided(tenant: ModelTenant, { decided }: ModelReview): boolean {
  return [...decided].some(([member, done]) => !done && tenant.members.includes(member));
}

/** A workspace keeps at most ten slugs besides its current one, and can always go back to one of them. */
export function mayRename(tenant: ModelTenant, person: Person, slug: string): boolean {
  return may(tenant, person, "workspace.edit") && (tenant.earlierSlugs.includes(slug) || tenant.earlierSlugs.length < 10);
}

export function rename({ workspace, earlierSlugs }: ModelTenant, slug: string): void {
  if (earlierSlugs.includes(slug)) earlierSlugs.splice(earlierSlugs.indexOf(slug), 1);
  earlierSlugs.push(workspace.slug);
  Object.assign(workspace, { slug, path: `/api/v1/tenants/${slug}` });
}

/** An export contains addresses, recordings and the audit log, so it needs permission to see all of them. */
export function mayExport(tenant: ModelTenant, person: Person): boolean {
  return (["workspace.export", "users.view_contact", "recording.download", "audit.export"] as const).every((permission) =>
    may(tenant, person, permission),
  );
}
