import { openOutbox, type OutboxMail } from "../platform/mail/outbox.ts";
import { until } from "./until.ts";

/** The newest mail to the address with such a subject. Each mail is returned only once. */
export type MailTo = (email: string, subject?: RegExp) => Promise<OutboxMail>;

/** @param folder a server's outbox folder */
export function openMailbox(folder: string): MailTo {
  const outbox = openOutbox(folder);
  const taken = new Set<string>();
  return (email, subject = /./) =>
    until(`a mail to ${email}`, async () => {
      const mail = (await outbox.list()).find(
        ({ to, subject: line, mailId }) => to === email && subject.test(line) && !taken.has(mailId),
      );
      if (mail) taken.add(mail.mailId);
      return mail;
    });
}
