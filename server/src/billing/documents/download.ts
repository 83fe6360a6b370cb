import type { Ctx } from "../../access/ctx.ts";
import type { RangedFile } from "../../platform/http/range.ts";
import { orNotFound } from "../../platform/refusal.ts";
import { openDocument } from "./documents.ts";
import * as queries from "./queries.ts";

export interface Download {
  number: string;
  file: RangedFile;
}

/**
 * A document as PDF, for those who may see invoices. It is drawn outside of the transaction, which must not wait for a thread.
 * @throws Refusal not_found
 */
export async function downloadDocument({ db, services, tenantId, principal }: Ctx, { invoiceId }: { invoiceId: string }) {
  const { number } = orNotFound(await queries.findInvoice(db, invoiceId));
  return async (): Promise<Download> => {
    const pdf = await openDocument(services, { tenantId, invoiceId }, [tenantId, principal.accountId]);
    return {
      // Nothing else can be in a number, but this goes into a header.
      number: number.replaceAll(/[^\w-]/g, "_"),
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
