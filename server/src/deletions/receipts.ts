/** Signing and checking receipts: Ed25519 (RFC 8032) over canonical JSON (RFC 8785), with a key derived from the master key. */
import { createPrivateKey, createPublicKey, type KeyObject, sign, verify } from "node:crypto";
import type { Receipt } from "#contract/receipt.ts";
import { canonicalJson } from "../platform/canonical-json.ts";
import type { Keys } from "../platform/keys.ts";

/** The bytes before a 32-byte key in PKCS #8 and in SPKI (RFC 8410 §7, §4). */
const PKCS8 = Buffer.from("302e020100300506032b657004220420", "hex");
const SPKI = Buffer.from("302a300506032b6570032100", "hex");

const count = new Intl.NumberFormat("en");

/** The part of the statement about archived documents. */
function exception(archived: Receipt["archived"]): string {
  if (!archived) return ". ";
  const documents = archived.documents === 1 ? "1 issued document" : `${count.format(archived.documents)} issued documents`;
  return (
    `, except ${documents} (invoices and credit notes) that the issuer's law demands to be kept. They are outside the workspace, ` +
    `sealed with a key of the issuer's, and each is erased when its years are over, the last one after ${archived.keptUntil}. `
  );
}

const customerKept =
  "The payment provider was not reached: the customer that it keeps of the workspace (an id and the card) was not erased there. ";

export const statementOf = ({ archived, customer }: Pick<Receipt, "archived" | "customer">) =>
  `This server erased the workspace: every row, file, waiting job and mail that it kept of it${exception(archived)}` +
  (customer === "kept" ? customerKept : "") +
  "The key that sealed its recordings and exports was destroyed, and no database backup holds it: no copy of them can be opened. " +
  "Erased rows can no longer be read through whoot or by SQL. Until PostgreSQL writes over them, their bytes (names, addresses and notes, never audio) can remain in its " +
  'data files and its write-ahead log; the operator\'s command "compact" removes them. Backups of the database from before the deletion hold those rows as long as the operator keeps them; a ' +
  "restored one is deleted again before it serves anyone. " +
  "The accounts of the people in it are not part of the workspace and were not erased. This receipt holds no personal data.";

function signingKey(keys: Keys): KeyObject {
  const seed = keys.platformKey("deletion receipts");
  return createPrivateKey({ key: Buffer.concat([PKCS8, seed]), format: "der", type: "pkcs8" });
}

/** The public key that verifies receipts: 32 bytes as base64url. */
export function receiptKey(keys: Keys): string {
  return createPublicKey(signingKey(keys)).export({ format: "der", type: "spki" }).subarray(SPKI.length).toString("base64url");
}

type Unsigned = Omit<Receipt, "publicKey" | "signature">;

export function signReceipt(keys: Keys, content: Unsigned): Receipt {
  const unsigned = { ...content, publicKey: receiptKey(keys) };
  const signature = sign(null, Buffer.from(canonicalJson(unsigned)), signingKey(keys)).toString("base64url");
  return { ...unsigned, signature };
}

/** Whether the server with this public key signed the receipt and it is unchanged. The key in the receipt itself proves nothing. */
export function verifyReceipt(receipt: Receipt, publicKey: string): boolean {
  const { signature, ...unsigned } = receipt;
  const raw = Buffer.from(publicKey, "base64url");
  if (receipt.publicKey !== publicKey || raw.length !== 32) return false;
  const key = createPublicKey({ key: Buffer.concat([SPKI, raw]), format: "der", type: "spki" });
  return verify(null, Buffer.from(canonicalJson(unsigned)), key, Buffer.from(signature, "base64url"));
}
