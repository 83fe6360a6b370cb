import type { JobKind } from "../platform/jobs.ts";

export const CHECK_DOMAIN: JobKind<{ tenantId: string; domainId: string }> = { name: "checkDomain", crew: "lookups" };
/** Has every domain that is due checked. */
export const CHECK_DOMAINS: JobKind<unknown> = { name: "checkDomains", crew: "upkeep", schedule: "41 * * * *" };
/** Nobody holds the domain any more: those who claim it are checked now. */
export const OFFER_DOMAIN: JobKind<{ domain: string }> = { name: "offerDomain", crew: "upkeep" };
/** Somebody else proved the domain: its holder is told, and checked now. */
export const CONTEST_DOMAIN: JobKind<{ domain: string }> = { name: "contestDomain", crew: "upkeep" };
