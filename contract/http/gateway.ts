import { endpoint } from "./endpoint.ts";
import { TenantParams } from "./tenants.ts";

export const openGateway = endpoint({
  operationId: "openGateway",
  method: "GET",
  path: "/tenants/{slug}/gateway",
  summary: "The real-time gateway: a WebSocket that speaks the messages of contract/gateway.ts.",
  access: "member",
  params: TenantParams,
  success: { status: 101, description: "Switched to WebSocket" },
  errors: ["upgrade_required", "cross_site"],
});
