import { Refusal } from "../../platform/refusal.ts";

/** The provider could not be reached, or did not say what became of a request. Ask again: whatever happened, happened once. */
export class ProviderUnavailable extends Refusal {
  constructor() {
    super("payments_unavailable");
  }
}

/** The provider can't charge exactly this amount. */
export class PaymentImpossible extends Refusal {
  constructor() {
    super("payment_impossible");
  }
}

/** The sender is not the provider. */
export class WrongSignature extends Refusal {
  constructor() {
    super("invalid_input", { detail: "The signature doesn't fit, or is too old." });
  }
}

/** The provider has no such customer any more. */
export class CustomerGone extends Error {
  override readonly name = "CustomerGone";
}
