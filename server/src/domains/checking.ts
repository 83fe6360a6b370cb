/** The jobs that check domains, daily and on request, and carry out what follows. */
import type { AuditAction } from "#contract/audit.ts";
import { isDeleted } from "../access/roster.ts";
import { openAudit, WHOOT } from "../audit/audit.ts";
import { mailHolders } from "../members/members.ts";
import type { Letter } from "../platform/mail/mail.ts";
import { announceChanged } from "../platform/changes.ts";
import type { TenantTx } from "../platform/db/pools.ts";
import { enqueue, enqueueMany } from "../platform/jobs.ts";
import { mailWords } from "../platform/mail/words.ts";
import type { Services } from "../services.ts";
import type { Finding } from "./finding.ts";
import { CHECK_DOMAIN, CONTEST_DOMAIN, OFFER_DOMAIN } from "./jobs.ts";
import { makeLookUp } from "./look-up.ts";
import { challengeName, showDomain } from "./names.ts";
import * as queries from "./queries.ts";
import { type DomainEvent, GRACE_DAYS, whenAbsent, whenFound, whenUnknown } from "./standing.ts";

const goneWords = (domain: string) => mailWords`The TXT record at ${challengeName(domain)} is no longer there`;

function letterFor(event: DomainEvent | "contested", domain: string, tenant: string, wasWaiting: boolean): Letter | null {
  const shown = showDomain(domain);
  switch (event) {
    case "failing":
      return {
        subject: mailWords`${shown} will no longer be verified for ${tenant}`,
        text: mailWords`${goneWords(domain)}. Put it back within ${GRACE_DAYS} days, or ${tenant} loses the domain. The record is shown in the settings.`,
      };
    case "reminder":
      return {
        subject: mailWords`${shown} is still missing its record for ${tenant}`,
        text: mailWords`${goneWords(domain)}, for three days now. Put it back within four days, or ${tenant} loses the domain. The record is shown in the settings.`,
      };
    case "lapsed":
      return {
        subject: mailWords`${shown} is no longer verified for ${tenant}`,
        text: mailWords`The TXT record at ${challengeName(domain)} was missing for ${GRACE_DAYS} days, so ${tenant} no longer has the domain. Put the record back to verify the domain again.`,
      };
    case "contested":
      return {
        subject: mailWords`Another workspace claims ${shown}`,
        text: mailWords`Another workspace on this server put its own record at ${challengeName(domain)}. ${tenant} keeps the domain as long as its own record is there. If you gave the domain away, release it in the settings; otherwise find out who can change its DNS.`,
      };
    case "verified":
      return wasWaiting
        ? {
            subject: mailWords`${shown} is verified for ${tenant}`,
            text: mailWords`The workspace that held ${shown} before no longer does, and your record is there. ${tenant} holds the domain now.`,
          }
        : null;
    case "recovered":
      return null;
  }
}

const ACTIONS: Record<DomainEvent, AuditAction | null> = {
  verified: "domain.verified",
  recovered: "domain.recovered",
  failing: "domain.failing",
  reminder: null,
  lapsed: "domain.lapsed",
};

