/** Mail: asked for inside a transaction, sent by a job after it. SMTP when set, else `.eml` files in the outbox folder. */
import { createTransport } from "nodemailer";
import type { Db } from "../db/pools.ts";
import { enqueue, enqueueMany, type JobPayloads } from "../jobs.ts";
import type { Keys } from "../keys.ts";
import { open, seal } from "../seal.ts";
import { type KeptMails, openKeptMails, openOutbox, type Outbox } from "./outbox.ts";

export interface MailMessage {
  to: string;
  subject: string;
  /** Plain text; `link` is appended on a line of its own. */
  text: string;
  link: string;
  /** The tenant that it speaks of, so that deleting the tenant removes it from the outbox. */
  tenantId: string | null;
}

const SEAL_CONTEXT = "mail that waits to be sent";

/**
 * Sends after the commit of the transaction of `db`; retried until the mail server takes it. Sealed meanwhile: while that
 * server is away links wait for days, and each opens an account or a workspace to whoever reads the database, or a backup.
 */
export function queueMail(db: Db, keys: Keys, message: MailMessage): Promise<void> {
  return enqueue(db, "sendMail", sealed(keys, message));
}

/** The same for many at once. They wait behind single mails, which somebody may be waiting for. */
export function queueMails(db: Db, keys: Keys, messages: MailMessage[]): Promise<void> {
  return enqueueMany(
    db,
    "sendMail",
    messages.map((message) => sealed(keys, message)),
  );
}

function sealed(keys: Keys, message: MailMessage): JobPayloads["sendMail"] {
  const bytes = seal(keys.platformKey("mail"), JSON.stringify(message), SEAL_CONTEXT);
  return { sealed: bytes.toString("base64"), tenantId: message.tenantId };
}

/** The mail of a job. @throws when it was sealed by another master key */
export function openQueuedMail(keys: Keys, { sealed }: JobPayloads["sendMail"]): MailMessage {
  return JSON.parse(open(keys.platformKey("mail"), Buffer.from(sealed, "base64"), SEAL_CONTEXT).toString()) as MailMessage;
}

export interface Mailer {
  /** Null when mails go out by SMTP. */
  outbox: Outbox | null;
  kept: KeptMails;
  send(message: MailMessage): Promise<void>;
}

export function openMailer(settings: { smtpUrl: string | null; from: string; outboxFolder: string }): Mailer {
  const compose = (message: MailMessage) => ({
    from: settings.from,
    to: message.to,
    subject: message.subject,
    text: `${message.text}\n\n${message.link}\n`,
  });
  const kept = openKeptMails(settings.outboxFolder);
  if (settings.smtpUrl) {
    const transport = createTransport(settings.smtpUrl, { connectionTimeout: 10_000 } as object);
    return {
      outbox: null,
      kept,
      async send(message) {
        await transport.sendMail(compose(message));
      },
    };
  }
  const outbox = openOutbox(settings.outboxFolder);
  const toBytes = createTransport({ streamTransport: true, buffer: true, newline: "windows" });
  return {
    outbox,
    kept,
    async send(message) {
      const { message: bytes } = await toBytes.sendMail(compose(message));
      await outbox.add(bytes as Buffer, message.tenantId);
    },
  };
}
