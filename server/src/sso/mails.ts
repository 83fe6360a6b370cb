import { mailHolders } from "../members/members.ts";
import type { Letter } from "../platform/mail/mail.ts";
import type { TenantTx } from "../platform/db/pools.ts";
import type { Services } from "../services.ts";

/** Mails everybody who may configure single sign-on, the owner among them. @param write gets the workspace's name */
export function mailConfigurers(
  services: Pick<Services, "keys" | "publicUrl">,
  tx: TenantTx,
  write: (tenant: string) => Letter,
): Promise<void> {
  return mailHolders(services, tx, "security.manage_sso", write);
}
