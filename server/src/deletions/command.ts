/** `npm run whoot -- receipt verify FILE`: checks that this server signed the receipt and that it is unchanged. */
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { moneyText } from "#contract/currencies.ts";
import { Receipt } from "#contract/receipt.ts";
import type { Config } from "../config.ts";
import { openTombstones } from "../platform/tombstones.ts";
import { openKeys } from "../platform/keys.ts";
import { plain } from "../platform/plain.ts";
import { UsageError } from "../platform/usage.ts";
import { receiptKey, verifyReceipt } from "./receipts.ts";

const number = new Intl.NumberFormat("en");

function read(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch (error) {
    throw new UsageError(`Reading ${file} as JSON failed (${(error as Error).message}).`);
  }
}

function endedLines({ currency: code, digits, ...billing }: NonNullable<Receipt["billing"]>): string[] {
  const money = (minor: number) => moneyText(BigInt(minor), { code, digits });
  return [
    `  Owed: ${money(billing.due)} on ${number.format(billing.openInvoices)} invoices.`,
    `  Lost: ${money(billing.creditLost)} of credit, and ${number.format(billing.daysLost)} days that were charged.`,
    ...(billing.unrecorded ?? []).map((received) => `  Came in and was recorded on no invoice: ${received}.`),
  ];
}

export const receiptVerify = {
  usage: "receipt verify FILE [--key PUBLIC_KEY]",
  does: "Checks that a deletion receipt (JSON) is unchanged and was signed by this server, or by the server with the given public key.",

  /** @throws UsageError for bad arguments and for a file that is not a receipt */
  async run(config: Config, args: string[], printLine: (line: string) => void): Promise<number> {
    // Ids, times and kinds come from the file, and anybody can sign one with a key of their own.
    const print = (line: string) => printLine(plain(line));
    const [file, option, key, ...rest] = args;
    if (file === undefined || rest.length > 0 || (option !== undefined && (option !== "--key" || key === undefined))) {
      throw new UsageError("Name the JSON file of the receipt.");
    }
    const parsed = Receipt.safeParse(read(file));
    if (!parsed.success) throw new UsageError(`${file} is not a receipt of a deletion.`);
    const receipt = parsed.data;
    // Include earlier keys, because a lost master key may have been replaced.
    const signers = await openTombstones(resolve(config.dataFolder, "deletions")).signers();
    const publicKeys = key === undefined ? [receiptKey(openKeys(config.keysFolder, config.masterKey)), ...signers] : [key];
    if (!publicKeys.some((publicKey) => verifyReceipt(receipt, publicKey))) {
      print(
        publicKeys.includes(receipt.publicKey)
          ? "The receipt was changed: its signature does not match its content."
          : "The receipt was signed by another server: it has a different public key.",
      );
      return 1;
    }
    print(
      `The receipt is genuine: workspace ${receipt.workspaceId}, deleted ${receipt.deletedAt}, erased ${receipt.completedAt}.`,
    );
    for (const { kind, count } of receipt.erased) print(`  ${number.format(count).padStart(12)}  ${kind}`);
    if (receipt.billing) for (const line of endedLines(receipt.billing)) print(line);
    if (receipt.customer)
      print(`  Customer at the payment provider: ${receipt.customer === "erased" ? "erased" : "not erased"}.`);
    if (receipt.archived)
      print(
        `  Kept by law, outside the workspace: ${number.format(receipt.archived.documents)} documents, until ${receipt.archived.keptUntil}.`,
      );
    for (const { foundAt } of receipt.replays) print(`  A restored backup brought it back. Found ${foundAt} and erased again.`);
    return 0;
  },
};
