/** Whom to ask for a licence when all are taken, or for an add-on. */
import { z } from "zod";
import { endpoint, Id } from "./endpoint.ts";
import { TenantParams } from "./tenants.ts";

/** More are counted, not named. */
export const MAX_BUYERS = 5;

export const listLicenceBuyers = endpoint({
  operationId: "listLicenceBuyers",
  method: "GET",
  path: "/tenants/{slug}/billing/licences/buyers",
  summary: `Who can buy licences, or add-ons: the owner first, then who joined first, at most ${MAX_BUYERS}.`,
  access: "member",
  permission: "users.view",
  params: TenantParams,
  query: z.strictObject({ of: z.enum(["licences", "add-ons"]).default("licences") }),
  success: {
    status: 200,
    description: "Active members whose role allows it",
    schema: z.strictObject({
      items: z.array(z.strictObject({ memberId: Id, name: z.string() })).max(MAX_BUYERS),
      more: z.int().describe("How many others can buy, up to 100"),
    }),
  },
});
