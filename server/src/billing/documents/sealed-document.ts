/** A document's file: its PDF, sealed as a whole under HKDF(tenant key, invoice id). MAX_LINES in queries.ts keeps it near a megabyte. */
import type { BlobReader } from "../../platform/blobs.ts";
import { deriveKey } from "../../platform/keys.ts";
import { open, seal } from "../../platform/seal.ts";
import { Damaged } from "../../platform/sealed-blobs.ts";

const CONTEXT = "document as PDF";

const fileKey = (tenantKey: Buffer, invoiceId: string) => deriveKey(tenantKey, Buffer.alloc(0), `document ${invoiceId}`);

export function sealDocument(tenantKey: Buffer, invoiceId: string, pdf: Buffer): Buffer {
  return seal(fileKey(tenantKey, invoiceId), pdf, CONTEXT);
}

/** @throws Error when the file was sealed with another key */
export function openSealed(tenantKey: Buffer, invoiceId: string, sealed: Buffer): Buffer {
  return open(fileKey(tenantKey, invoiceId), sealed, CONTEXT);
}

/** @throws the file system's error */
export async function isSealedWith(tenantKey: Buffer, invoiceId: string, blob: BlobReader): Promise<boolean> {
  const sealed = await blob.read(0, blob.size);
  try {
    openSealed(tenantKey, invoiceId, sealed);
    return true;
  } catch {
    return false;
  }
}

/** Seals the file again, with another tenant key. @throws Damaged; the file system's error */
export async function* sealAnew(
  [oldKey, newKey]: readonly [oldKey: Buffer, newKey: Buffer],
  invoiceId: string,
  blob: BlobReader,
): AsyncGenerator<Buffer> {
  const sealed = await blob.read(0, blob.size);
  let pdf: Buffer;
  try {
    pdf = openSealed(oldKey, invoiceId, sealed);
  } catch (error) {
    throw new Damaged(invoiceId, { cause: error });
  }
  yield sealDocument(newKey, invoiceId, pdf);
}
