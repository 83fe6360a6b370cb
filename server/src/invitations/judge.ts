/**
 * What inviting somebody would do: the one judge of a preview, of a batch and of a single invitation.
 *
 * Whose an address is, only those learn who may see addresses. A preview leaves no trace and could be asked a million times, so for others it
 * does not look. What was done they are told, without which of the reasons: to learn more than that they would have to invite strangers,
 * which mails them, counts against the day's limit and stands in the log.
 */
import { Email } from "#contract/http/accounts.ts";
import type { inviteMany } from "#contract/http/invitations.ts";
import type { z } from "zod";
import type { Member } from "../members/admit.ts";
import { findMemberEmails } from "../members/members.ts";
import type { TenantTx } from "../platform/db/pools.ts";
import type { Quota } from "../platform/quota.ts";
import type { RoleToGive } from "../roles/roles.ts";
import { listOpenOf } from "./open-queries.ts";
import * as queries from "./queries.ts";

export type Judged = z.input<typeof inviteMany.success.schema>["lines"][number];
type Verdict = Judged["verdict"];

/** Invitation mails of a workspace in 24 hours, to anybody and to one address. */
export const MAILS_PER_DAY = 2_000;
export const MAILS_PER_ADDRESS = 10;
const MAX_ADDRESS = 254;

export interface Wanted {
  line: number;
  read: string;
  email: string;
  /** Null: there is no role called `roleName`. */
  role: RoleToGive | null;
  roleName: string;
}

/** What may still be mailed today. */
export interface Budget {
  left: number;
  /** Addresses that had their share. */
  full: Set<string>;
}

/** @param personal counts a person's mails across their tenants, by account: no tenant's rows can. */
export async function findBudget(tx: TenantTx, sender: Member, emails: string[], personal: Quota): Promise<Budget> {
  const [mailed, full] = [await queries.countMails(tx.db), await queries.listFullAddresses(tx.db, emails, MAILS_PER_ADDRESS)];
  const left = Math.min(MAILS_PER_DAY - mailed, personal.left(sender.accountId));
  return { left: Math.max(0, left), full: new Set(full.map(({ email }) => email)) };
}

export const TOO_OFTEN = `Got ${MAILS_PER_ADDRESS} invitations from this workspace within a day. Try again tomorrow.`;
export const OVER_LIMIT = `Over the limit of ${MAILS_PER_DAY.toLocaleString("en")} invitations a day. Try again tomorrow.`;

/**
 * @param looked whether anybody looked whose the address is
 * @param lapsed whose invitation to the address lets nobody in any more */
function message(verdict: Verdict, wanted: Wanted, looked: boolean, firstLine?: number, lapsed?: string): string {
  switch (verdict) {
    case "invite":
      if (!looked) return `Will be invited as ${wanted.roleName}, if they are neither here nor invited yet.`;
      if (lapsed === undefined) return `Will be invited as ${wanted.roleName}.`;
      return `The invitation by ${lapsed} lapsed. Will be invited anew in your name, as ${wanted.roleName}.`;
    case "already_member":
      return "Already a member of this workspace.";
    case "already_invited":
      return "Has a pending invitation already. It is not sent again by this.";
    case "member_or_invited":
      return "Belongs to the workspace already, or was invited before.";
    case "duplicate":
      return `The same address as in line ${firstLine}.`;
    case "not_an_address":
      return wanted.email.includes("@") ? "Not an email address like name@example.com." : "Holds no email address.";
    case "too_long":
      return `Longer than an email address can be (${MAX_ADDRESS} characters).`;
    case "no_such_role":
      return `This workspace has no role called ${wanted.roleName}.`;
    case "role_not_yours":
      return wanted.role?.refusal ?? "";
    case "too_often":
      return TOO_OFTEN;
    case "over_limit":
      return OVER_LIMIT;
  }
}

/** The verdict that needs no look at the tenant's people; null when only they can tell. */
function judgeAlone({ email, role }: Wanted): { verdict: Verdict | null; email: string | null } {
  // Before the address's own rules, whose cost grows with its length.
  if (email.length > MAX_ADDRESS) return { verdict: "too_long", email: null };
  const address = Email.safeParse(email);
  if (!address.success) return { verdict: "not_an_address", email: null };
  if (!role) return { verdict: "no_such_role", email: address.data };
  return { verdict: role.refusal === null ? null : "role_not_yours", email: address.data };
}

/**
 * One verdict per line, in their order.
 * @param purpose `invite`: those who can be are invited with it.
 */
export async function judge(
  tx: TenantTx,
  inviter: Member,
  wanted: Wanted[],
  personal: Quota,
  purpose: "preview" | "invite",
): Promise<Judged[]> {
  const seesAddresses = inviter.may("users.view_contact");
  const looks = seesAddresses || purpose === "invite";
  const alone = wanted.map(judgeAlone);
  const emails = [...new Set(alone.flatMap(({ verdict, email }) => (verdict === null && email !== null ? [email] : [])))];
  const looked = looks ? emails : [];
  const members = await findMemberEmails(tx, looked);
  const open = await listOpenOf(tx.db, looked);
  const waiting = new Map(open.flatMap((row) => (row.pending ? [[row.email, row.invitationId]] : [])));
  const lapsed = new Map(open.flatMap((row) => (row.lapsed ? [[row.email, row.invitedByName]] : [])));
  const budget = await findBudget(tx, inviter, looked, personal);
  const firstLines = new Map<string, number>();
  let { left } = budget;

  function whyKnown(email: string): Verdict | null {
    if (members.has(email)) return "already_member";
    if (waiting.has(email)) return "already_invited";
    return budget.full.has(email) ? "too_often" : null;
  }

  function judgeAmongPeople(email: string): Verdict {
    if (firstLines.has(email)) return "duplicate";
    // Before all that is known of the address: once a stranger would not be invited, nothing is told of anybody.
    if (left === 0) return "over_limit";
    const known = whyKnown(email);
    if (known) return seesAddresses ? known : "member_or_invited";
    left -= 1;
    return "invite";
  }

  return wanted.map((line, index) => {
    const { email = null, verdict: own = null } = alone[index] ?? {};
    const verdict = own ?? judgeAmongPeople(email ?? "");
    const judged = {
      line: line.line,
      read: line.read,
      email,
      roleId: line.role?.roleId ?? null,
      roleName: line.role?.name ?? line.roleName,
      verdict,
      message: message(verdict, line, looks, firstLines.get(email ?? ""), lapsed.get(email ?? "")),
      invitationId: (verdict === "already_invited" && waiting.get(email ?? "")) || null,
    };
    if (own === null && email !== null && !firstLines.has(email)) firstLines.set(email, line.line);
    return judged;
  });
}
