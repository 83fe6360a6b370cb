/** `npm run whoot -- billing archive list|open NUMBER FILE`: documents of deleted workspaces that the issuer must keep. */
import { writeFileSync } from "node:fs";
import { moneyText } from "#contract/currencies.ts";
import type { Config } from "../config.ts";
import { openKeys } from "../platform/keys.ts";
import { UsageError } from "../platform/usage.ts";
import { type ArchivedName, archiveFolder } from "./archive/folder.ts";
import { openArchived } from "./archive/sealed.ts";

type Print = (line: string) => void;

async function list(config: Config, print: Print): Promise<number> {
  const names = await archiveFolder(config).list();
  for (const { number, keptUntil } of names) print(`${number}  kept until ${keptUntil}`);
  if (names.length === 0) print("The archive is empty.");
  return 0;
}

function write(file: string, content: Buffer): void {
  try {
    writeFileSync(file, content, { flag: "wx", mode: 0o600 });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new UsageError(
      code === "EEXIST" ? `${file} is there already. Name a new file.` : `Writing ${file} failed (${message}).`,
    );
  }
}

async function open(config: Config, name: ArchivedName, file: string, print: Print): Promise<number> {
  const sealed = await archiveFolder(config).read(name);
  const keys = openKeys(config.keysFolder, config.masterKey);
  let document: ReturnType<typeof openArchived>;
  try {
    document = openArchived(keys, name, sealed);
  } catch {
    print(`${name.number} can't be opened: the file was changed, or sealed with another master key.`);
    return 1;
  }
  write(file, document.content);
  const { kind, issuedOn, currency, gross, due, form } = document;
  const what = kind === "invoice" ? "Invoice" : "Credit note";
  print(
    `${what} ${name.number} of ${issuedOn}, ${moneyText(gross, currency)}, is in ${file}. It is kept until ${name.keptUntil}.`,
  );
  if (due > 0n) print(`${moneyText(due, currency)} of it were not paid when its workspace was deleted.`);
  if (form === "rows") print("It could not be drawn: the file holds what stands on it, as JSON.");
  return 0;
}

export const billingArchive = {
  usage: "billing archive list|open NUMBER FILE",
  does: "Lists the documents of deleted workspaces that the law keeps, or writes one of them to a new file as PDF.",

  /** @throws UsageError for bad arguments, and for a number that is not in the archive */
  async run(config: Config, args: string[], print: Print): Promise<number> {
    const [what, number, file, ...rest] = args;
    if (what === "list" && number === undefined) return list(config, print);
    if (what !== "open" || number === undefined || file === undefined || rest.length > 0) {
      throw new UsageError("Write list, or open with the number of a document and a new file.");
    }
    const name = (await archiveFolder(config).list()).find((document) => document.number === number);
    if (!name)
      throw new UsageError("The archive has no document of this number. `billing archive list` shows those that it has.");
    return open(config, name, file, print);
  },
};
