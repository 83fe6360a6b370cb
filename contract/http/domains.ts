/** Domains of a workspace's email addresses, each proved by a TXT record. */
import { z } from "zod";
import { bounded } from "../bounded.ts";
import { endpoint, Id, Time } from "./endpoint.ts";
import { TenantParams } from "./tenants.ts";

/** Domains that one workspace can claim. */
export const MAX_DOMAINS = 50;

export const DomainState = z.enum(["unverified", "verified", "failing", "lapsed"]).meta({ id: "DomainState" });
export type DomainState = z.infer<typeof DomainState>;

const Domain = z
  .strictObject({
    domainId: Id,
    domain: z.string().describe("As A-labels (RFC 5890), in lower case"),
    displayName: z.string().describe("As people write it"),
    state: DomainState,
    record: z
      .strictObject({
        name: z.string().describe("In full, without a trailing dot"),
        relativeName: z.string().describe("Below `zone`, as most DNS providers want it"),
        zone: z.string(),
        value: z.string(),
      })
      .describe("The TXT record that proves the domain"),
    claimedAt: Time,
    claimedByName: z.string(),
    verifiedAt: Time.nullable(),
    failingSince: Time.nullable(),
    lapsedAt: Time.nullable(),
    waiting: z.boolean().describe("The record is there, and another workspace holds the domain"),
    checking: z.boolean().describe("A check is under way"),
    check: z
      .strictObject({
        at: Time,
        outcome: z
          .enum(["found", "absent", "unknown"])
          .describe("absent: every name server says so. unknown: nobody could tell, and nothing follows from it"),
        says: z.array(z.string()).max(20).describe("What was found and what to do, in sentences"),
      })
      .nullable()
      .describe("The last check"),
    can: z.strictObject({ check: z.boolean(), release: z.boolean() }),
  })
  .meta({ id: "Domain" });

const DomainParams = TenantParams.extend({ domainId: Id });

export const listDomains = endpoint({
  operationId: "listDomains",
  method: "GET",
  path: "/tenants/{slug}/domains",
  summary: "The domains that the workspace claims, in the order of their names.",
  access: "member",
  permission: "security.view",
  params: TenantParams,
  success: {
    status: 200,
    description: "All of them",
    schema: z.strictObject({ items: z.array(Domain).max(MAX_DOMAINS), can: z.strictObject({ claim: z.boolean() }) }),
  },
});

export const claimDomain = endpoint({
  operationId: "claimDomain",
  method: "POST",
  path: "/tenants/{slug}/domains",
  summary:
    "Claim a domain. It counts once its TXT record is found. Endings under which anyone can register and domains of mail providers are refused.",
  access: "member",
  permission: "security.manage_domains",
  params: TenantParams,
  body: z.strictObject({ domain: bounded(300).describe("As A-labels or in Unicode, with or without a leading @") }),
  audits: ["domain.claimed"],
  success: { status: 201, description: "Claimed", schema: Domain },
  errors: ["quota_reached", "reauthentication_required"],
});

export const checkDomain = endpoint({
  operationId: "checkDomain",
  method: "POST",
  path: "/tenants/{slug}/domains/{domainId}/check",
  summary:
    "Look for the domain's TXT record now, at its own name servers. The answer comes before the result: read the domains again until `checking` is false.",
  access: "member",
  permission: "security.manage_domains",
  params: DomainParams,
  audits: ["domain.checked"],
  success: { status: 202, description: "Begun", schema: Domain },
  errors: ["rate_limited"],
});

export const releaseDomain = endpoint({
  operationId: "releaseDomain",
  method: "DELETE",
  path: "/tenants/{slug}/domains/{domainId}",
  summary: "Give a domain up. Another workspace that has proved the domain holds it from then on.",
  access: "member",
  permission: "security.manage_domains",
  params: DomainParams,
  audits: ["domain.released"],
  success: { status: 204, description: "Released" },
  errors: ["reauthentication_required"],
});
