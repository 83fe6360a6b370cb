/**
 * How to call each operation of openapi.json so that it succeeds for the right person. The isolation test goes through all of them, and fails
 * if an operation is missing here.
 */
import { randomBytes, randomInt, randomUUID } from "node:crypto";
import { stripeEvent } from "../billing/payments/testing/stand-in.ts";
import { becomeOverdue, quoteOf, quotePlan, setUpCard } from "../billing/testing/furnish.ts";
import { makeToken } from "../platform/tokens.ts";
import { type Furnished, type Ids, someLogo } from "./furnish.ts";
import { jobsSettled } from "./jobs.ts";
import { fragmentOf, postResponse, readRequest, someone, start } from "../sso/testing/saml-side.ts";
import { type Answer, type HttpClient, httpClient } from "./http.ts";
import {
  addMember,
  exportsSettled,
  freshDomain,
  freshEmail,
  freshSlug,
  makeRole,
  PASSWORD,
  type Person,
  signIn,
  signUpPerson,
  tokenOf,
  type Workspace,
} from "./people.ts";
import type { TestServer } from "./server.ts";

export interface Call {
  /** Values of the path's parameters, except the slug. */
  params?: Record<string, string>;
  body?: unknown;
  headers?: Record<string, string>;
}

interface Operation {
  /** Several calls, if ids can be in several places. */
  calls: (ids: Ids, slug: string) => Call[];
  /** Why members of no tenant get an answer: it contains no tenant's data. */
  aboveTenants?: string;
  /**
   * Set if the first of `calls`, made by the owner, would not succeed as it is, or not twice. It prepares what the call needs, and returns
   * who makes it.
   */
  success?: (server: TestServer, tenant: Furnished) => Promise<Success>;
  /** A call uses something up even if it fails, so each needs its own preparation. */
  once?: true;
  /** Whether a refusal reveals that a slug exists. That is intended: slugs are addresses, given to whoever takes them first. */
  tellsSlugs?: true;
}

interface Success {
  who: HttpClient;
  call: Call;
  /** The tenant whose log gets the entry, if it is another one. */
  tenantOf?: (answer: Answer) => string;
}

export function randomIds(): Ids {
  return {
    channelId: randomUUID(),
    invitationId: randomUUID(),
    unwantedInvitationId: randomUUID(),
    transmissionId: randomUUID(),
    roleId: randomUUID(),
    customRoleId: randomUUID(),
    memberId: randomUUID(),
    logoId: randomUUID(),
    reviewId: randomUUID(),
    exportId: randomUUID(),
    connectionId: randomUUID(),
    domainId: randomUUID(),
    sessionId: randomUUID(),
    invoiceId: randomUUID(),
    quoteId: randomUUID(),
  };
}

/** The open review. There is only one at a time. */
async function openReview(owner: HttpClient, { path }: Workspace, { reviewId }: Ids): Promise<string> {
  const { items } = (await owner.get(`${path}/access-reviews`)).json as {
    items: Array<{ reviewId: string; endedAt: string | null }>;
  };
  const open = items.find(({ endedAt }) => endedAt === null);
  if (open) return open.reviewId;
  const dueAt = new Date(Date.now() + 86_400_000).toISOString();
  const started = await owner.post(`${path}/access-reviews`, { name: "The next", dueAt });
  return started.json?.reviewId ?? reviewId;
}

/** A connection that only one call uses. There is room for few. */
const SPARE = "Spare";

async function dropSpareConnections({ owner, workspace }: Furnished): Promise<void> {
  const { connections } = (await owner.get(`${workspace.path}/sso`)).json as {
    connections: Array<{ connectionId: string; name: string }>;
  };
  for (const { connectionId, name } of connections)
    if (name === SPARE) await owner.delete(`${workspace.path}/sso/connections/${connectionId}`);
}

const FORM = { "content-type": "application/x-www-form-urlencoded" };

const inSlug = (): Call[] => [{}];
const SOME_PROFILE = {
  ...{ addressLines: ["Musterstraße 1"], postcode: "10115", city: "Berlin", country: "DE", taxId: null },
  ...{ purchaseOrder: null, language: "de", recipients: ["books@example.com"] },
};
const emptyAnswer = { credentialId: "A".repeat(22), clientDataJson: "", authenticatorData: "", signature: "", userHandle: null };

/** A person with an account, and an invitation for them. */
async function inviteSomebody(server: TestServer, { owner, workspace }: Furnished): Promise<Success> {
  const who = await signUpPerson(server, "Invited");
  const body = { email: who.email, roleId: workspace.roles.Viewer };
  const { invitationId } = (await owner.post(`${workspace.path}/invitations`, body)).json;
  return { who, call: { params: { invitationId } } };
}

/** A new member, whom no other operation uses. */
async function joined(server: TestServer, { owner, workspace }: Furnished): Promise<Person> {
  const who = await signUpPerson(server, "Joined");
  await addMember(server, owner, workspace, who, workspace.roles.Viewer);
  return who;
}

