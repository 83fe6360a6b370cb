/** Mails to everybody who may change a part of the security settings. */
import { mailedPaths } from "#contract/paths.ts";
import type { Permission } from "#contract/permissions.ts";
import type { TenantTx } from "../platform/db/pools.ts";
import { pageLink } from "../platform/mail/link.ts";
import { type Letter, queueMails } from "../platform/mail/mail.ts";
import type { Services } from "../services.ts";
import { findTenantNames } from "../tenants/tenants.ts";
import * as queries from "./queries.ts";

/**
 * Mails the active members whose role has the permission, at most 100, the owner among them.
 * @param write gets the workspace's name. Null sends nothing. The link to its security settings follows the text.
 */
export async function mailHolders(
  services: Pick<Services, "keys" | "publicUrl">,
  tx: TenantTx,
  permission: Permission,
  write: (tenant: string) => Letter | null,
): Promise<void> {
  const { name, slug } = await findTenantNames(tx);
  const letter = write(name);
  if (!letter) return;
  const link = pageLink(services, mailedPaths.settingsSecurity(slug));
  const holders = await queries.findHolders(tx.db, permission);
  await queueMails(
    tx.db,
    services.keys,
    holders.map(({ email }) => ({ to: email, ...letter, link, tenantId: tx.tenantId })),
  );
}
