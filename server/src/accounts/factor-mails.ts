/** Mails about an account's second factors. Each change sends a mail, so that people learn of changes that they did not make. */
import { mailedPaths } from "#contract/paths.ts";
import type { PlatformTx } from "../platform/db/pools.ts";
import { pageLink } from "../platform/mail/link.ts";
import { queueMail } from "../platform/mail/mail.ts";
import { type MailWords, mailWords } from "../platform/mail/words.ts";
import type { Services } from "../services.ts";

const IF_NOT_YOU = "If it wasn't you, choose a new password at once and look at your account:";

const MAILS = {
  on: {
    subject: mailWords`Two-step verification is on`,
    text: mailWords`Two-step verification was just turned on for your whoot account. Signing in now needs a code of your authenticator app. If it was you, there is nothing to do. ${IF_NOT_YOU}`,
  },
  replaced: {
    subject: mailWords`Your authenticator app was replaced`,
    text: mailWords`Another authenticator app was just set up for your whoot account. Codes of the earlier one no longer work. If it was you, there is nothing to do. ${IF_NOT_YOU}`,
  },
  off: {
    subject: mailWords`Two-step verification is off`,
    text: mailWords`Two-step verification was just turned off for your whoot account. Signing in needs the password alone. If it was you, there is nothing to do. ${IF_NOT_YOU}`,
  },
  appRemoved: {
    subject: mailWords`Your authenticator app was removed`,
    text: mailWords`The authenticator app was just removed from your whoot account. Your passkeys stay. If it was you, there is nothing to do. ${IF_NOT_YOU}`,
  },
  newCodes: {
    subject: mailWords`You have new recovery codes`,
    text: mailWords`New recovery codes were just made for your whoot account. The earlier ones no longer work. If it was you, there is nothing to do. ${IF_NOT_YOU}`,
  },
} as const satisfies Record<string, { subject: MailWords; text: MailWords }>;

export type FactorChange = keyof typeof MAILS;

export async function queueFactorMail(tx: PlatformTx, services: Services, { to, change }: { to: string; change: FactorChange }) {
  await queueMail(tx.db, services.keys, {
    to,
    ...MAILS[change],
    link: pageLink(services, mailedPaths.account()),
    tenantId: null,
  });
}

interface PasskeyMail {
  to: string;
  /** The name of the passkey. */
  name: string;
  /** Whether the account had no second factor before, or has none now. */
  alone: boolean;
}

export async function queuePasskeyAddedMail(tx: PlatformTx, services: Services, { to, name, alone }: PasskeyMail) {
  const next = alone ? "From now on, the password alone no longer signs you in. " : "";
  await queueMail(tx.db, services.keys, {
    to,
    subject: mailWords`A passkey was added to your account`,
    text: mailWords`The passkey “${name}” was just added to your whoot account. ${next}If it was you, there is nothing to do. ${IF_NOT_YOU}`,
    link: pageLink(services, mailedPaths.account()),
    tenantId: null,
  });
}

export async function queuePasskeyRemovedMail(tx: PlatformTx, services: Services, { to, name, alone }: PasskeyMail) {
  const next = alone
    ? "Two-step verification is off now: signing in needs the password alone, and your recovery codes no longer work. "
    : "";
  await queueMail(tx.db, services.keys, {
    to,
    subject: alone ? mailWords`Your last passkey was removed` : mailWords`A passkey was removed from your account`,
    text: mailWords`The passkey “${name}” was just removed from your whoot account. ${next}If it was you, there is nothing to do. ${IF_NOT_YOU}`,
    link: pageLink(services, mailedPaths.account()),
    tenantId: null,
  });
}

export async function queueRecoveryCodeUsedMail(tx: PlatformTx, services: Services, { to, left }: { to: string; left: number }) {
  const next = left === 0 ? "You have none left. Make new ones:" : `You have ${left} left.`;
  await queueMail(tx.db, services.keys, {
    to,
    subject: mailWords`A recovery code of your account was used`,
    text: mailWords`A recovery code of your whoot account was just used. It no longer works. ${next} ${left === 0 ? "" : IF_NOT_YOU}`,
    link: pageLink(services, mailedPaths.account()),
    tenantId: null,
  });
}
