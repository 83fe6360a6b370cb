/** Email domains of a workspace: claimed here, proved by a TXT record, checked in the background (checking.ts). */
import { randomBytes } from "node:crypto";
import { v7 as uuidv7 } from "uuid";
import { MAX_DOMAINS } from "#contract/http/domains.ts";
import type { Ctx } from "../access/ctx.ts";
import type { Member } from "../access/member.ts";
import type { Database, TenantTx } from "../platform/db/pools.ts";
import { encodeBase32 } from "../platform/base32.ts";
import { assertRecentlyAuthenticated } from "../access/reauthentication.ts";
import { announceChanged } from "../platform/changes.ts";
import { enqueue } from "../platform/jobs.ts";
import { orNotFound, Refusal } from "../platform/refusal.ts";
import { changesFrom } from "../audit/audit.ts";
import { tellFinding } from "./finding.ts";
import { CHECK_DOMAIN, OFFER_DOMAIN } from "./jobs.ts";
import { challengeName, challengeValue, readDomain, relativeChallengeName, showDomain } from "./names.ts";
import { domainAbilities } from "./policy.ts";
import * as queries from "./queries.ts";

/** 160 random bits in base32 (RFC 4648), in lower case. */
function makeChallengeToken(): string {
  return encodeBase32(randomBytes(20)).toLowerCase();
}

function present(row: queries.DomainRow, viewer: Member) {
  const { name: relativeName, zone } = relativeChallengeName(row.domain);
  return {
    domainId: row.domainId,
    domain: row.domain,
    displayName: showDomain(row.domain),
    state: row.state,
    record: { name: challengeName(row.domain), relativeName, zone, value: challengeValue(row.token) },
    claimedAt: row.claimedAt.toISOString(),
    claimedByName: row.claimedByName,
    verifiedAt: row.verifiedAt?.toISOString() ?? null,
    failingSince: row.failingSince?.toISOString() ?? null,
    lapsedAt: row.lapsedAt?.toISOString() ?? null,
    waiting: row.waitingSince !== null,
    checking: row.checking,
    check:
      row.finding && row.checkedAt
        ? { at: row.checkedAt.toISOString(), outcome: row.finding.outcome, says: tellFinding(row.finding) }
        : null,
    can: domainAbilities(viewer),
  };
}

interface DomainId {
  domainId: string;
}

const target = (domainId: string, domain: string) => ({ type: "domain" as const, id: domainId, name: showDomain(domain) });

export async function listDomains(ctx: Ctx) {
  const rows = await queries.listDomains(ctx.db);
  return {
    items: rows.map((row) => present(row, ctx.member)),
    can: { claim: ctx.member.may("security.manage_domains") },
  };
}

function domainRefusal(message: string): Refusal {
  return new Refusal("invalid_input", { fields: [{ path: "domain", message }] });
}

/** @throws Refusal reauthentication_required; invalid_input for a name that can't be claimed or is claimed here already; quota_reached */
export async function claimDomain(ctx: Ctx, input: { domain: string }) {
  const read = readDomain(input.domain);
  if (typeof read === "string") throw domainRefusal(read);
  const { domain } = read;
  assertRecentlyAuthenticated(ctx.principal);
  const domainId = uuidv7();
  const row = { tenantId: ctx.tenantId, domainId, domain, token: makeChallengeToken(), byName: ctx.member.name };
  if (!(await queries.insertDomain(ctx.db, row))) throw domainRefusal("This workspace has that domain already.");
  // The directory's lock serializes claims of one domain, not claims of one workspace, so two at once may exceed the limit by one.
  if ((await queries.countDomains(ctx.db)) > MAX_DOMAINS) {
    const detail = `This workspace has ${MAX_DOMAINS} domains, the most it can have. Release one first.`;
    throw new Refusal("quota_reached", { detail });
  }
  await queries.enterDirectory(ctx.db, row, false);
  ctx.audit.record({ action: "domain.claimed", target: target(domainId, domain) });
  await announceChanged(ctx, "domains");
  return present(orNotFound(await queries.findDomain(ctx.db, domainId)), ctx.member);
}

/** @throws Refusal not_found */
export async function checkDomain(ctx: Ctx, { domainId }: DomainId) {
  const { domain } = orNotFound(await queries.noteRequest(ctx.db, domainId));
  await enqueue(ctx.db, CHECK_DOMAIN, { tenantId: ctx.tenantId, domainId }, `check domain ${domainId}`);
  ctx.audit.record({ action: "domain.checked", target: target(domainId, domain) });
  await announceChanged(ctx, "domains");
  return present(orNotFound(await queries.findDomain(ctx.db, domainId)), ctx.member);
}

/** @throws Refusal not_found; reauthentication_required */
export async function releaseDomain(ctx: Ctx, { domainId }: DomainId): Promise<void> {
  const row = orNotFound(await queries.lockDomain(ctx.db, domainId));
  assertRecentlyAuthenticated(ctx.principal);
  await queries.deleteDomain(ctx.db, domainId);
  await queries.leaveDirectory(ctx.db, row.domain);
  ctx.audit.record({
    action: "domain.released",
    target: target(domainId, row.domain),
    changes: changesFrom({ state: row.state }),
  });
  await enqueue(ctx.db, OFFER_DOMAIN, { domain: row.domain }, `offer domain ${row.domain}`);
  await announceChanged(ctx, "domains");
}

/** Whether the tenant has proved the domain: verified, or failing for less than the grace period. @param domain as A-labels, in lower case */
export async function holdsDomain(tx: TenantTx, domain: string): Promise<boolean> {
  const found = await queries.findByName(tx.db, domain);
  return found?.state === "verified" || found?.state === "failing";
}

/** The domains that the tenant has proved, as people write them. */
export async function listHeldDomains(tx: TenantTx): Promise<string[]> {
  const rows = await queries.listDomains(tx.db);
  return rows.filter(({ state }) => state === "verified" || state === "failing").map(({ domain }) => showDomain(domain));
}

/** The tenant that has proved the domain; null when none has. */
export async function findHolder(database: Database, domain: string): Promise<string | null> {
  const claims = await database.asPlatformStatement("who holds a domain", (db) => queries.listClaims(db, domain));
  return claims.find(({ holds }) => holds)?.tenantId ?? null;
}
