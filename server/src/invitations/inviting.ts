/** Inviting, one or a thousand: read, judged, and what is left invited in one transaction; and sending again. */
import { v7 as uuidv7 } from "uuid";
import { changesBetween, changesTo, record } from "../audit/audit.ts";
import { lockRoster, type Member, readmit } from "../members/admit.ts";
import { announceChanged } from "../platform/changes.ts";
import type { TenantTx } from "../platform/db/pools.ts";
import { queueMail, queueMails } from "../platform/mail/mail.ts";
import type { Quota } from "../platform/quota.ts";
import { orNotFound, Refusal } from "../platform/refusal.ts";
import { seal } from "../platform/seal.ts";
import { hashToken, makeToken } from "../platform/tokens.ts";
import { findRoleToGive, listRolesToGive, type RoleToGive } from "../roles/roles.ts";
import type { Services } from "../services.ts";
import { currentTenant } from "../tenants/tenants.ts";
import { linkTo, present, sealContext, target } from "./invitations.ts";
import { findBudget, judge, type Judged, OVER_LIMIT, TOO_OFTEN, type Wanted } from "./judge.ts";
import { mayResend } from "./policy.ts";
import { revokeDead } from "./open-queries.ts";
import * as queries from "./queries.ts";
import { readCsv } from "./read-csv.ts";
import { readPasted, shorten } from "./read-pasted.ts";

const EXPIRY_DAYS = 7;

interface ChosenLine {
  line: number;
  email: string;
  roleId: string;
}

/** @throws Refusal invalid_input for a role that this tenant does not have (any more) */
function pickRole(roles: RoleToGive[], roleId: string, path: string): RoleToGive {
  const role = roles.find((known) => known.roleId === roleId);
  if (role) return role;
  throw new Refusal("invalid_input", { fields: [{ path, message: "Choose one of the workspace's roles." }] });
}

function chosenToWanted(roles: RoleToGive[], lines: ChosenLine[]): Wanted[] {
  return lines.map(({ line, email, roleId }, index) => {
    const role = pickRole(roles, roleId, `lines.${index}.roleId`);
    return { line, read: shorten(email), email, role, roleName: role.name };
  });
}

const nameKey = (name: string) => name.normalize("NFC").toLowerCase();

interface Source {
  defaultRoleId: string;
  text?: string | undefined;
  csv?: string | undefined;
  lines?: ChosenLine[] | undefined;
}

/**
 * What inviting them would do.
 * @throws Refusal invalid_input for what can't be read, and for roles that there are not
 */
export async function previewInvitations(tx: TenantTx, inviter: Member, source: Source, personal: Quota): Promise<Judged[]> {
  const roles = await listRolesToGive(tx, inviter);
  const fallback = pickRole(roles, source.defaultRoleId, "defaultRoleId");
  if (source.lines) return judge(tx, inviter, chosenToWanted(roles, source.lines), personal, "preview");
  const read = source.csv === undefined ? readPasted(source.text ?? "") : readCsv(source.csv);
  const byName = new Map(roles.map((role) => [nameKey(role.name), role]));
  const wanted = read.map(({ roleName, ...line }) => {
    const role = roleName === null ? fallback : (byName.get(nameKey(roleName)) ?? null);
    return { ...line, role, roleName: role?.name ?? shorten(roleName ?? "") };
  });
  return judge(tx, inviter, wanted, personal, "preview");
}

/**
 * All who send invitations in a tenant do so one after the other: what they count stays true until they have added to it, no two
 * batches wait for each other's addresses, and no role changes on the way.
 * @returns the sender as they are now
 */
async function takeTurn(tx: TenantTx, asker: Member): Promise<Member> {
  await lockRoster(tx);
  const sender = await readmit(tx, asker);
  sender.require("users.invite");
  return sender;
}

