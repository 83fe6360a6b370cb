/** Opens the provider through which workspaces pay. */
import type { Logger } from "pino";
import type { Config } from "../../config.ts";
import { orNotFound, Refusal } from "../../platform/refusal.ts";
import { StartupError } from "../../platform/startup-error.ts";
import type { Billing, Payments } from "../../services.ts";

/** Invoices are paid by transfer, and the operator records each payment with `billing paid`. */
export const MANUAL: Payments = {
  provider: "manual",
  openCustomer: refuse,
  setUp: refuse,
  collect: refuse,
  openPage: refuse,
  closePage: async () => {},
  readEvent: () => orNotFound<never>(null),
  find: async () => null,
  async *listSince() {},
  detach: async () => {},
  forget: async () => {},
};

async function refuse(): Promise<never> {
  throw new Refusal("payments_by_transfer");
}

/** Opened also while billing is off, because deleting a workspace must erase its data at the provider. @throws StartupError */
export async function openPayments(
  { stripe }: Pick<Config, "stripe">,
  { isSample }: Pick<Billing, "isSample">,
  log: Logger,
): Promise<Payments> {
  if (!stripe) return MANUAL;
  if (isSample && !/_test_/.test(stripe.key)) {
    throw new StartupError(
      "The sample catalogue charges nobody, so WHOOT_STRIPE_KEY must be one of Stripe's test keys (sk_test_… or rk_test_…).",
    );
  }
  if (!isSample && /_test_/.test(stripe.key)) log.warn("WHOOT_STRIPE_KEY is a test key: cards are not really charged");
  // Only servers that use Stripe read its 200 files.
  const { openStripe } = await import("./stripe.ts");
  return openStripe(stripe, log);
}
