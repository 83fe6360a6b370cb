/** The outbox folder: one `.eml` file per mail. Mails about a tenant are in a subfolder of that tenant. */
import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { simpleParser } from "mailparser";
import { v7 as uuidv7 } from "uuid";

const MAX_LISTED = 100;

export interface OutboxMail {
  mailId: string;
  to: string;
  subject: string;
  sentAt: string;
  text: string;
  link: string | null;
}

/** The mails on disk. They may be there even if mails are now sent by SMTP. */
export interface KeptMails {
  /** The file names of the tenant's mails. */
  list(tenantId: string): Promise<string[]>;
  remove(tenantId: string, name: string): Promise<void>;
  removeTenant(tenantId: string): Promise<void>;
}

/** An error handler that returns `nothing` if the file or folder does not exist. */
function unlessGone<Nothing>(nothing: Nothing): (error: NodeJS.ErrnoException) => Nothing {
  return (error) => {
    if (error.code === "ENOENT") return nothing;
    throw error;
  };
}

export function openKeptMails(folder: string): KeptMails {
  const folderOf = (tenantId: string) => resolve(folder, tenantId);
  return {
    list: (tenantId) => readdir(folderOf(tenantId)).catch(unlessGone([])),
    remove: (tenantId, name) => rm(resolve(folderOf(tenantId), name), { force: true }),
    removeTenant: (tenantId) => rm(folderOf(tenantId), { recursive: true, force: true }),
  };
}

export interface Outbox {
  add(mail: Buffer, tenantId: string | null): Promise<void>;
  /** The newest 100, newest first. */
  list(): Promise<OutboxMail[]>;
}

const mailIdOf = (path: string) => path.slice(path.lastIndexOf("/") + 1, -".eml".length);

export function openOutbox(folder: string): Outbox {
  /** The mails of the last list, by id. A mail never changes, and parsing one takes milliseconds. */
  let known = new Map<string, OutboxMail>();

  async function readMail(path: string): Promise<OutboxMail | null> {
    let file: Buffer;
    try {
      file = await readFile(resolve(folder, path));
    } catch {
      return null; // erased with its tenant after it was listed
    }
    const mail = await simpleParser(file);
    const to = Array.isArray(mail.to) ? mail.to[0] : mail.to;
    const text = mail.text?.trim() ?? "";
    return {
      mailId: mailIdOf(path),
      to: to?.text ?? "",
      subject: mail.subject ?? "",
      sentAt: (mail.date ?? new Date(0)).toISOString(),
      text,
      link: /^https?:\/\/\S+$/m.exec(text)?.[0] ?? null,
    };
  }

  return {
    async add(mail, tenantId) {
      const into = tenantId ? resolve(folder, tenantId) : folder;
      await mkdir(into, { recursive: true, mode: 0o700 });
      // UUIDv7 sorts by time. The file is renamed once it is complete, so that no reader sees half a mail.
      const file = resolve(into, `${uuidv7()}.eml`);
      await writeFile(`${file}.part`, mail, { mode: 0o600 });
      await rename(`${file}.part`, file);
    },
    async list() {
      const folders = await readdir(folder, { withFileTypes: true }).catch(unlessGone([]));
      const tenants = folders.filter((entry) => entry.isDirectory()).map(({ name }) => resolve(folder, name));
      // Each folder handles its own error: one that is erased just now must not hide the others.
      const lists = tenants.map((tenant) => readdir(tenant, { withFileTypes: true }).catch(unlessGone([])));
      const entries = [...folders, ...(await Promise.all(lists)).flat()];
      const newest = entries
        .filter((entry) => entry.isFile() && entry.name.endsWith(".eml"))
        .sort((a, b) => (a.name < b.name ? 1 : -1))
        .slice(0, MAX_LISTED)
        .map((entry) => join(entry.parentPath.slice(folder.length + 1), entry.name).replaceAll("\\", "/"));
      const reading = newest.map(async (path) => known.get(mailIdOf(path)) ?? (await readMail(path)));
      const mails = (await Promise.all(reading)).filter((mail) => mail !== null);
      known = new Map(mails.map((mail) => [mail.mailId, mail]));
      return mails;
    },
  };
}
