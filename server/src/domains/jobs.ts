import type { JobKind } from "../platform/jobs.ts";

export const CHECK_DOMAIN: JobKind<{ tenantId: string; domainId: string }> = { name: "checkDomain", crew: "lookups" };
/** Queues a check of every domain that is due. */
export const CHECK_DOMAINS: JobKind<unknown> = { name: "checkDomains", crew: "upkeep", schedule: "41 * * * *" };
/** Nobody holds the domain any more: queues a check of each workspace's claim to it. */
export const OFFER_DOMAIN: JobKind<{ domain: string }> = { name: "offerDomain", crew: "upkeep" };
/** Another workspace proved the domain: tells its holder, and queues a check of the holder's record. */
export const CONTEST_DOMAIN: JobKind<{ domain: string }> = { name: "contestDomain", crew: "upkeep" };
