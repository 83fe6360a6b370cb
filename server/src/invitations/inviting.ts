/** Inviting people, one or a thousand: reading the input, judging each line, and inviting in one transaction. Also sending again. */
import { v7 as uuidv7 } from "uuid";
import type { Ctx } from "../access/ctx.ts";
import type { Member } from "../access/member.ts";
import { behindRosterLock } from "../access/roster.ts";
import { changesBetween, changesTo } from "../audit/audit.ts";
import { allTaken, countLicences, takeSeats } from "../billing/licences.ts";
import { announceChanged } from "../platform/changes.ts";
import { queueMail, queueMails } from "../platform/mail/mail.ts";
import { mailWords } from "../platform/mail/words.ts";
import { quotaReached } from "../platform/quotas.ts";
import { orNotFound, Refusal } from "../platform/refusal.ts";
import { seal } from "../platform/seal.ts";
import { hashToken, makeToken } from "../platform/tokens.ts";
import { findRoleToGive, listRolesToGive, type RoleToGive } from "../access/role-giving.ts";
import type { Services } from "../services.ts";
import { linkTo, present, sealContext, target } from "./invitations.ts";
import { findBudget, judge, type Judged, OVER_LIMIT, TOO_OFTEN, type Wanted } from "./judge.ts";
import { mayResend } from "./policy.ts";
import { revokeDead } from "./open-queries.ts";
import type { Quotas } from "./quotas.ts";
import * as queries from "./queries.ts";
import { roleKey } from "./read-csv.ts";
import { type ReadLine, shorten } from "./read-pasted.ts";
import type { ReadingInput, ReadingOutput } from "./reading-task.ts";

const EXPIRY_DAYS = 7;

interface WithQuotas {
  quotas: Quotas;
}

interface ChosenLine {
  line: number;
  email: string;
  roleId: string;
}

/** @throws Refusal invalid_input for a role that the tenant does not have */
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

interface Source {
  defaultRoleId: string;
  text?: string | undefined;
  csv?: string | undefined;
  lines?: ChosenLine[] | undefined;
}

const READING = new URL("reading-task.ts", import.meta.url);

/** @throws Refusal invalid_input for input that can't be read, unavailable when many others are reading */
async function readSource(
  { threads }: Services,
  holders: readonly string[],
  { text, csv }: Source,
  roles: RoleToGive[],
): Promise<ReadLine[]> {
  const input: ReadingInput = {
    kind: csv === undefined ? "text" : "csv",
    content: csv ?? text ?? "",
    roleNames: roles.map(({ name }) => name),
  };
  const output = await threads.run<ReadingInput, ReadingOutput>(READING, input, holders);
  if ("lines" in output) return output.lines;
  const { detail, fields } = output.refusal;
  throw new Refusal("invalid_input", fields === undefined ? { detail } : { detail, fields });
}

/**
 * What inviting these people would do, line by line.
 * @throws Refusal invalid_input for input that can't be read or an unknown default role, unavailable when many others are reading
 */
export async function previewInvitations(ctx: Ctx, { quotas, ...source }: Source & WithQuotas): Promise<Judged[]> {
  const roles = await listRolesToGive(ctx);
  const fallback = pickRole(roles, source.defaultRoleId, "defaultRoleId");
  if (source.lines) return judge(ctx, { wanted: chosenToWanted(roles, source.lines), quotas, purpose: "preview" });
  const read = await readSource(ctx.services, [ctx.tenantId, ctx.member.accountId], source, roles);
  const byName = new Map(roles.map((role) => [roleKey(role.name), role]));
  const wanted = read.map(({ roleName, ...line }) => {
    const role = roleName === null ? fallback : (byName.get(roleKey(roleName)) ?? null);
    return { ...line, role, roleName: role?.name ?? shorten(roleName ?? "") };
  });
  return judge(ctx, { wanted, quotas, purpose: "preview" });
}

/**
 * Locks the roster, so that invitations of a tenant are sent one request at a time: counts stay true until the mails are added to them, two batches
 * cannot deadlock on each other's addresses, and no role changes meanwhile.
 * @returns the sender's context, read after the lock
 */
async function lockAsSender(stale: Ctx): Promise<Ctx> {
  const ctx = await behindRosterLock(stale);
  ctx.member.require("users.invite");
  return ctx;
}