/** For operations that need a recent authentication: some tests take longer than five minutes. */
async function authenticatedJustNow(server: TestServer): Promise<void> {
  await server.database.query("update sessions set authenticated_at = now()");
}

/** The session in the workspace of a member whom no other operation uses. */
async function somebodysSession(server: TestServer, tenant: Furnished): Promise<{ sessionId: string; memberId: string }> {
  const who = await joined(server, tenant);
  const { memberId } = (await who.get(tenant.workspace.path)).json.self;
  return (await tenant.owner.get(`${tenant.workspace.path}/sessions?memberId=${memberId}`)).json.items[0];
}

/** A new member who has a second factor, as far as the database can tell. */
async function withSecondFactor(server: TestServer, tenant: Furnished): Promise<{ who: Person; memberId: string }> {
  const who = await joined(server, tenant);
  await server.database.query("insert into totp_factors (account_id, secret_sealed, last_step) values ($1, '', 0)", [
    who.accountId,
  ]);
  const { memberId } = (await who.get(tenant.workspace.path)).json.self;
  await authenticatedJustNow(server);
  return { who, memberId };
}

const offerPath = ({ workspace }: Furnished) => `${workspace.path}/ownership-offer`;

async function offerTo(tenant: Furnished, from: HttpClient, memberId: string): Promise<void> {
  await from.delete(offerPath(tenant));
  await from.post(offerPath(tenant), { memberId });
}

