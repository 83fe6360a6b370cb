/** Creates a tenant with one of everything that has an id. */
import { randomBytes, randomUUID } from "node:crypto";
import { furnishBilling, quotePlan, runningNow } from "../billing/testing/furnish.ts";
import { startRecorder } from "../recordings/recorder.ts";
import {
  addMember,
  exportsSettled,
  freshDomain,
  freshEmail,
  makeChannel,
  makeRole,
  makeWorkspace,
  type Person,
  signUpPerson,
  type Workspace,
} from "./people.ts";
import type { TestServer } from "./server.ts";
import { openUntested, type SamlConnection } from "../sso/testing/saml-side.ts";
import { audioPiece, openServices, speak } from "./transmissions.ts";

/** The ids of one tenant that a call may contain. */
export interface Ids {
  channelId: string;
  invitationId: string;
  /** A second invitation, for the operation that withdraws several. */
  unwantedInvitationId: string;
  transmissionId: string;
  roleId: string;
  /** A custom role that no member has. */
  customRoleId: string;
  memberId: string;
  logoId: string;
  reviewId: string;
  exportId: string;
  connectionId: string;
  domainId: string;
  sessionId: string;
  invoiceId: string;
  /** A quote of the owner's for another plan; of nothing on a server without billing. */
  quoteId: string;
}

/** An image for a logo, with another colour each time. */
export function someLogo() {
  const colour = randomBytes(3).toString("hex");
  const body = `<svg xmlns="http://www.w3.org/2000/svg" width="8" height="8"><rect width="8" height="8" fill="#${colour}"/></svg>`;
  return { body, headers: { "content-type": "image/svg+xml" } };
}

export interface Furnished {
  owner: Person;
  guest: Person;
  workspace: Workspace;
  /** Single sign-on, switched on. */
  connection: SamlConnection;
  ids: Ids;
}

export async function furnish(server: TestServer): Promise<Furnished> {
  const owner = await signUpPerson(server, "Owner");
  const workspace = await makeWorkspace(owner);
  const guest = await signUpPerson(server, "Guest");
  await addMember(server, owner, workspace, guest, workspace.roles.Member);
  const channelId = await makeChannel(owner, workspace, { name: "Operations", recording: true });
  const roleId = workspace.roles.Member;
  const customRoleId = await makeRole(owner, workspace, ["voice.join"]);
  const invited = await owner.post(`${workspace.path}/invitations`, { email: freshEmail("waiting"), roleId });
  const unwanted = await owner.post(`${workspace.path}/invitations`, { email: freshEmail("unwanted"), roleId });
  const { items } = (await owner.get(`${workspace.path}/members`)).json as {
    items: Array<{ memberId: string; isOwner: boolean }>;
  };
  const memberId = items.find(({ isOwner }) => !isOwner)?.memberId ?? "";
  const services = await openServices(server);
  const recorder = startRecorder(services, () => {});
  const transmissionId = speak(recorder, { tenantId: workspace.tenantId, channelId, memberId }, [audioPiece()]);
  await recorder.close();
  const step = server.config.billing === null ? undefined : runningNow();
  await furnishBilling({ admin: server.database, database: services.database }, workspace.tenantId, step);
  await services.close();
  const logo = await owner.send("PUT", `${workspace.path}/logo`, someLogo());
  const logoId = logo.json.logoId as string;
  const dueAt = new Date(Date.now() + 86_400_000).toISOString();
  const review = await owner.post(`${workspace.path}/access-reviews`, { name: "Autumn", dueAt });
  await owner.post(`${workspace.path}/exports`);
  const exportId = (await exportsSettled(owner, workspace.path))?.exportId ?? "";
  const claimed = await owner.post(`${workspace.path}/domains`, { domain: freshDomain() });
  await guest.get(workspace.path);
  const sessions = (await owner.get(`${workspace.path}/sessions?memberId=${memberId}`)).json;
  const connection = await openUntested(server, owner, workspace);
  const invoices = (await owner.get(`${workspace.path}/billing/invoices`)).json;
  const ids = {
    invoiceId: invoices.items[0].invoiceId as string,
    quoteId: server.config.billing === null ? randomUUID() : await quotePlan(owner, workspace),
    sessionId: sessions.items[0].sessionId as string,
    connectionId: connection.connectionId,
    domainId: claimed.json.domainId as string,
    exportId,
    logoId,
    channelId,
    roleId,
    customRoleId,
    memberId,
    transmissionId,
    invitationId: invited.json.invitationId as string,
    unwantedInvitationId: unwanted.json.invitationId as string,
    reviewId: review.json.reviewId as string,
  };
  return { owner, guest, workspace, connection, ids };
}