/** Invites these people. @returns the id of each invitation; null for an address that already has one */
async function issue(
  ctx: Ctx,
  people: Array<{ email: string; roleId: string; roleName: string }>,
  quotas: Quotas,
): Promise<Array<string | null>> {
  if (people.length === 0) return [];
  const key = ctx.services.keys.dataKey(ctx.tenantId);
  const drafts = people.map((person) => ({ ...person, invitationId: uuidv7(), copied: makeToken(), mailed: makeToken() }));
  await revokeDead(
    ctx.db,
    people.map(({ email }) => email),
  );
  const inserted = await queries.insertInvitations(
    ctx.db,
    await takeSeats(ctx, drafts.length),
    drafts.map(({ invitationId, email, roleId, copied, mailed }) => ({
      tenantId: ctx.tenantId,
      invitationId,
      email,
      roleId,
      invitedByMemberId: ctx.member.memberId,
      invitedByName: ctx.member.name,
      tokenSealed: seal(key, copied, sealContext(invitationId)),
      mailedHash: hashToken(mailed),
      days: EXPIRY_DAYS,
    })),
  );
  const issued = drafts.filter(({ invitationId }) => inserted.has(invitationId));
  const max = ctx.services.config.quotas.invitations;
  if ((await queries.countOpen(ctx.db)) > max) throw quotaReached("open invitations", max, "Withdraw some");
  await queries.insertDirectoryEntries(
    ctx.db,
    issued.flatMap(({ invitationId, copied, mailed }) => [
      { tenantId: ctx.tenantId, invitationId, tokenHash: hashToken(copied), provesEmail: false },
      { tenantId: ctx.tenantId, invitationId, tokenHash: hashToken(mailed), provesEmail: true },
    ]),
  );
  for (const { invitationId, email, roleName } of issued) {
    ctx.audit.record({
      action: "invitation.created",
      target: target(invitationId, email),
      changes: changesTo({ email, role: roleName }),
    });
  }
  await mail(ctx, issued, quotas);
  return drafts.map(({ invitationId }) => (inserted.has(invitationId) ? invitationId : null));
}

async function mail(
  ctx: Ctx,
  invitations: Array<{ invitationId: string; email: string; roleName: string; mailed: string }>,
  quotas: Quotas,
): Promise<void> {
  const { tenant } = ctx;
  const messages = invitations.map(({ email, roleName, mailed }) => ({
    to: email,
    subject: mailWords`${ctx.member.name} invites you to ${tenant.name} on whoot`,
    text: mailWords`${ctx.member.name} invites you to join the voice workspace ${tenant.name} as ${roleName}. Open this link within ${EXPIRY_DAYS} days. Don't forward it: anyone with this link can join as you.`,
    link: linkTo(ctx.services, mailed),
    tenantId: ctx.tenantId,
  }));
  const [only, another] = messages;
  if (only && !another) await queueMail(ctx.db, ctx.services.keys, only);
  else await queueMails(ctx.db, ctx.services.keys, messages);
  await queries.noteMails(
    ctx.db,
    invitations.map(({ invitationId }) => ({ tenantId: ctx.tenantId, mailId: uuidv7(), invitationId })),
  );
  await announceChanged(ctx, "invitations");
  ctx.afterCommit(() => quotas.personal.take(ctx.member.accountId, invitations.length));
}

/**
 * Invites the people who can be invited, and says of each line what was done.
 * @throws Refusal invalid_input for unknown roles, quota_reached
 */
export async function inviteMany(stale: Ctx, { lines, quotas }: { lines: ChosenLine[] } & WithQuotas): Promise<Judged[]> {
  const ctx = await lockAsSender(stale);
  const wanted = chosenToWanted(await listRolesToGive(ctx), lines);
  const judged = await judge(ctx, { wanted, quotas, purpose: "invite" });
  const people = judged.flatMap(({ verdict, email, roleId, roleName }) =>
    verdict === "invite" && email !== null && roleId !== null ? [{ email, roleId, roleName }] : [],
  );
  const ids = await issue(ctx, people, quotas);
  return judged.map((line) => {
    if (line.verdict !== "invite") return line;
    const invitationId = ids.shift() ?? null;
    return { ...line, invitationId, message: `Invited as ${line.roleName}.` };
  });
}

function refusalOf({ verdict, message }: Judged): Refusal {
  const fields = [{ path: "email", message }];
  if (verdict === "already_member" || verdict === "member_or_invited") return new Refusal(verdict, { fields });
  if (verdict === "no_licence") return new Refusal("licences_taken", { detail: message });
  if (verdict === "too_often" || verdict === "over_limit") return new Refusal("rate_limited", { detail: message });
  const alreadyInvited = "Already has a pending invitation. Send that one again, or withdraw it first.";
  return new Refusal("already_invited", { fields: [{ path: "email", message: alreadyInvited }] });
}

