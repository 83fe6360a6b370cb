/**
 * Decides what inviting a person does, for a preview, a batch and a single invitation alike.
 *
 * Only callers who may see addresses learn whether an address belongs to a member or is invited. For others a preview does not check that, because
 * it leaves no trace and could be repeated a million times. When they invite, they learn that an address was skipped but not why. To guess further
 * they would have to invite strangers, which sends mails, counts towards the day's limit and is audited.
 */
import { MAX_ADDRESS } from "#contract/addresses.ts";
import { Email } from "#contract/http/accounts.ts";
import type { inviteMany } from "#contract/http/invitations.ts";
import type { z } from "zod";
import type { Ctx } from "../access/ctx.ts";
import { allTaken, countLicences } from "../billing/licences.ts";
import { findMemberEmails } from "../members/members.ts";
import { mapInSlices } from "../platform/slices.ts";
import type { RoleToGive } from "../access/role-giving.ts";
import { MAILS_PER_ADDRESS, type Quotas } from "./quotas.ts";
import { listOpenOf } from "./open-queries.ts";
import * as queries from "./queries.ts";

export type Judged = z.input<typeof inviteMany.success.schema>["lines"][number];
type Verdict = Judged["verdict"];

/** Invitation mails of a workspace in 24 hours. */
const MAILS_PER_DAY = 2_000;

export interface Wanted {
  line: number;
  read: string;
  email: string;
  /** Null when no role is called `roleName`. */
  role: RoleToGive | null;
  roleName: string;
}

/** What may still be mailed today. */
export interface Budget {
  left: number;
  /** Addresses that have reached MAILS_PER_ADDRESS. */
  full: Set<string>;
}

export async function findBudget(ctx: Ctx, emails: string[], quotas: Quotas): Promise<Budget> {
  const [mailed, full] = [await queries.countMails(ctx.db), await queries.listFullAddresses(ctx.db, emails, MAILS_PER_ADDRESS)];
  const left = Math.min(MAILS_PER_DAY - mailed, quotas.personal.left(ctx.member.accountId));
  return { left: Math.max(0, left), full: new Set(full.map(({ email }) => email)) };
}

/** One sentence for all limits, so that it does not reveal what other workspaces send. */
export const TOO_OFTEN = "Got too many invitations within a day. Try again tomorrow.";
export const OVER_LIMIT = `Over the limit of ${MAILS_PER_DAY.toLocaleString("en")} invitations a day. Try again tomorrow.`;

interface Details {
  /** Whether members and invitations were checked for the address. */
  checked: boolean;
  /** The first line with the same address. */
  firstLine: number | undefined;
  /** The sender of a lapsed invitation to the address. */
  lapsed: string | undefined;
  /** Why there is no licence left. */
  licences: string;
}

function message(verdict: Verdict, wanted: Wanted, { checked, firstLine, lapsed, licences }: Details): string {
  switch (verdict) {
    case "invite":
      if (!checked) return `Will be invited as ${wanted.roleName}, unless they are already a member or invited.`;
      if (lapsed === undefined) return `Will be invited as ${wanted.roleName}.`;
      return `The invitation by ${lapsed} lapsed. Will be invited again in your name, as ${wanted.roleName}.`;
    case "already_member":
      return "Already a member of this workspace.";
    case "already_invited":
      return "Already has a pending invitation. It isn't sent again.";
    case "member_or_invited":
      return "Already a member or already invited.";
    case "duplicate":
      return `The same address as in line ${firstLine}.`;
    case "not_an_address":
      return wanted.email.includes("@") ? "Not an email address." : "No email address here.";
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
    case "no_licence":
      return licences;
  }
}

/** The verdict that the line alone decides; null when the tenant's people have to be checked, too. */
function judgeAlone({ email, role }: Wanted): { verdict: Verdict | null; email: string | null } {
  // Check the length first: parsing costs time in proportion to it.
  if (email.length > MAX_ADDRESS) return { verdict: "too_long", email: null };
  const address = Email.safeParse(email);
  if (!address.success) return { verdict: "not_an_address", email: null };
  if (!role) return { verdict: "no_such_role", email: address.data };
  return { verdict: role.refusal === null ? null : "role_not_yours", email: address.data };
}

/**
 * Returns one verdict per line, in the same order.
 * @param input `purpose`: with "invite" the caller then invites every line with that verdict, so its mailbox quota is taken here
 */
export async function judge(
  ctx: Ctx,
  { wanted, quotas, purpose }: { wanted: Wanted[]; quotas: Quotas; purpose: "preview" | "invite" },
): Promise<Judged[]> {
  const seesAddresses = ctx.member.may("users.view_contact");
  const checks = seesAddresses || purpose === "invite";
  const alone = await mapInSlices(wanted, judgeAlone);
  const emails = [...new Set(alone.flatMap(({ verdict, email }) => (verdict === null && email !== null ? [email] : [])))];
  const checked = checks ? emails : [];
  const members = await findMemberEmails(ctx, checked);
  const open = await listOpenOf(ctx.db, checked);
  const pending = new Map(open.flatMap((row) => (row.pending ? [[row.email, row.invitationId]] : [])));
  const lapsed = new Map(open.flatMap((row) => (row.lapsed ? [[row.email, row.invitedByName]] : [])));
  const budget = await findBudget(ctx, checked, quotas);
  const firstLines = new Map<string, number>();
  let { left } = budget;
  const licences = await countLicences(ctx);
  let licencesLeft = licences.left ?? Infinity;
  const noLicence = allTaken(licences);

  function knownVerdict(email: string): Verdict | null {
    if (members.has(email)) return "already_member";
    if (pending.has(email)) return "already_invited";
    return budget.full.has(email) ? "too_often" : null;
  }

  function judgeAmongPeople(email: string): Verdict {
    if (firstLines.has(email)) return "duplicate";
    // Check the limit before anything about the address. Over the limit, members and strangers must get the same verdict.
    if (left === 0) return "over_limit";
    const known = knownVerdict(email);
    if (known && seesAddresses) return known;
    // A lapsed invitation to the address has a licence, which the new one takes over. Were that so for callers who may not see addresses, a
    // full workspace would tell them whose invitation lapsed: everybody else's line costs no mail.
    const needsLicence = !seesAddresses || !lapsed.has(email);
    if (needsLicence && licencesLeft <= 0) return "no_licence";
    if (known) return "member_or_invited";
    // Not in a preview: it leaves no trace, so it must not reveal who is invited elsewhere.
    if (purpose === "invite" && !quotas.mailboxes.take(email)) return seesAddresses ? "too_often" : "member_or_invited";
    left -= 1;
    if (needsLicence) licencesLeft -= 1;
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
      message: message(verdict, line, {
        checked: checks,
        firstLine: firstLines.get(email ?? ""),
        lapsed: lapsed.get(email ?? ""),
        licences: noLicence,
      }),
      invitationId: (verdict === "already_invited" && pending.get(email ?? "")) || null,
    };
    if (own === null && email !== null && !firstLines.has(email)) firstLines.set(email, line.line);
    return judged;
  });
}
