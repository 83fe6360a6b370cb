/** The tenant's logo. It has one at a time, redrawn from the uploaded file, with a new id each time. */
import { v7 as uuidv7 } from "uuid";
import type { Ctx } from "../access/ctx.ts";
import { orNotFound } from "../platform/refusal.ts";
import { drawLogo } from "./logo-drawing.ts";
import * as queries from "./queries.ts";
import { lockAsEditor, recordLogo } from "./tenants.ts";

/** @returns the new logo's id. @throws Refusal as `drawLogo` and `lockAsEditor` */
export async function setLogo(stale: Ctx, file: Buffer): Promise<string> {
  const image = await drawLogo(file, [stale.tenantId, stale.member.accountId]);
  const ctx = await lockAsEditor(stale);
  const logoId = uuidv7();
  const had = await queries.deleteLogo(ctx.db);
  await queries.insertLogo(ctx.db, { tenantId: ctx.tenantId, logoId, image });
  await queries.updateTenant(ctx.db, { logoId });
  await recordLogo(ctx, had, true);
  return logoId;
}

/** Harmless when there is none. */
export async function removeLogo(stale: Ctx): Promise<void> {
  const ctx = await lockAsEditor(stale);
  if (await queries.deleteLogo(ctx.db)) await recordLogo(ctx, true, false);
}

/** @throws Refusal not_found */
export async function findLogo({ db }: Ctx, { logoId }: { logoId: string }): Promise<Buffer> {
  return orNotFound(await queries.findLogo(db, logoId)).image;
}
