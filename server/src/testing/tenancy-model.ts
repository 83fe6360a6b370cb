/**
 * A small model of who may do what: two workspaces, their members, roles, channels, invitations and what else can be asked for by id,
 * and for each step whether it may be done. Written from the product's rules, not from the server's code: where the two differ, one of
 * them is wrong.
 */
import { builtInPermissions, type Permission } from "#contract/permissions.ts";
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
  /** As the member they were: who left and came back vouches for nothing of before. */
  inviter: ModelMember;
}

export interface ModelChannel {
  channelId: string;
  /** Who was chosen to talk; null: open to all whose role may. */
  talkers: { roles: Set<ModelRole>; members: Set<ModelMember> } | null;
}

export interface ModelReview {
  reviewId: string;
  /** Everybody who was a member when it started, also once they are none any more. */
  decided: Map<ModelMember, boolean>;
}

export interface ModelTenant {
  workspace: Workspace;
  roles: ModelRole[];
  members: ModelMember[];
  owner: ModelMember;
  /** Whom the workspace is offered to. */
  offered: ModelMember | null;
  channels: ModelChannel[];
  invitations: ModelInvitation[];
  /** Invitation mails that each got. */
  mailed: Map<Person, number>;
  review: ModelReview | null;
  pastReviews: ModelReview[];
  exports: string[];
  logoId: string | null;
  /** Given up, and kept for it: they lead to it still, and nobody else can take them. */
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

/** Whatever names the tenant: none of it may stand in an answer to somebody who asked another one. */
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

/** With the member goes what was the member's: being chosen to talk, being offered the workspace. */
export function takeOut(tenant: ModelTenant, member: ModelMember): void {
  tenant.members.splice(tenant.members.indexOf(member), 1);
  for (const { talkers } of tenant.channels) talkers?.members.delete(member);
  if (tenant.offered === member) tenant.offered = null;
}

export const covers = (holder: ReadonlySet<Permission>, asked: Iterable<Permission>) =>
  [...asked].every((permission) => holder.has(permission));

/** Gates 1 and 2: an active member whose role has the permission. */
export function may(tenant: ModelTenant, person: Person, permission: Permission | null): boolean {
  const member = memberOf(tenant, person);
  return member !== undefined && !member.suspended && (permission === null || member.role.permissions.has(permission));
}

const EVERYDAY = builtInPermissions("member");

/**
 * Changing, suspending, reactivating or removing somebody: never oneself, never the owner, never somebody who holds more. For a change of role
 * that is all that they hold; else what they hold beyond a Member.
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

/** Nobody gives what they do not hold. */
export function mayGive(tenant: ModelTenant, person: Person, permissions: Iterable<Permission>): boolean {
  const actor = memberOf(tenant, person);
  return actor !== undefined && covers(actor.role.permissions, permissions);
}

/** Editing or deleting a role: of the workspace's own making, not one's own, not one that holds more. */
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

/** An invitation is worth what whoever invited could still give. */
export function isGood(tenant: ModelTenant, { inviter, role }: ModelInvitation): boolean {
  return (
    tenant.members.includes(inviter) &&
    may(tenant, inviter.person, "users.invite") &&
    mayGive(tenant, inviter.person, role.permissions)
  );
}

/** Whether somebody can come in by an invitation; one that lapsed is as none. */
export const isInvited = (tenant: ModelTenant, person: Person) =>
  tenant.invitations.some((invitation) => invitation.person === person && isGood(tenant, invitation));

/** In place of one that lapsed, when there is one. */
export function addInvitation(tenant: ModelTenant, invitation: ModelInvitation): void {
  tenant.invitations = [...tenant.invitations.filter(({ person }) => person !== invitation.person), invitation];
}

/** One address gets at most ten invitation mails a day of one workspace. */
export const mayMail = (tenant: ModelTenant, person: Person) => (tenant.mailed.get(person) ?? 0) < 10;

/** An open channel is for everybody whose role may talk, a restricted one for the chosen of those. */
export function mayTalk(tenant: ModelTenant, person: Person, { talkers }: ModelChannel): boolean {
  const member = memberOf(tenant, person);
  return (
    member !== undefined &&
    may(tenant, person, "voice.transmit") &&
    (talkers === null || talkers.members.has(member) || talkers.roles.has(member.role))
  );
}

/** Only the owner hands the workspace over, only to another active member, and to one at a time. */
export function mayOffer(tenant: ModelTenant, person: Person, target: ModelMember): boolean {
  return tenant.owner.person === person && tenant.offered === null && target !== tenant.owner && !target.suspended;
}

export interface Decision {
  choice: "approve" | "change" | "revoke";
  /** With change. */
  role: ModelRole;
  /** Also where somebody decided already. */
  replace: boolean;
}

/**
 * Nobody does by a review what they could not do without it; nobody decides on themselves, but that who alone may run reviews may
 * approve their own access; a decision stands until somebody says that it is to be replaced; who is gone is not decided on.
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
  const isJudge = (of: ModelMember) => may(tenant, of.person, "security.run_access_reviews");
  return target.person !== person || !tenant.members.some((other) => other !== target && isJudge(other));
}

/** Who was a member at the start and still is, and nobody decided on. */
export function hasUndecided(tenant: ModelTenant, { decided }: ModelReview): boolean {
  return [...decided].some(([member, done]) => !done && tenant.members.includes(member));
}

/** A workspace keeps at most ten addresses beside its own; it can always go back to one of them. */
export function mayRename(tenant: ModelTenant, person: Person, slug: string): boolean {
  return may(tenant, person, "workspace.edit") && (tenant.earlierSlugs.includes(slug) || tenant.earlierSlugs.length < 10);
}

export function rename({ workspace, earlierSlugs }: ModelTenant, slug: string): void {
  if (earlierSlugs.includes(slug)) earlierSlugs.splice(earlierSlugs.indexOf(slug), 1);
  earlierSlugs.push(workspace.slug);
  Object.assign(workspace, { slug, path: `/api/v1/tenants/${slug}` });
}

/** An export holds addresses, recordings and the audit log: nobody takes away what they may not see. */
export function mayExport(tenant: ModelTenant, person: Person): boolean {
  return (["workspace.export", "users.view_contact", "recording.download", "audit.export"] as const).every((permission) =>
    may(tenant, person, permission),
  );
}
