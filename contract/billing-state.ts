import { z } from "zod";

export const BillingState = z
  .enum(["trial", "free", "active", "ending", "past_due", "stopped", "none"])
  .describe(
    "`ending`: cancelled, until the end of the period. `past_due`: an invoice is overdue. `stopped`: it is overdue for so long that nobody can begin to talk. `none`: no plan, so nobody can begin to talk",
  )
  .meta({ id: "BillingState" });
export type BillingState = z.infer<typeof BillingState>;
