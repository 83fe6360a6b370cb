import { Refusal } from "../../platform/refusal.ts";

/**
 * The provider could not be reached, or did not report the outcome of a request. The request can be repeated, because its key makes it
 * happen once.
 */
export class ProviderUnavailable extends Refusal {
  constructor() {
    super("payments_unavailable");
  }
}

/** The provider can't charge this exact amount. */
export class PaymentImpossible extends Refusal {
  constructor() {
    super("payment_impossible");
  }
}

/** The event was not signed by the provider. */
export class WrongSignature extends Refusal {
  constructor() {
    super("invalid_input", { detail: "The signature doesn't fit, or is too old." });
  }
}

/** The provider no longer has this customer. */
export class CustomerGone extends Error {
  override readonly name = "CustomerGone";
}
