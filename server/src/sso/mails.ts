/** Mails to everybody who may configure single sign-on, the owner among them. */
import { mailedPaths } from "#contract/paths.ts";
import { findEmailsOfHolders } from "../members/members.ts";
import type { TenantTx } from "../platform/db/pools.ts";
import { pageLink } from "../platform/mail/link.ts";
import { queueMails } from "../platform/mail/mail.ts";
import type { MailWords } from "../platform/mail/words.ts";
import type { Services } from "../services.ts";
import { findTenantNames } from "../tenants/tenants.ts";

interface Letter {
  subject: MailWords;
  text: MailWords;
}

/** @param write gets the workspace's name. The link to its security settings follows the text. */
export async function mailConfigurers(
  services: Pick<Services, "keys" | "publicUrl">,
  tx: TenantTx,
  write: (tenant: string) => Letter,
): Promise<void> {
  const { name, slug } = await findTenantNames(tx);
  const letter = write(name);
  const link = pageLink(services, mailedPaths.settingsSecurity(slug));
  const emails = await findEmailsOfHolders(tx, "security.manage_sso");
  await queueMails(
    tx.db,
    services.keys,
    emails.map((to) => ({ to, ...letter, link, tenantId: tx.tenantId })),
  );
}
