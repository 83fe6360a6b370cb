import type { Ctx } from "../../access/ctx.ts";
import type { RangedFile } from "../../platform/http/range.ts";
import type { Services } from "../../services.ts";
import { orNotFound } from "../../platform/refusal.ts";
import { openDocument } from "./documents.ts";
import * as queries from "./queries.ts";

/** A number has no other characters, but it goes into headers, so make sure. */
const fileNameOf = (number: string) => number.replaceAll(/[^\w-]/g, "_");

/** The document as a mail attachment. @throws Refusal not_found, unavailable; KeyDestroyedError */
export async function attachDocument(
  services: Services,
  place: { tenantId: string; invoiceId: string },
): Promise<{ filename: string; contentType: string; content: Buffer }> {
  const { tenantId, invoiceId } = place;
  const { number } = orNotFound(await services.database.withTenant(tenantId, ({ db }) => queries.findInvoice(db, invoiceId)));
  const content = await openDocument(services, place, [tenantId]);
  return { filename: `${fileNameOf(number)}.pdf`, contentType: "application/pdf", content };
}

export interface Download {
  number: string;
  file: RangedFile;
}

/**
 * The document as PDF, for members who may see invoices. It is drawn after the transaction, which must not wait for a thread.
 * @throws Refusal not_found
 */
export async function downloadDocument({ db, services, tenantId, principal }: Ctx, { invoiceId }: { invoiceId: string }) {
  const { number } = orNotFound(await queries.findInvoice(db, invoiceId));
  return async (): Promise<Download> => {
    const pdf = await openDocument(services, { tenantId, invoiceId }, [tenantId, principal.accountId]);
    return {
      number: fileNameOf(number),
      file: {
        size: pdf.length,
        async *read(start, end) {
          yield pdf.subarray(start, end);
        },
        close: async () => {},
      },
    };
  };
}
