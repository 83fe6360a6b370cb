/** Every HTTP operation of `/api/v1`. The server has no others. */
import * as accessReviews from "./access-reviews.ts";
import * as accounts from "./accounts.ts";
import * as auditLog from "./audit-log.ts";
import * as channels from "./channels.ts";
import * as deletions from "./deletions.ts";
import * as domains from "./domains.ts";
import * as emailChange from "./email-change.ts";
import type { EndpointSpec } from "./endpoint.ts";
import * as exports from "./exports.ts";
import * as factors from "./factors.ts";
import * as gateway from "./gateway.ts";
import * as invitations from "./invitations.ts";
import * as logos from "./logos.ts";
import * as memberSessions from "./member-sessions.ts";
import * as mfa from "./mfa.ts";
import * as members from "./members.ts";
import * as myTenants from "./my-tenants.ts";
import * as ownership from "./ownership.ts";
import * as passkeys from "./passkeys.ts";
import * as receivedInvitations from "./received-invitations.ts";
import * as recordings from "./recordings.ts";
import * as roles from "./roles.ts";
import * as sessions from "./sessions.ts";
import * as system from "./system.ts";
import * as tenants from "./tenants.ts";

export const ENDPOINTS: readonly EndpointSpec[] = [
  system.getSystem,
  system.listOutbox,
  accounts.signUp,
  accounts.verifyEmail,
  accounts.sendVerificationMail,
  accounts.signIn,
  accounts.signOut,
  accounts.requestPasswordReset,
  accounts.resetPassword,
  accounts.changePassword,
  accounts.updateMe,
  accounts.signOutEverywhere,
  factors.finishSignIn,
  factors.reauthenticate,
  factors.getFactors,
  factors.startTotp,
  factors.confirmTotp,
  factors.removeTotp,
  factors.renewRecoveryCodes,
  emailChange.getEmailChange,
  emailChange.startEmailChange,
  emailChange.cancelEmailChange,
  emailChange.confirmEmailChange,
  sessions.listMySessions,
  sessions.endMySession,
  sessions.signOutOthers,
  passkeys.startPasskeySignIn,
  passkeys.signInWithPasskey,
  passkeys.startPasskeySecondStep,
  passkeys.startPasskeyAgain,
  passkeys.startPasskey,
  passkeys.addPasskey,
  passkeys.renamePasskey,
  passkeys.removePasskey,
  tenants.getMe,
  myTenants.listMyTenants,
  myTenants.getMyActivity,
  myTenants.noteVisit,
  tenants.checkSlug,
  tenants.createTenant,
  tenants.getTenant,
  tenants.listEarlierSlugs,
  deletions.deleteTenant,
  deletions.lookUpDeletion,
  deletions.getReceiptPdf,
  deletions.getReceiptKey,
  tenants.updateTenant,
  logos.setLogo,
  logos.removeLogo,
  logos.getLogo,
  ownership.offerOwnership,
  ownership.withdrawOwnershipOffer,
  ownership.acceptOwnership,
  ownership.declineOwnership,
  ownership.leaveTenant,
  members.listMembers,
  members.countMembers,
  members.changeMemberRoles,
  members.suspendMembers,
  members.reactivateMembers,
  members.removeMembers,
  memberSessions.getSessionLimits,
  memberSessions.setSessionLimits,
  memberSessions.listMemberSessions,
  memberSessions.endMemberSession,
  memberSessions.endMemberSessions,
  mfa.getMfa,
  mfa.listMfaMembers,
  mfa.setMfaPolicy,
  roles.listRoles,
  roles.getRole,
  roles.createRole,
  roles.updateRole,
  roles.deleteRole,
  invitations.listInvitations,
  invitations.createInvitation,
  invitations.previewInvitations,
  invitations.inviteMany,
  invitations.countLapsingInvitations,
  invitations.resendInvitations,
  invitations.revokeInvitations,
  invitations.getInvitationLink,
  invitations.revokeInvitation,
  receivedInvitations.lookUpInvitation,
  receivedInvitations.acceptInvitation,
  receivedInvitations.listMyInvitations,
  receivedInvitations.acceptMyInvitation,
  receivedInvitations.declineMyInvitation,
  channels.listChannels,
  channels.getChannel,
  channels.createChannel,
  channels.updateChannel,
  channels.deleteChannel,
  accessReviews.getAccessReview,
  accessReviews.listAccessReviewItems,
  accessReviews.decideAccess,
  accessReviews.completeAccessReview,
  accessReviews.downloadAccessReviewReport,
  accessReviews.listAccessReviews,
  accessReviews.startAccessReview,
  domains.listDomains,
  domains.claimDomain,
  domains.checkDomain,
  domains.releaseDomain,
  gateway.openGateway,
  recordings.listTransmissions,
  recordings.playTransmission,
  auditLog.listAuditLog,
  auditLog.listAuditActors,
  auditLog.listAuditTargets,
  auditLog.exportAuditLog,
  exports.listExports,
  exports.createExport,
  exports.getExport,
  exports.downloadExport,
  exports.deleteExport,
];