export const OPERATIONS: Record<string, Operation> = {
  getSystem: { calls: inSlug, aboveTenants: "the server's face" },
  listOutbox: { calls: inSlug, aboveTenants: "the operator's, from this machine" },
  signUp: {
    calls: () => [{ body: { email: freshEmail("nobody"), name: "Nobody", password: PASSWORD } }],
    aboveTenants: "people",
  },
  verifyEmail: { calls: () => [{ body: { token: makeToken() } }], aboveTenants: "people" },
  sendVerificationMail: { calls: () => [{ body: { email: freshEmail("nobody") } }], aboveTenants: "people" },
  signIn: { calls: () => [{ body: { email: freshEmail("nobody"), password: PASSWORD } }], aboveTenants: "people" },
  signOut: {
    calls: inSlug,
    aboveTenants: "people",
    async success(server, { owner, workspace }) {
      const who = await signIn(server, owner.email);
      await who.get(workspace.path);
      return { who, call: {} };
    },
  },
  requestPasswordReset: { calls: () => [{ body: { email: freshEmail("nobody") } }], aboveTenants: "people" },
  resetPassword: {
    calls: () => [{ body: { token: makeToken(), password: PASSWORD } }],
    aboveTenants: "the bearer of a link",
    async success(server, tenant) {
      const who = await joined(server, tenant);
      await who.post("/api/v1/accounts/password-reset-mail", { email: who.email });
      const token = tokenOf((await server.mailTo(who.email, /Choose a new password/)).link);
      return { who, call: { body: { token, password: PASSWORD } } };
    },
  },
  changePassword: {
    calls: () => [{ body: { currentPassword: "not their password", newPassword: PASSWORD } }],
    aboveTenants: "the caller's own account",
    async success(server, tenant) {
      const who = await joined(server, tenant);
      // Another session, which then ends.
      await (await signIn(server, who.email)).get(tenant.workspace.path);
      return { who, call: { body: { currentPassword: PASSWORD, newPassword: PASSWORD } } };
    },
  },
  updateMe: {
    calls: () => [{ body: { name: "Renamed" } }],
    aboveTenants: "the caller's own account",
    success: async (server, tenant) => ({ who: await joined(server, tenant), call: { body: { name: "Renamed" } } }),
  },
  signOutEverywhere: {
    calls: inSlug,
    aboveTenants: "the caller's own sessions",
    success: async (server, tenant) => ({ who: await joined(server, tenant), call: {} }),
  },
  finishSignIn: { calls: () => [{ body: { code: "123456" } }], aboveTenants: "the bearer of a cookie" },
  reauthenticate: { calls: () => [{ body: { password: "not their password" } }], aboveTenants: "the caller's own session" },
  getFactors: { calls: inSlug, aboveTenants: "the caller's own account" },
  startTotp: { calls: inSlug, aboveTenants: "the caller's own account" },
  confirmTotp: { calls: () => [{ body: { code: "123456" } }], aboveTenants: "the caller's own account" },
  startPasskeySignIn: { calls: inSlug, aboveTenants: "a challenge" },
  signInWithPasskey: { calls: () => [{ body: { passkey: emptyAnswer } }], aboveTenants: "the bearer of a passkey" },
  startPasskeySecondStep: { calls: inSlug, aboveTenants: "the bearer of a cookie" },
  startPasskeyAgain: { calls: inSlug, aboveTenants: "the caller's own session" },
  startPasskey: { calls: inSlug, aboveTenants: "the caller's own account" },
  addPasskey: {
    calls: () => [{ body: { passkey: { clientDataJson: "", attestationObject: "", transports: [] } } }],
    aboveTenants: "the caller's own account",
  },
  renamePasskey: {
    calls: () => [{ params: { passkeyId: randomUUID() }, body: { name: "Key" } }],
    aboveTenants: "the caller's own account",
  },
  removePasskey: { calls: () => [{ params: { passkeyId: randomUUID() } }], aboveTenants: "the caller's own account" },
  removeTotp: { calls: inSlug, aboveTenants: "the caller's own account" },
  renewRecoveryCodes: { calls: inSlug, aboveTenants: "the caller's own account" },
  getEmailChange: { calls: inSlug, aboveTenants: "the caller's own account" },
  startEmailChange: { calls: () => [{ body: { email: freshEmail("another") } }], aboveTenants: "the caller's own account" },
  cancelEmailChange: { calls: inSlug, aboveTenants: "the caller's own account" },
  confirmEmailChange: {
    calls: () => [{ body: { token: makeToken() } }],
    aboveTenants: "the bearer of a link",
    async success(server, tenant) {
      const who = await joined(server, tenant);
      const email = freshEmail("another");
      await who.send("PUT", "/api/v1/me/email-change", { body: { email } });
      return { who, call: { body: { token: tokenOf((await server.mailTo(email, /Confirm your new address/)).link) } } };
    },
  },
  listMySessions: { calls: inSlug, aboveTenants: "the caller's own sessions" },
  endMySession: {
    calls: ({ sessionId }) => [{ params: { sessionId } }],
    aboveTenants: "the caller's own sessions",
    async success(server, tenant) {
      const who = await joined(server, tenant);
      await (await signIn(server, who.email)).get(tenant.workspace.path);
      const { items } = (await who.get("/api/v1/me/sessions")).json as { items: Array<{ sessionId: string; current: boolean }> };
      return { who, call: { params: { sessionId: items.find(({ current }) => !current)?.sessionId ?? "" } } };
    },
  },
  signOutOthers: {
    calls: inSlug,
    aboveTenants: "the caller's own sessions",
    async success(server, tenant) {
      const who = await joined(server, tenant);
      await (await signIn(server, who.email)).get(tenant.workspace.path);
      return { who, call: {} };
    },
  },
  getMe: { calls: inSlug, aboveTenants: "the caller and the caller's own tenants" },
  listMyTenants: { calls: inSlug, aboveTenants: "the caller's own tenants" },
  getMyActivity: { calls: inSlug, aboveTenants: "the caller's own tenants" },
  checkSlug: { calls: inSlug, aboveTenants: "slugs", tellsSlugs: true },
  createTenant: {
    calls: (_ids, slug) => [{ body: { name: "Taken", slug } }],
    aboveTenants: "a new tenant",
    tellsSlugs: true,
    success: async (_server, { owner }) => ({
      who: owner,
      call: { body: { name: "Another", slug: freshSlug() } },
      tenantOf: ({ json }) => json.tenantId,
    }),
  },
  lookUpInvitation: { calls: () => [{ body: { token: makeToken() } }], aboveTenants: "the bearer of a link" },
  acceptInvitation: {
    calls: () => [{ body: { token: makeToken() } }],
    aboveTenants: "the bearer of a link",
    async success(server, { owner, workspace }) {
      const who = await signUpPerson(server, "Invited");
      await owner.post(`${workspace.path}/invitations`, { email: who.email, roleId: workspace.roles.Viewer });
      return { who, call: { body: { token: tokenOf((await server.mailTo(who.email)).link) } } };
    },
  },
  listMyInvitations: { calls: inSlug, aboveTenants: "invitations to the caller's own address" },
  acceptMyInvitation: {
    calls: ({ invitationId }) => [{ params: { invitationId } }],
    aboveTenants: "invitations to the caller's own address",
    success: inviteSomebody,
  },
  declineMyInvitation: {
    calls: ({ invitationId }) => [{ params: { invitationId } }],
    aboveTenants: "invitations to the caller's own address",
    success: inviteSomebody,
  },

  noteVisit: { calls: inSlug },
  getTenant: { calls: inSlug },
  listEarlierSlugs: { calls: inSlug },
  updateTenant: {
    calls: (_ids, slug) => [{ body: { name: `Renamed ${slug}`, accentColour: "#0a4a45", timeZone: "Europe/Paris" } }],
  },
  setLogo: { calls: () => [someLogo()] },
  removeLogo: {
    calls: inSlug,
    async success(_server, { owner, workspace }) {
      await owner.send("PUT", `${workspace.path}/logo`, someLogo());
      return { who: owner, call: {} };
    },
  },
  getLogo: {
    calls: ({ logoId }) => [{ params: { logoId } }],
    async success(_server, { owner, workspace }) {
      const { logoId } = (await owner.send("PUT", `${workspace.path}/logo`, someLogo())).json;
      return { who: owner, call: { params: { logoId } } };
    },
  },
  offerOwnership: {
    calls: ({ memberId }) => [{ body: { memberId } }],
    async success(server, tenant) {
      await authenticatedJustNow(server);
      await tenant.owner.delete(offerPath(tenant));
      return { who: tenant.owner, call: { body: { memberId: tenant.ids.memberId } } };
    },
  },
  withdrawOwnershipOffer: {
    calls: inSlug,
    async success(server, tenant) {
      await authenticatedJustNow(server);
      await offerTo(tenant, tenant.owner, tenant.ids.memberId);
      return { who: tenant.owner, call: {} };
    },
  },
  acceptOwnership: {
    calls: inSlug,
    // There and back again, because later operations need the original owner.
    async success(server, tenant) {
      const { owner, guest, workspace, ids } = tenant;
      await authenticatedJustNow(server);
      await offerTo(tenant, owner, ids.memberId);
      await guest.post(`${offerPath(tenant)}/acceptance`);
      await offerTo(tenant, guest, (await owner.get(workspace.path)).json.self.memberId);
      return { who: owner, call: {} };
    },
  },
  declineOwnership: {
    calls: inSlug,
    async success(server, tenant) {
      await authenticatedJustNow(server);
      await offerTo(tenant, tenant.owner, tenant.ids.memberId);
      return { who: tenant.guest, call: {} };
    },
  },
  leaveTenant: {
    calls: inSlug,
    async success(server, { owner, workspace }) {
      const who = await signUpPerson(server, "Leaver");
      await addMember(server, owner, workspace, who, workspace.roles.Viewer);
      return { who, call: {} };
    },
  },
  getMfa: { calls: inSlug },
  listMfaMembers: { calls: inSlug },
  askMfaReset: {
    calls: ({ memberId }) => [{ params: { memberId } }],
    async success(server, tenant) {
      const { memberId } = await withSecondFactor(server, tenant);
      return { who: tenant.owner, call: { params: { memberId } } };
    },
  },
  resetMfa: {
    calls: () => [{ body: { token: makeToken(), password: PASSWORD } }],
    aboveTenants: "the bearer of a mailed link",
    once: true,
    async success(server, tenant) {
      const { who, memberId } = await withSecondFactor(server, tenant);
      await tenant.owner.post(`${tenant.workspace.path}/members/${memberId}/mfa-reset`);
      const { link } = await server.mailTo(who.email, /Turn off your two-step verification/);
      return { who: httpClient(server.url), call: { body: { token: tokenOf(link), password: PASSWORD } } };
    },
  },
  setMfaPolicy: {
    calls: () => [{ body: { policy: "disabled" } }],
    async success(server, { owner, workspace }) {
      await server.database.query("update tenants set mfa_policy = 'optional' where tenant_id = $1", [workspace.tenantId]);
      await authenticatedJustNow(server);
      return { who: owner, call: { body: { policy: "disabled" } } };
    },
  },
  getEncryptionKey: { calls: inSlug },
  rotateEncryptionKey: {
    calls: inSlug,
    async success(server, { owner, workspace }) {
      // Waits for the last rotation to end, and dates it two days back, so that another one may begin.
      await jobsSettled(server);
      await server.database.query("update key_rotations set started_at = now() - interval '2 days' where tenant_id = $1", [
        workspace.tenantId,
      ]);
      await authenticatedJustNow(server);
      return { who: owner, call: {} };
    },
  },
  getSessionLimits: { calls: inSlug },
  setSessionLimits: {
    calls: () => [{ body: { idleMinutes: 60, absoluteMinutes: 1_440 } }],
    async success(server, { owner, workspace }) {
      await server.database.query(
        "update tenants set session_idle_minutes = 43200, session_absolute_minutes = 129600 where tenant_id = $1",
        [workspace.tenantId],
      );
      await authenticatedJustNow(server);
      return { who: owner, call: { body: { idleMinutes: 43_200, absoluteMinutes: 1_440 } } };
    },
  },
  listMemberSessions: { calls: inSlug },
  endMemberSession: {
    calls: ({ sessionId }) => [{ params: { sessionId } }],
    success: async (server, tenant) => ({
      who: tenant.owner,
      call: { params: { sessionId: (await somebodysSession(server, tenant)).sessionId } },
    }),
  },
  endMemberSessions: {
    calls: ({ memberId }) => [{ params: { memberId } }],
    async success(server, tenant) {
      await authenticatedJustNow(server);
      return { who: tenant.owner, call: { params: { memberId: (await somebodysSession(server, tenant)).memberId } } };
    },
  },
  getBilling: { calls: inSlug },
  quoteSubscription: {
    calls: () => [{ body: { wanted: { change: "choose", plan: "business", interval: "month", licences: 1_000, addOns: [] } } }],
  },
  acceptSubscriptionQuote: {
    calls: ({ quoteId }) => [{ params: { quoteId } }],
    async success(_, { owner, workspace }) {
      const licences = 1_001 + randomInt(1_000);
      const wanted = { change: "choose", plan: "business", interval: "year", licences, addOns: [] };
      return { who: owner, call: { params: { quoteId: await quotePlan(owner, workspace, wanted) } } };
    },
  },
  quoteLicences: { calls: () => [{ body: { licences: 999 } }] },
  acceptLicencesQuote: {
    calls: ({ quoteId }) => [{ params: { quoteId } }],
    async success(_, { owner, workspace }) {
      const quoteId = await quoteOf(owner, `${workspace.path}/billing/licences`, { licences: 2_002 + randomInt(1_000) });
      return { who: owner, call: { params: { quoteId } } };
    },
  },
  quoteAddOns: { calls: () => [{ body: { addOns: ["transcription"] } }] },
  acceptAddOnsQuote: {
    calls: ({ quoteId }) => [{ params: { quoteId } }],
    async success(_, { owner, workspace }) {
      const { addOns } = (await owner.get(`${workspace.path}/billing`)).json as { addOns: string[] | null };
      const wanted = addOns?.includes("dial_out") ? [] : ["dial_out"];
      const quoteId = await quoteOf(owner, `${workspace.path}/billing/add-ons`, { addOns: wanted });
      return { who: owner, call: { params: { quoteId } } };
    },
  },
  putOffStop: {
    calls: inSlug,
    async success({ database }, { owner, workspace }) {
      await becomeOverdue(database, workspace.tenantId);
      return { who: owner, call: {} };
    },
  },
  getSubscription: { calls: inSlug },
  getNextInvoice: { calls: inSlug },
  listInvoices: { calls: inSlug },
  getInvoicePdf: { calls: ({ invoiceId }) => [{ params: { invoiceId } }] },
  getLicences: { calls: inSlug },
  listLicenceBuyers: { calls: inSlug },
  getBillingProfile: { calls: inSlug },
  setBillingProfile: {
    // Another company each time, because a profile that stays the same is not in the audit log.
    calls: () => [{ body: { ...SOME_PROFILE, company: freshSlug("company") } }],
  },
  getPaymentMethod: { calls: inSlug },
  startPaymentMethod: { calls: inSlug },
  removePaymentMethod: {
    calls: inSlug,
    async success({ database }, { owner, workspace }) {
      await setUpCard(database, workspace.tenantId);
      return { who: owner, call: {} };
    },
  },
  payInvoice: { calls: ({ invoiceId }) => [{ params: { invoiceId } }] },
  receiveStripeEvent: {
    calls: () => [{ body: "{}", headers: { "stripe-signature": "t=1,v1=00" } }],
    aboveTenants: "Stripe, by its signature",
    async success(server) {
      const { body, signature } = stripeEvent("payment_intent.succeeded", { id: "pi_of_nobody" });
      return { who: httpClient(server.url), call: { body, headers: { "stripe-signature": signature } } };
    },
  },
  listMembers: { calls: inSlug },
  countMembers: { calls: inSlug },
  changeMemberRoles: {
    calls: ({ memberId, roleId }) => [{ body: { memberIds: [memberId], roleId } }],
    success: async (_server, { owner, workspace, ids }) => ({
      who: owner,
      call: { body: { memberIds: [ids.memberId], roleId: workspace.roles.Viewer } },
    }),
  },
  suspendMembers: { calls: ({ memberId }) => [{ body: { memberIds: [memberId] } }] },
  reactivateMembers: {
    calls: ({ memberId }) => [{ body: { memberIds: [memberId] } }],
    async success(_server, { owner, workspace, ids }) {
      const body = { memberIds: [ids.memberId] };
      await owner.post(`${workspace.path}/members/suspensions`, body);
      return { who: owner, call: { body } };
    },
  },
  removeMembers: {
    calls: ({ memberId }) => [{ body: { memberIds: [memberId] } }],
    async success(server, { owner, workspace }) {
      const leaving = await signUpPerson(server, "Leaving");
      await addMember(server, owner, workspace, leaving, workspace.roles.Viewer);
      const { items } = (await owner.get(`${workspace.path}/members?search=${leaving.email}`)).json;
      return { who: owner, call: { body: { memberIds: [items[0].memberId] } } };
    },
  },
  listRoles: { calls: inSlug },
  getRole: { calls: ({ roleId }) => [{ params: { roleId } }] },
  createRole: { calls: () => [{ body: { name: freshSlug("role"), permissions: ["voice.join"] } }] },
  updateRole: {
    calls: ({ customRoleId }) => [{ params: { roleId: customRoleId }, body: { version: 1, name: freshSlug("renamed") } }],
    async success(_server, { owner, workspace }) {
      const roleId = await makeRole(owner, workspace, ["voice.join"]);
      return { who: owner, call: { params: { roleId }, body: { version: 1, name: freshSlug("renamed") } } };
    },
  },
  deleteRole: {
    calls: ({ customRoleId, roleId }) => [
      { params: { roleId: customRoleId }, body: { replacementRoleId: roleId } },
      { params: { roleId: customRoleId }, body: { replacementRoleId: null } },
    ],
    async success(_server, { owner, workspace }) {
      const roleId = await makeRole(owner, workspace, ["voice.join"]);
      return { who: owner, call: { params: { roleId }, body: { replacementRoleId: null } } };
    },
  },
  listInvitations: { calls: inSlug },
  createInvitation: { calls: ({ roleId }) => [{ body: { email: freshEmail("guest"), roleId } }] },
  previewInvitations: {
    calls: ({ roleId }) => [
      { body: { defaultRoleId: roleId, text: "guest@example.com" } },
      { body: { defaultRoleId: roleId, lines: [{ line: 1, email: "guest@example.com", roleId }] } },
    ],
  },
  countLapsingInvitations: {
    calls: ({ memberId, roleId }) => [
      { body: { memberIds: [memberId], roleId: null } },
      { body: { memberIds: [memberId], roleId } },
    ],
  },
  inviteMany: { calls: ({ roleId }) => [{ body: { lines: [{ line: 1, email: freshEmail("guest"), roleId }] } }] },
  resendInvitations: { calls: ({ invitationId }) => [{ body: { invitationIds: [invitationId] } }] },
  revokeInvitations: {
    calls: ({ unwantedInvitationId }) => [{ body: { invitationIds: [unwantedInvitationId] } }],
    async success(_server, { owner, workspace }) {
      const body = { email: freshEmail("unwanted"), roleId: workspace.roles.Viewer };
      const { invitationId } = (await owner.post(`${workspace.path}/invitations`, body)).json;
      return { who: owner, call: { body: { invitationIds: [invitationId] } } };
    },
  },
  getInvitationLink: { calls: ({ invitationId }) => [{ params: { invitationId } }] },
  revokeInvitation: {
    calls: ({ invitationId }) => [{ params: { invitationId } }],
    async success(_server, { owner, workspace }) {
      const body = { email: freshEmail("unwanted"), roleId: workspace.roles.Viewer };
      const { invitationId } = (await owner.post(`${workspace.path}/invitations`, body)).json;
      return { who: owner, call: { params: { invitationId } } };
    },
  },
  listChannels: { calls: inSlug },
  createChannel: {
    calls: ({ roleId, memberId }) => [
      { body: { name: freshSlug("channel"), transmission: "restricted", talkers: { roleIds: [roleId], memberIds: [] } } },
      { body: { name: freshSlug("channel"), transmission: "restricted", talkers: { roleIds: [], memberIds: [memberId] } } },
    ],
  },
  getChannel: { calls: ({ channelId }) => [{ params: { channelId } }] },
  updateChannel: {
    calls: ({ channelId, roleId }) => [
      { params: { channelId }, body: { name: freshSlug("renamed") } },
      { params: { channelId }, body: { talkers: { roleIds: [roleId], memberIds: [] } } },
      { params: { channelId }, body: {} },
    ],
  },
  listTransmissions: { calls: ({ channelId }) => [{ params: { channelId } }] },
  playTransmission: {
    calls: ({ transmissionId }) => [
      { params: { transmissionId } },
      { params: { transmissionId }, headers: { range: "bytes=0-3" } },
    ],
    // A new person, because playing the same transmission again within minutes counts as the same listening.
    async success(server, { owner, workspace, ids }) {
      const who = await signUpPerson(server, "Listener");
      await addMember(server, owner, workspace, who, workspace.roles.Member);
      return { who, call: { params: { transmissionId: ids.transmissionId } } };
    },
  },
  getAccessReview: { calls: ({ reviewId }) => [{ params: { reviewId } }] },
  listAccessReviewItems: { calls: ({ reviewId }) => [{ params: { reviewId } }] },
  decideAccess: {
    calls: ({ reviewId, memberId, roleId }) => [
      { params: { reviewId }, body: { members: [{ memberId, seen: "" }], decision: "approve" } },
      { params: { reviewId }, body: { members: [{ memberId, seen: "" }], decision: "revoke", note: "Why not" } },
      { params: { reviewId }, body: { members: [{ memberId, seen: "" }], decision: "change", roleId, note: "Why not" } },
      { params: { reviewId }, body: { members: [{ memberId, seen: "" }], decision: "approve", replace: true } },
    ],
    async success(_server, { owner, workspace, ids }) {
      const reviewId = await openReview(owner, workspace, ids);
      const { items } = (await owner.get(`${workspace.path}/access-reviews/${reviewId}/members?limit=200`)).json as {
        items: Array<{ memberId: string; now: { seen: string } | null }>;
      };
      const seen = items.find(({ memberId }) => memberId === ids.memberId)?.now?.seen ?? "";
      return {
        who: owner,
        call: {
          params: { reviewId },
          body: { members: [{ memberId: ids.memberId, seen }], decision: "approve", replace: true },
        },
      };
    },
  },
  completeAccessReview: {
    calls: ({ reviewId }) => [{ params: { reviewId }, body: { early: true, note: "Not everybody" } }],
    success: async (_server, { owner, workspace, ids }) => ({
      who: owner,
      call: { params: { reviewId: await openReview(owner, workspace, ids) }, body: { early: true, note: "Not everybody" } },
    }),
  },
  downloadAccessReviewReport: { calls: ({ reviewId }) => [{ params: { reviewId } }] },
  listAccessReviews: { calls: inSlug },
  startAccessReview: {
    // Runs after completeAccessReview, which ends the review that the tenant was furnished with.
    calls: () => [{ body: { name: "Another", dueAt: new Date(Date.now() + 86_400_000).toISOString() } }],
    async success(_server, { owner, workspace, ids }) {
      const reviewId = await openReview(owner, workspace, ids);
      await owner.post(`${workspace.path}/access-reviews/${reviewId}/completion`, { early: true, note: "Another one comes" });
      return { who: owner, call: { body: { name: "Another", dueAt: new Date(Date.now() + 86_400_000).toISOString() } } };
    },
  },
  openGateway: {
    calls: () => [
      {},
      {
        headers: {
          connection: "Upgrade",
          upgrade: "websocket",
          "sec-websocket-version": "13",
          "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
        },
      },
    ],
  },
  deleteChannel: {
    calls: ({ channelId }) => [{ params: { channelId } }],
    async success(_server, { owner, workspace }) {
      const { channelId } = (await owner.post(`${workspace.path}/channels`, { name: freshSlug("channel") })).json;
      return { who: owner, call: { params: { channelId } } };
    },
  },
  listDomains: { calls: inSlug },
  claimDomain: {
    calls: () => [{ body: { domain: freshDomain() } }],
    async success(server, { owner }) {
      await authenticatedJustNow(server);
      return { who: owner, call: { body: { domain: freshDomain() } } };
    },
  },
  checkDomain: { calls: ({ domainId }) => [{ params: { domainId } }] },
  releaseDomain: {
    calls: ({ domainId }) => [{ params: { domainId } }],
    success: async (server, { owner, workspace }) => {
      await authenticatedJustNow(server);
      const { domainId } = (await owner.post(`${workspace.path}/domains`, { domain: freshDomain() })).json as {
        domainId: string;
      };
      return { who: owner, call: { params: { domainId } } };
    },
  },
  getSso: { calls: inSlug },
  createSsoConnection: {
    calls: () => [{ body: { name: "Next", provider: "other", protocol: "saml" } }],
    async success(_server, tenant) {
      await dropSpareConnections(tenant);
      return { who: tenant.owner, call: { body: { name: SPARE, provider: "other", protocol: "saml" } } };
    },
  },
  updateSsoConnection: {
    calls: ({ connectionId }) => [{ params: { connectionId }, body: { name: "Renamed" } }],
    success: async (_server, { owner, ids: { connectionId } }) => ({
      who: owner,
      call: { params: { connectionId }, body: { name: freshSlug("connection") } },
    }),
  },
  readSsoMetadata: {
    calls: ({ connectionId }) => [{ params: { connectionId } }],
    // No server answers at this URL, and the operation reports that.
    async success(server, { owner, ids: { connectionId } }) {
      await authenticatedJustNow(server);
      await server.database.query("update sso_connections set metadata_url = 'https://127.0.0.1:9/' where connection_id = $1", [
        connectionId,
      ]);
      return { who: owner, call: { params: { connectionId } } };
    },
  },
  listSsoIdentities: { calls: ({ connectionId }) => [{ params: { connectionId } }] },
  endSsoIdentity: {
    calls: ({ connectionId, memberId }) => [{ params: { connectionId, memberId } }],
    async success(server, tenant) {
      await authenticatedJustNow(server);
      const { memberId } = (await (await joined(server, tenant)).get(tenant.workspace.path)).json.self;
      const { connectionId } = tenant.ids;
      await server.database.query(
        "insert into sso_identities (tenant_id, connection_id, subject, member_id) values ($1, $2, $3::uuid::text, $3::uuid)",
        [tenant.workspace.tenantId, connectionId, memberId],
      );
      return { who: tenant.owner, call: { params: { connectionId, memberId } } };
    },
  },
  setSsoPolicy: {
    calls: () => [{ body: { policy: "optional", hours: 1 + Math.floor(Math.random() * 700) } }],
  },
  startSsoTest: { calls: ({ connectionId }) => [{ params: { connectionId } }] },
  startSsoLink: { calls: ({ connectionId }) => [{ params: { connectionId } }] },
  listMySsoConnections: { calls: inSlug },
  findSso: { calls: () => [{ body: { email: freshEmail("nobody") } }], aboveTenants: "the domain of an address" },
  startSso: {
    calls: () => [{ params: { connectionId: randomUUID() }, body: { purpose: "sign_in" } }],
    aboveTenants: "the bearer of a connection's id",
    success: async (server, { ids: { connectionId } }) => ({
      who: httpClient(server.url),
      call: { params: { connectionId }, body: { purpose: "sign_in" } },
    }),
  },
  getSsoRequest: {
    calls: () => [{ params: { handle: makeToken() } }],
    aboveTenants: "the browser that began",
    async success(server, { connection }) {
      await server.database.query("update sso_connections set sign_on_binding = 'post' where connection_id = $1", [
        connection.connectionId,
      ]);
      const who = httpClient(server.url);
      const { url } = (await start(who, connection)).json;
      await server.database.query("update sso_connections set sign_on_binding = 'redirect' where connection_id = $1", [
        connection.connectionId,
      ]);
      return { who, call: { params: { handle: url.split("/").at(-1) ?? "" } } };
    },
  },
  getSsoMetadata: {
    calls: () => [{ params: { connectionId: randomUUID() } }],
    aboveTenants: "the bearer of a connection's id",
    success: async (server, { ids: { connectionId } }) => ({ who: httpClient(server.url), call: { params: { connectionId } } }),
  },
  consumeSsoResponse: {
    calls: () => [{ params: { connectionId: randomUUID() }, body: "SAMLResponse=x", headers: FORM }],
    aboveTenants: "the bearer of a connection's id",
    once: true,
    // A response that is refused: a genuine one is recorded once the browser fetches it.
    async success(server, { connection }) {
      const { relayState } = readRequest((await start(httpClient(server.url), connection)).json.url);
      const { connectionId } = connection;
      const call = { params: { connectionId }, body: `RelayState=${relayState}&SAMLResponse=x`, headers: FORM };
      return { who: httpClient(server.url), call };
    },
  },
  finishSso: {
    calls: () => [{ body: { ticket: makeToken() } }],
    aboveTenants: "the browser that began",
    once: true,
    async success(server, { connection, owner, workspace }) {
      const who = await signUpPerson(server, "Joiner");
      await addMember(server, owner, workspace, who, workspace.roles.Viewer);
      const begun = await who.post(`${connection.path}/link`);
      const { requestId, relayState } = readRequest(begun.json.url);
      const xml = connection
        .as(someone(who.email))
        .write({ requestId, acsUrl: connection.acsUrl, spEntityId: connection.entityId });
      const { fragment } = fragmentOf(await postResponse(server, connection, xml, relayState));
      return { who, call: { body: { ticket: fragment } } };
    },
  },
  deleteSsoConnection: {
    calls: ({ connectionId }) => [{ params: { connectionId } }],
    async success(_server, tenant) {
      await dropSpareConnections(tenant);
      const body = { name: SPARE, provider: "other", protocol: "saml" };
      const { connectionId } = (await tenant.owner.post(`${tenant.workspace.path}/sso/connections`, body)).json;
      return { who: tenant.owner, call: { params: { connectionId } } };
    },
  },
  listExports: { calls: inSlug },
  createExport: {
    calls: inSlug,
    // Only one at a time: the export that an earlier call started may still be in progress.
    async success(_server, { owner, workspace }) {
      await exportsSettled(owner, workspace.path);
      return { who: owner, call: {} };
    },
  },
  getExport: { calls: ({ exportId }) => [{ params: { exportId } }] },
  downloadExport: {
    calls: ({ exportId }) => [{ params: { exportId } }, { params: { exportId }, headers: { range: "bytes=0-3" } }],
    async success(_server, { owner, workspace, ids }) {
      await exportsSettled(owner, workspace.path);
      return { who: owner, call: { params: { exportId: ids.exportId } } };
    },
  },
  deleteExport: {
    calls: ({ exportId }) => [{ params: { exportId } }],
    async success(_server, { owner, workspace }) {
      await exportsSettled(owner, workspace.path);
      const { exportId } = (await owner.post(`${workspace.path}/exports`)).json;
      await exportsSettled(owner, workspace.path);
      return { who: owner, call: { params: { exportId } } };
    },
  },
  previewDeletion: { calls: inSlug },
  lookUpDeletion: {
    calls: () => [{ body: { token: randomBytes(48).toString("base64url") } }],
    aboveTenants: "the bearer of a link",
  },
  getReceiptPdf: {
    calls: () => [{ body: { token: randomBytes(48).toString("base64url") } }],
    aboveTenants: "the bearer of a link",
  },
  getReceiptKey: { calls: inSlug, aboveTenants: "the server's face" },
  listAuditLog: { calls: inSlug },
  listAuditActors: { calls: inSlug },
  listAuditTargets: { calls: inSlug },
  exportAuditLog: { calls: inSlug },
  deleteTenant: {
    calls: (_ids, slug) => [{ body: { slug } }],
    async success(server, { owner, workspace: { slug } }) {
      await authenticatedJustNow(server);
      return { who: owner, call: { body: { slug } } };
    },
  },
};