/** @throws Refusal already_member, already_invited, member_or_invited, rate_limited, quota_reached, licences_taken, or as findRoleToGive */
export async function createInvitation(stale: Ctx, { email, roleId, quotas }: { email: string; roleId: string } & WithQuotas) {
  const ctx = await lockAsSender(stale);
  const role = { ...(await findRoleToGive(ctx, { roleId })), refusal: null };
  const wanted = [{ line: 1, read: email, email, role, roleName: role.name }];
  const [judged] = await judge(ctx, { wanted, quotas, purpose: "invite" });
  if (judged?.verdict !== "invite") throw refusalOf(judged as Judged);
  const person = { email, roleId: role.roleId, roleName: role.name };
  const [invitationId] = await issue(ctx, [person], quotas);
  return present(orNotFound(await queries.findInvitation(ctx.db, orNotFound(invitationId))), ctx.member);
}

/**
 * Mails invitations again. The new links replace those of earlier mails and work for 7 days, and the caller becomes the sender.
 * @throws Refusal not_found when none of them is open; forbidden, rate_limited or licences_taken when none can be sent for that reason
 */
export async function resendInvitations(
  stale: Ctx,
  { invitationIds, quotas }: { invitationIds: string[] } & WithQuotas,
): Promise<{ sent: number; skipped: ReturnType<typeof skippedOf> }> {
  const ctx = await lockAsSender(stale);
  const { member: sender } = ctx;
  const rows = await queries.lockOpenInvitations(ctx.db, invitationIds);
  if (rows.length === 0) throw new Refusal("not_found");
  const budget = await findBudget(
    ctx,
    rows.map(({ email }) => email),
    quotas,
  );
  const refused = new Map<string, Refusal>();
  const licences = await countLicences(ctx);
  const noLicence = allTaken(licences);
  let taken = 0;
  const sending = rows.filter((row) => {
    // One that has not expired has its licence.
    const needs = row.expired ? 1 : 0;
    const isShort = needs > 0 && licences.left !== null && taken >= licences.left;
    const refusal = isShort ? new Refusal("licences_taken", { detail: noLicence }) : refusalToResend(sender, row, budget, quotas);
    if (refusal) refused.set(row.invitationId, refusal);
    else {
      budget.left -= 1;
      taken += needs;
    }
    return !refusal;
  });
  const [first] = refused.values();
  if (sending.length === 0 && first) throw first;

  const fresh = sending.map((row) => ({ ...row, mailed: makeToken() }));
  const entries = fresh.map(({ invitationId, mailed }) => ({ invitationId, mailedHash: hashToken(mailed) }));
  await queries.renewInvitations(ctx.db, await takeSeats(ctx, taken), entries, {
    memberId: sender.memberId,
    name: sender.name,
    days: EXPIRY_DAYS,
  });
  await queries.insertDirectoryEntries(
    ctx.db,
    entries.map(({ invitationId, mailedHash }) => ({
      tenantId: ctx.tenantId,
      invitationId,
      tokenHash: mailedHash,
      provesEmail: true,
    })),
  );
  for (const { invitationId, email, invitedByName } of fresh) {
    ctx.audit.record({
      action: "invitation.resent",
      target: target(invitationId, email),
      changes: changesBetween({ invitedBy: invitedByName }, { invitedBy: sender.name }),
    });
  }
  await mail(ctx, fresh, quotas);
  return { sent: fresh.length, skipped: skippedOf(invitationIds, fresh, refused) };
}

function refusalToResend(
  sender: Member,
  row: queries.InvitationRow,
  budget: { left: number; full: Set<string> },
  { mailboxes }: Quotas,
): Refusal | null {
  if (!mayResend(sender, { builtIn: row.roleBuiltIn, permissions: row.rolePermissions })) {
    return new Refusal("forbidden", {
      detail: `You can't give what you don't have: ${row.roleName} holds more than your role.`,
    });
  }
  if (budget.full.has(row.email)) return new Refusal("rate_limited", { detail: TOO_OFTEN });
  if (budget.left <= 0) return new Refusal("rate_limited", { detail: OVER_LIMIT });
  return mailboxes.take(row.email) ? null : new Refusal("rate_limited", { detail: TOO_OFTEN });
}

function skippedOf(invitationIds: string[], sent: Array<{ invitationId: string }>, refused: Map<string, Refusal>) {
  const done = new Set(sent.map(({ invitationId }) => invitationId));
  return [...new Set(invitationIds)]
    .filter((invitationId) => !done.has(invitationId))
    .map((invitationId) => {
      const refusal = refused.get(invitationId);
      return {
        invitationId,
        code: refusal?.code ?? "not_found",
        message: refusal?.detail ?? "Was accepted or withdrawn meanwhile.",
      };
    });
}
