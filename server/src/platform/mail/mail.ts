/** Mail: asked for inside a transaction, sent by a job after it. SMTP when set, else `.eml` files in the outbox folder. */
import { createTransport } from "nodemailer";
import type { Db } from "../db/pools.ts";
import { enqueue, type JobPayloads } from "../jobs.ts";
import { openOutbox, type Outbox } from "./outbox.ts";

export interface MailMessage {
  to: string;
  subject: string;
  /** Plain text; `link` is appended on a line of its own. */
  text: string;
  link: string;
  /** The tenant that it speaks of, so that deleting the tenant removes it from the outbox. */
  tenantId: string | null;
}

/** Sends after the commit of the transaction of `db`; retried until the mail server takes it. */
export function queueMail(db: Db, message: MailMessage): Promise<void> {
  return enqueue(db, "sendMail", message);
}

export interface Mailer {
  /** Null when mails go out by SMTP. */
  outbox: Outbox | null;
  send(message: JobPayloads["sendMail"]): Promise<void>;
}

export function openMailer(settings: { smtpUrl: string | null; from: string; outboxFolder: string }): Mailer {
  const compose = (message: JobPayloads["sendMail"]) => ({
    from: settings.from,
    to: message.to,
    subject: message.subject,
    text: `${message.text}\n\n${message.link}\n`,
  });
  if (settings.smtpUrl) {
    const transport = createTransport(settings.smtpUrl, { connectionTimeout: 10_000 } as object);
    return {
      outbox: null,
      async send(message) {
        await transport.sendMail(compose(message));
      },
    };
  }
  const outbox = openOutbox(settings.outboxFolder);
  const toBytes = createTransport({ streamTransport: true, buffer: true, newline: "windows" });
  return {
    outbox,
    async send(message) {
      const { message: bytes } = await toBytes.sendMail(compose(message));
      await outbox.add(bytes as Buffer, message.tenantId);
    },
  };
}