/** Of those who are to be invited; the ids of those who are now. */
async function issue(
  services: Services,
  tx: TenantTx,
  inviter: Member,
  people: Array<{ email: string; roleId: string; roleName: string }>,
  personal: Quota,
): Promise<Array<string | null>> {
  if (people.length === 0) return [];
  const key = services.keys.dataKey(tx.tenantId);
  const drafts = people.map((person) => ({ ...person, invitationId: uuidv7(), copied: makeToken(), mailed: makeToken() }));
  await revokeDead(
    tx.db,
    people.map(({ email }) => email),
  );
  const made = await queries.insertInvitations(
    tx.db,
    drafts.map(({ invitationId, email, roleId, copied, mailed }) => ({
      tenantId: tx.tenantId,
      invitationId,
      email,
      roleId,
      invitedByMemberId: inviter.memberId,
      invitedByName: inviter.name,
      tokenSealed: seal(key, copied, sealContext(invitationId)),
      mailedHash: hashToken(mailed),
      days: EXPIRY_DAYS,
    })),
  );
  const issued = drafts.filter(({ invitationId }) => made.has(invitationId));
  await queries.insertDirectoryEntries(
    tx.db,
    issued.flatMap(({ invitationId, copied, mailed }) => [
      { tenantId: tx.tenantId, invitationId, tokenHash: hashToken(copied), provesEmail: false },
      { tenantId: tx.tenantId, invitationId, tokenHash: hashToken(mailed), provesEmail: true },
    ]),
  );
  for (const { invitationId, email, roleName } of issued) {
    record(tx, inviter.actor, {
      action: "invitation.created",
      target: target(invitationId, email),
      changes: changesTo({ email, role: roleName }),
    });
  }
  await mail(services, tx, inviter, issued, personal);
  return drafts.map(({ invitationId }) => (made.has(invitationId) ? invitationId : null));
}

async function mail(
  services: Services,
  tx: TenantTx,
  sender: Member,
  invitations: Array<{ invitationId: string; email: string; roleName: string; mailed: string }>,
  personal: Quota,
): Promise<void> {
  const tenant = await currentTenant(tx);
  const messages = invitations.map(({ email, roleName, mailed }) => ({
    to: email,
    subject: `${sender.name} invites you to ${tenant.name} on whoot`,
    text: `${sender.name} invites you to join the voice workspace ${tenant.name} as ${roleName}. Open this link within ${EXPIRY_DAYS} days. It is for you alone: whoever opens it is taken for you.`,
    link: linkTo(services, mailed),
    tenantId: tx.tenantId,
  }));
  const [only, another] = messages;
  if (only && !another) await queueMail(tx.db, services.keys, only);
  else await queueMails(tx.db, services.keys, messages);
  await queries.noteMails(
    tx.db,
    invitations.map(({ invitationId }) => ({ tenantId: tx.tenantId, mailId: uuidv7(), invitationId })),
  );
  await announceChanged(tx, "invitations");
  tx.afterCommit(() => personal.take(sender.accountId, invitations.length));
}

/**
 * Invites whom it can, and says of each line what was done.
 * @throws Refusal invalid_input for roles that there are not
 */
export async function inviteMany(
  services: Services,
  tx: TenantTx,
  asker: Member,
  lines: ChosenLine[],
  personal: Quota,
): Promise<Judged[]> {
  const inviter = await takeTurn(tx, asker);
  const wanted = chosenToWanted(await listRolesToGive(tx, inviter), lines);
  const judged = await judge(tx, inviter, wanted, personal, "invite");
  const going = judged.flatMap(({ verdict, email, roleId, roleName }) =>
    verdict === "invite" && email !== null && roleId !== null ? [{ email, roleId, roleName }] : [],
  );
  const ids = await issue(services, tx, inviter, going, personal);
  return judged.map((line) => {
    if (line.verdict !== "invite") return line;
    const invitationId = ids.shift() ?? null;
    return { ...line, invitationId, message: `Invited as ${line.roleName}.` };
  });
}

function refusalOf({ verdict, message }: Judged): Refusal {
  const fields = [{ path: "email", message }];
  if (verdict === "already_member" || verdict === "member_or_invited") return new Refusal(verdict, { fields });
  if (verdict === "too_often" || verdict === "over_limit") return new Refusal("rate_limited", { detail: message });
  const open = "Has a pending invitation already. Send that one again, or withdraw it first.";
  return new Refusal("already_invited", { fields: [{ path: "email", message: open }] });
}

