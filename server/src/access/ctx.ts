/** The first parameter of every feature function. Its type says who may call the function. */
import type { Audit } from "../audit/audit.ts";
import type { TenantTx } from "../platform/db/pools.ts";
import type { Origin } from "../platform/http/caller.ts";
import type { Services } from "../services.ts";
import type { SsoProof, Tenant } from "./admit.ts";
import type { Member } from "./member.ts";
import type { Principal } from "./principal.ts";

/** For requests that anybody may send. */
export interface PublicCtx {
  readonly services: Services;
  readonly origin: Origin;
}

/** For requests of a signed-in person, above tenants. */
export interface PersonCtx extends PublicCtx {
  readonly principal: Principal;
}

/** For requests of a member: one transaction in their tenant. */
export interface Ctx extends TenantTx {
  readonly services: Services;
  readonly principal: Principal;
  readonly member: Member;
  /** The tenant's row at the time of the admission. */
  readonly tenant: Tenant;
  /** What the session has proved to the tenant through single sign-on. */
  readonly sso: SsoProof | null;
  /** Records entries in the member's name. */
  readonly audit: Audit;
}
