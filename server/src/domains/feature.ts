import type { Feature } from "../feature.ts";
import { job } from "../platform/jobs.ts";
import { checkDomain, checkDueDomains, contestDomain, offerDomain } from "./checking.ts";
import { CHECK_DOMAIN, CHECK_DOMAINS, CONTEST_DOMAIN, OFFER_DOMAIN } from "./jobs.ts";
import { domainRoutes } from "./routes.ts";

export const domains: Feature = {
  name: "domains",
  routes: () => domainRoutes,
  jobs: (services) => [
    job(CHECK_DOMAIN, (payload) => checkDomain(services, payload)),
    job(CHECK_DOMAINS, () => checkDueDomains(services)),
    job(OFFER_DOMAIN, (payload) => offerDomain(services, payload)),
    job(CONTEST_DOMAIN, (payload) => contestDomain(services, payload)),
  ],
  tables: [
    {
      table: "domains",
      kind: "domains",
      erase: { by: "domain_id" },
      refersTo: [],
      exportAs: "domains",
      exported: [
        "domain_id",
        "domain",
        "state",
        "claimed_at",
        "claimed_by_name",
        "verified_at",
        "checked_at",
        "failing_since",
        "lapsed_at",
      ],
      withheld: [
        "token",
        "check_requested_at",
        "finding",
        "absent_seconds",
        "last_absent_at",
        "told_day",
        "waiting_since",
        "contested_at",
      ],
    },
  ],
  announces: ["domains"],
};
