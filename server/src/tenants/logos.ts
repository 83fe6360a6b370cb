/** The tenant's logo: one at a time, drawn anew from what was sent, under a new id each time. */
import { v7 as uuidv7 } from "uuid";
import type { Member } from "../members/admit.ts";
import type { TenantTx } from "../platform/db/pools.ts";
import { orNotFound } from "../platform/refusal.ts";
import { drawLogo } from "./logo-drawing.ts";
import * as queries from "./queries.ts";
import { lockAsEditor, recordLogo } from "./tenants.ts";

/** @throws Refusal unsupported_image, image_unreadable, image_too_large */
export async function setLogo(tx: TenantTx, asker: Member, file: Buffer): Promise<string> {
  const image = await drawLogo(file);
  const editor = await lockAsEditor(tx, asker);
  const logoId = uuidv7();
  const had = await queries.deleteLogo(tx.db);
  await queries.insertLogo(tx.db, { tenantId: tx.tenantId, logoId, image });
  await queries.updateTenant(tx.db, { logoId });
  await recordLogo(tx, editor, had, true);
  return logoId;
}

/** Harmless when there is none. */
export async function removeLogo(tx: TenantTx, asker: Member): Promise<void> {
  const editor = await lockAsEditor(tx, asker);
  if (await queries.deleteLogo(tx.db)) await recordLogo(tx, editor, true, false);
}

/** @throws Refusal not_found */
export async function findLogo(tx: TenantTx, logoId: string): Promise<Buffer> {
  return orNotFound(await queries.findLogo(tx.db, logoId)).image;
}
