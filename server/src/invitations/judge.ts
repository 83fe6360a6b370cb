/** What inviting somebody would do: the one judge of a preview, of a batch and of a single invitation. */
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

/** @param lapsed whose invitation to the address lets nobody in any more */
function message(verdict: Verdict, wanted: Wanted, firstLine: number | undefined, lapsed: string | undefined): string {
  switch (verdict) {
    case "invite":
      if (lapsed === undefined) return `Will be invited as ${wanted.roleName}.`;
      return `The invitation by ${lapsed} lapsed. Will be invited anew in your name, as ${wanted.roleName}.`;
    case "already_member":
      return "Already a member of this workspace.";
    case "already_invited":
      return "Has a pending invitation already. It is not sent again by this.";
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

/** One verdict per line, in their order. */
export async function judge(tx: TenantTx, inviter: Member, wanted: Wanted[], personal: Quota): Promise<Judged[]> {
  const alone = wanted.map(judgeAlone);
  const emails = [...new Set(alone.flatMap(({ verdict, email }) => (verdict === null && email !== null ? [email] : [])))];
  const members = await findMemberEmails(tx, emails);
  const open = await listOpenOf(tx.db, emails);
  const waiting = new Map(open.flatMap((row) => (row.pending ? [[row.email, row.invitationId]] : [])));
  const lapsed = new Map(open.flatMap((row) => (row.lapsed ? [[row.email, row.invitedByName]] : [])));
  const budget = await findBudget(tx, inviter, emails, personal);
  const firstLines = new Map<string, number>();
  let { left } = budget;

  function judgeAmongPeople(email: string): Verdict {
    if (firstLines.has(email)) return "duplicate";
    if (members.has(email)) return "already_member";
    if (waiting.has(email)) return "already_invited";
    if (budget.full.has(email)) return "too_often";
    if (left === 0) return "over_limit";
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
      message: message(verdict, line, firstLines.get(email ?? ""), lapsed.get(email ?? "")),
      // Which invitation an address has is a contact detail of it.
      invitationId: (verdict === "already_invited" && inviter.may("users.view_contact") && waiting.get(email ?? "")) || null,
    };
    if (own === null && email !== null && !firstLines.has(email)) firstLines.set(email, line.line);
    return judged;
  });
}
