/** Mail is requested inside a transaction and sent by a job after it: by SMTP if configured, otherwise as `.eml` files in the outbox folder. */
import { createTransport } from "nodemailer";
import type { Db } from "../db/pools.ts";
import { enqueue, enqueueMany, hold, type JobKind } from "../jobs.ts";
import type { Keys } from "../keys.ts";
import { open, seal } from "../seal.ts";
import type { PageLink } from "./link.ts";
import { type KeptMails, openKeptMails, openOutbox, type Outbox } from "./outbox.ts";
import type { MailWords } from "./words.ts";

export interface MailMessage {
  to: string;
  subject: MailWords;
  /** Plain text; `link` is appended on a line of its own. */
  text: MailWords;
  link: PageLink;
  /** The tenant that the mail is about, so that deleting the tenant removes it from the outbox. */
  tenantId: string | null;
  /** The tenant's document to attach. The job that sends the mail makes the file. */
  documentId?: string;
}

export interface Attachment {
  filename: string;
  contentType: string;
  content: Buffer;
}

/** A mail without its recipient. */
export type Letter = Pick<MailMessage, "subject" | "text">;

export interface QueuedMail {
  /** The sealed mail, in base64. */
  sealed: string;
  tenantId: string | null;
}

export const SEND_MAIL: JobKind<QueuedMail> = { name: "sendMail", crew: "mails" };
/** Sends a mail whose document must be made first. */
export const SEND_WITH_DOCUMENT: JobKind<QueuedMail> = { name: "sendWithDocument", crew: "documents" };

const SEAL_CONTEXT = "mail that waits to be sent";

/**
 * Queues a mail, which is sent after the commit of `db`'s transaction and retried until it goes out. It is sealed, because its link opens
 * an account or a workspace to whoever reads it, and may wait for days in the database and in backups.
 */
export function queueMail(db: Db, keys: Keys, message: MailMessage): Promise<void> {
  return enqueue(db, SEND_MAIL, sealed(keys, message));
}

/**
 * Queues many mails. They are sent after mails that were queued one by one, which somebody may be waiting for.
 * @param holdsDocuments whether mails with a document wait for `releaseHeld`
 */
export async function queueMails(
  db: Db,
  keys: Keys,
  messages: MailMessage[],
  { holdsDocuments = false }: { holdsDocuments?: boolean } = {},
): Promise<void> {
  const [plain, withDocument] = [false, true].map((has) =>
    messages.filter(({ documentId }) => (documentId !== undefined) === has).map((message) => sealed(keys, message)),
  );
  await Promise.all([
    plain?.length ? enqueueMany(db, SEND_MAIL, plain) : null,
    withDocument?.length ? (holdsDocuments ? hold : enqueueMany)(db, SEND_WITH_DOCUMENT, withDocument) : null,
  ]);
}

function sealed(keys: Keys, message: MailMessage): QueuedMail {
  const bytes = seal(keys.platformKey("mail"), JSON.stringify(message), SEAL_CONTEXT);
  return { sealed: bytes.toString("base64"), tenantId: message.tenantId };
}

/** Opens the mail of a job. @throws if it was sealed with another master key */
export function openQueuedMail(keys: Keys, { sealed }: QueuedMail): MailMessage {
  return JSON.parse(open(keys.platformKey("mail"), Buffer.from(sealed, "base64"), SEAL_CONTEXT).toString()) as MailMessage;
}

/** Prevents automatic replies (RFC 3834 §5; Exchange: MS-OXCMAIL §2.2.3.2.14). */
const NO_AUTO_REPLY = { "Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All" };

/**
 * Describes a failure in codes only. A mail server's sentences contain the recipient, and job errors are stored in the log and in the
 * database.
 */
function describeFailure(error: unknown): string {
  const { code, responseCode, response } = error as { code?: unknown; responseCode?: unknown; response?: unknown };
  const status = typeof response === "string" ? /^\d{3}(?:[ -]\d\.\d{1,3}\.\d{1,3})?/.exec(response)?.[0] : undefined;
  const known = [typeof code === "string" && /^[A-Z_]{1,40}$/.test(code) ? code : null, status ?? responseCode].filter(Boolean);
  return `a mail could not be sent (${known.join(", ") || "no code"})`;
}

export interface Mailer {
  /** Null when mails go out by SMTP. */
  outbox: Outbox | null;
  kept: KeptMails;
  send(message: MailMessage, attachments?: readonly Attachment[]): Promise<void>;
}

export function openMailer(settings: { smtpUrl: string | null; from: string; outboxFolder: string }): Mailer {
  const compose = (message: MailMessage, attachments: readonly Attachment[]) => ({
    from: settings.from,
    to: message.to,
    subject: message.subject,
    text: `${message.text}\n\n${message.link}\n`,
    headers: NO_AUTO_REPLY,
    attachments: [...attachments],
  });
  const kept = openKeptMails(settings.outboxFolder);
  if (settings.smtpUrl) {
    const transport = createTransport(settings.smtpUrl, { connectionTimeout: 10_000 } as object);
    return {
      outbox: null,
      kept,
      async send(message, attachments = []) {
        await transport.sendMail(compose(message, attachments)).catch((error: unknown) => {
          throw new Error(describeFailure(error));
        });
      },
    };
  }
  const outbox = openOutbox(settings.outboxFolder);
  const toBytes = createTransport({ streamTransport: true, buffer: true, newline: "windows" });
  return {
    outbox,
    kept,
    async send(message, attachments = []) {
      const { message: bytes } = await toBytes.sendMail(compose(message, attachments));
      await outbox.add(bytes as Buffer, message.tenantId);
    },
  };
}
