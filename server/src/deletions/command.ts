/** `npm run whoot -- receipt verify FILE`: did this server sign it, word for word? */
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { Receipt } from "#contract/receipt.ts";
import type { Config } from "../config.ts";
import { openTombstones } from "../platform/tombstones.ts";
import { openKeys } from "../platform/keys.ts";
import { UsageError } from "../platform/usage.ts";
import { receiptKey, verifyReceipt } from "./receipts.ts";

const count = new Intl.NumberFormat("en");

function read(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch (error) {
    throw new UsageError(`${file} can't be read as JSON (${(error as Error).message}).`);
  }
}

export const receiptVerify = {
  usage: "receipt verify FILE [--key PUBLIC_KEY]",
  does: "Checks that the receipt of a deletion (JSON) was signed by this server, or by the one with that public key, and is unchanged.",

  /** @throws UsageError also for a file that is no receipt */
  async run(config: Config, args: string[], print: (line: string) => void): Promise<number> {
    const [file, option, key, ...rest] = args;
    if (file === undefined || rest.length > 0 || (option !== undefined && (option !== "--key" || key === undefined))) {
      throw new UsageError("Which receipt? Name its JSON file.");
    }
    const parsed = Receipt.safeParse(read(file));
    if (!parsed.success) throw new UsageError(`${file} is not a receipt of a deletion.`);
    const receipt = parsed.data;
    // Those of before, too: a master key can be lost.
    const signers = await openTombstones(resolve(config.dataFolder, "deletions")).signers();
    const publicKeys = key === undefined ? [receiptKey(openKeys(config.keysFolder, config.masterKey)), ...signers] : [key];
    if (!publicKeys.some((publicKey) => verifyReceipt(receipt, publicKey))) {
      print(
        publicKeys.includes(receipt.publicKey)
          ? "The receipt was changed: its signature does not fit what it says."
          : "The receipt was signed by another server: its public key is another one.",
      );
      return 1;
    }
    print(
      `The receipt is genuine: workspace ${receipt.workspaceId}, deleted ${receipt.deletedAt}, erased ${receipt.completedAt}.`,
    );
    for (const { kind, count: many } of receipt.erased) print(`  ${count.format(many).padStart(12)}  ${kind}`);
    for (const { foundAt } of receipt.replays) print(`  A restored backup brought it back; found ${foundAt}, and erased again.`);
    return 0;
  },
};
