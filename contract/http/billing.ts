import { z } from "zod";
import { endpoint } from "./endpoint.ts";
import { TenantParams } from "./tenants.ts";

export const getLicences = endpoint({
  operationId: "getLicences",
  method: "GET",
  path: "/tenants/{slug}/billing/licences",
  summary:
    "How many licences the workspace has, and how many are taken. Every active member takes one, viewers and the owner too. An open invitation reserves one until it is accepted, withdrawn or expires. Suspended members take none.",
  access: "member",
  permission: "billing.view",
  params: TenantParams,
  success: {
    status: 200,
    description: "The numbers",
    schema: z
      .strictObject({
        limit: z.int().nullable().describe("Null: no limit"),
        used: z.int().describe("Active members"),
        reserved: z.int().describe("Open invitations that have not expired"),
        left: z.int().nullable().describe("Null: no limit. 0 also when more are taken than there are, which removes nobody"),
      })
      .meta({ id: "Licences" }),
  },
});