/** @throws Refusal already_member, already_invited, member_or_invited, rate_limited, invalid_input and forbidden for the role */
export async function createInvitation(
  services: Services,
  tx: TenantTx,
  asker: Member,
  input: { email: string; roleId: string },
  personal: Quota,
) {
  const inviter = await takeTurn(tx, asker);
  const role = { ...(await findRoleToGive(tx, inviter, input.roleId)), refusal: null };
  const wanted = { line: 1, read: input.email, email: input.email, role, roleName: role.name };
  const [judged] = await judge(tx, inviter, [wanted], personal, "invite");
  if (judged?.verdict !== "invite") throw refusalOf(judged as Judged);
  const person = { email: input.email, roleId: role.roleId, roleName: role.name };
  const [invitationId] = await issue(services, tx, inviter, [person], personal);
  return present(orNotFound(await queries.findInvitation(tx.db, orNotFound(invitationId))), inviter);
}

/**
 * Mails them again: new links for those of earlier mails, another 7 days, in the name of whoever sends them again.
 * @throws Refusal not_found when none of them is open; forbidden, rate_limited when none can be sent for that reason
 */
export async function resendInvitations(
  services: Services,
  tx: TenantTx,
  asker: Member,
  invitationIds: string[],
  personal: Quota,
): Promise<{ sent: number; skipped: Array<{ invitationId: string; message: string }> }> {
  const sender = await takeTurn(tx, asker);
  const rows = await queries.lockOpenInvitations(tx.db, invitationIds);
  if (rows.length === 0) throw new Refusal("not_found");
  const budget = await findBudget(
    tx,
    sender,
    rows.map(({ email }) => email),
    personal,
  );
  const refused = new Map<string, Refusal>();
  const sending = rows.filter((row) => {
    const refusal = refusalToResend(sender, row, budget);
    if (refusal) refused.set(row.invitationId, refusal);
    else budget.left -= 1;
    return !refusal;
  });
  const [first] = refused.values();
  if (sending.length === 0 && first) throw first;

  const fresh = sending.map((row) => ({ ...row, mailed: makeToken() }));
  const entries = fresh.map(({ invitationId, mailed }) => ({ invitationId, mailedHash: hashToken(mailed) }));
  await queries.renewInvitations(tx.db, entries, { memberId: sender.memberId, name: sender.name, days: EXPIRY_DAYS });
  await queries.insertDirectoryEntries(
    tx.db,
    entries.map(({ invitationId, mailedHash }) => ({
      tenantId: tx.tenantId,
      invitationId,
      tokenHash: mailedHash,
      provesEmail: true,
    })),
  );
  for (const { invitationId, email, invitedByName } of fresh) {
    record(tx, sender.actor, {
      action: "invitation.resent",
      target: target(invitationId, email),
      changes: changesBetween({ invitedBy: invitedByName }, { invitedBy: sender.name }),
    });
  }
  await mail(services, tx, sender, fresh, personal);
  return { sent: fresh.length, skipped: skippedOf(invitationIds, fresh, refused) };
}

function refusalToResend(
  sender: Member,
  row: queries.InvitationRow,
  budget: { left: number; full: Set<string> },
): Refusal | null {
  if (!mayResend(sender, { builtIn: row.roleBuiltIn, permissions: row.rolePermissions })) {
    return new Refusal("forbidden", {
      detail: `Nobody can give what they don't have: ${row.roleName} holds more than your role.`,
    });
  }
  if (budget.full.has(row.email)) return new Refusal("rate_limited", { detail: TOO_OFTEN });
  return budget.left > 0 ? null : new Refusal("rate_limited", { detail: OVER_LIMIT });
}

function skippedOf(invitationIds: string[], sent: Array<{ invitationId: string }>, refused: Map<string, Refusal>) {
  const done = new Set(sent.map(({ invitationId }) => invitationId));
  return [...new Set(invitationIds)]
    .filter((invitationId) => !done.has(invitationId))
    .map((invitationId) => ({
      invitationId,
      message: refused.get(invitationId)?.detail ?? "Was accepted or withdrawn meanwhile.",
    }));
}