/** Stores the result of a check, and mails the people whom it concerns. */
async function apply(services: Services, tx: TenantTx, row: queries.DomainRow, finding: Finding): Promise<void> {
  const now = new Date();
  const found = finding.outcome === "found";
  // A domain that this workspace holds already can be held by no other.
  const holds = found && (await queries.enterDirectory(tx.db, row, true));
  const { event, ...standing } = holds ? whenFound(row) : finding.outcome === "absent" ? whenAbsent(row, now) : whenUnknown(row);
  const waitingSince = found && !holds ? (row.waitingSince ?? now) : finding.outcome === "unknown" ? row.waitingSince : null;
  await queries.saveCheck(tx.db, row.domainId, {
    ...standing,
    finding,
    verifiedAt: event === "verified" ? now : row.verifiedAt,
    lapsedAt: event === "lapsed" ? now : standing.state === "lapsed" ? row.lapsedAt : null,
    waitingSince,
  });
  if (event === "lapsed") {
    await queries.enterDirectory(tx.db, row, false);
    await enqueue(tx.db, OFFER_DOMAIN, { domain: row.domain }, `offer domain ${row.domain}`);
  }
  if (waitingSince !== null && row.waitingSince === null) {
    await enqueue(tx.db, CONTEST_DOMAIN, { domain: row.domain }, `contest domain ${row.domain}`);
  }
  const action = event && ACTIONS[event];
  if (action) {
    openAudit(tx, WHOOT).record({
      action,
      target: { type: "domain", id: row.domainId, name: showDomain(row.domain) },
      changes: { state: { from: row.state, to: standing.state } },
    });
  }
  if (event)
    await mailHolders(services, tx, "security.manage_domains", (tenant) =>
      letterFor(event, row.domain, tenant, row.waitingSince !== null),
    );
  await announceChanged(tx, "domains");
}

/** Checks one domain and stores the result. */
export async function checkDomain(
  services: Services,
  { tenantId, domainId }: { tenantId: string; domainId: string },
): Promise<void> {
  const find = (tx: TenantTx) => queries.findDomain(tx.db, domainId);
  const claimed = await services.database.withTenant(tenantId, async (tx) => ((await isDeleted(tx)) ? undefined : find(tx)));
  if (!claimed) return;
  // Outside of a transaction: name servers take seconds, and connections are few.
  const finding = await makeLookUp(services.config.outbound)(claimed.domain, claimed.token);
  const state = await services.database.withTenant(tenantId, async (tx) => {
    const row = (await isDeleted(tx)) ? undefined : await queries.lockDomain(tx.db, domainId);
    if (row) await apply(services, tx, row, finding);
    return row?.state;
  });
  services.log.info({ tenantId, domainId, before: state, outcome: finding.outcome }, "checked a domain");
}

/** The hourly job. */
export async function checkDueDomains(services: Services): Promise<void> {
  const tenants = await services.database.asPlatform("which workspaces claim domains", ({ db }) => queries.listClaimants(db));
  for (const tenantId of tenants) {
    await services.database.withTenant(tenantId, async (tx) => {
      if (await isDeleted(tx)) return;
      const due = await queries.listDue(tx.db);
      if (due.length > 0)
        await enqueueMany(
          tx.db,
          CHECK_DOMAIN,
          due.map((domainId) => ({ tenantId, domainId })),
        );
    });
  }
}

/** Queues a check of every claim to a domain that nobody holds any more, because one of them may be proved. */
export async function offerDomain(services: Services, { domain }: { domain: string }): Promise<void> {
  await services.database.asPlatform("who else claims a domain that was given up", async ({ db }) => {
    for (const { tenantId, domainId } of await queries.listClaims(db, domain)) {
      await enqueue(db, CHECK_DOMAIN, { tenantId, domainId }, `check domain ${domainId}`);
    }
  });
}

/** Tells the holder of a domain, once, that another workspace proved it too, and checks the holder's own record. */
export async function contestDomain(services: Services, { domain }: { domain: string }): Promise<void> {
  const claims = await services.database.asPlatform("who holds a domain that another workspace proved", ({ db }) =>
    queries.listClaims(db, domain),
  );
  const holder = claims.find(({ holds }) => holds);
  if (!holder) return offerDomain(services, { domain });
  const { tenantId, domainId } = holder;
  await services.database.withTenant(tenantId, async (tx) => {
    if ((await isDeleted(tx)) || !(await queries.noteContest(tx.db, domainId))) return;
    openAudit(tx, WHOOT).record({
      action: "domain.contested",
      target: { type: "domain", id: domainId, name: showDomain(domain) },
    });
    await mailHolders(services, tx, "security.manage_domains", (tenant) => letterFor("contested", domain, tenant, false));
    await enqueue(tx.db, CHECK_DOMAIN, { tenantId, domainId }, `check domain ${domainId}`);
  });
}
