/** Stripe's objects as its API answers them. The SDK's types come from the API's description, so a change of Stripe's fails here. */
import type { Stripe } from "stripe";

export function customer(id: string, metadata: Stripe.Metadata, created: number) {
  return {
    ...{ id, object: "customer", metadata, created, livemode: false, balance: 0 },
    ...{ default_source: null, description: null, email: null, shipping: null },
    invoice_settings: { custom_fields: null, default_payment_method: null, footer: null, rendering_options: null },
  } satisfies Stripe.Customer;
}

interface Card {
  last4: string;
  expires: readonly [year: number, month: number];
}

export function paymentMethod(id: string, customerId: string, { last4, expires }: Card, created: number) {
  return {
    ...{ id, object: "payment_method", type: "card", created, livemode: false, metadata: {} },
    ...{ customer: customerId, customer_account: null },
    billing_details: { address: null, email: null, name: null, phone: null, tax_id: null },
    card: {
      ...{ brand: "visa", last4, exp_year: expires[0], exp_month: expires[1], funding: "credit", country: "DE" },
      ...{ checks: null, display_brand: "visa", generated_from: null, networks: null, regulated_status: null },
      ...{ three_d_secure_usage: { supported: true }, wallet: null },
    },
  } satisfies Stripe.PaymentMethod;
}

export function setupIntent(id: string, method: Stripe.PaymentMethod, created: number) {
  return {
    ...{ id, object: "setup_intent", status: "succeeded", usage: "off_session", created, livemode: false, metadata: {} },
    ...{ customer: method.customer, payment_method: method, payment_method_types: ["card"] },
    ...{ allowed_payment_method_types: null, application: null, automatic_payment_methods: null, cancellation_reason: null },
    ...{ client_secret: null, description: null, excluded_payment_method_types: null, last_setup_error: null },
    ...{ latest_attempt: null, mandate: null, next_action: null, on_behalf_of: null, payment_method_options: null },
    ...{ payment_method_configuration_details: null, single_use_mandate: null },
  } satisfies Stripe.SetupIntent;
}

interface IntentFacts extends Pick<Stripe.PaymentIntent, "id" | "amount" | "currency" | "metadata" | "status" | "created"> {
  customer: string;
  payment_method: string | null;
}

export function paymentIntent(facts: IntentFacts) {
  return {
    ...facts,
    ...{ object: "payment_intent", livemode: false, payment_method_types: ["card"], capture_method: "automatic_async" },
    ...{ amount_capturable: 0, amount_received: facts.status === "succeeded" ? facts.amount : 0 },
    ...{ allowed_payment_method_types: null, application: null, application_fee_amount: null, automatic_payment_methods: null },
    ...{ canceled_at: null, cancellation_reason: null, client_secret: null, confirmation_method: "automatic" },
    ...{ customer_account: null, description: null, excluded_payment_method_types: null, last_payment_error: null },
    ...{ latest_charge: null, managed_payments: null, next_action: null, on_behalf_of: null, payment_method_options: null },
    ...{ payment_method_configuration_details: null, payment_record: null, processing: null, receipt_email: null },
    ...{ review: null, setup_future_usage: null, shipping: null, source: null, statement_descriptor: null },
    ...{ statement_descriptor_suffix: null, transfer_group: null },
  } satisfies Stripe.PaymentIntent;
}

interface SessionFacts extends Pick<Stripe.Checkout.Session, "id" | "mode" | "metadata" | "created" | "success_url"> {
  customer: string;
  amount: number | null;
  currency: string;
}

export function session({ amount, ...facts }: SessionFacts) {
  return {
    ...facts,
    ...{ object: "checkout.session", livemode: false, status: "open", payment_status: "unpaid", ui_mode: "hosted_page" },
    ...{ url: `https://checkout.stripe.example/c/pay/${facts.id}`, expires_at: facts.created + 86_400 },
    ...{ amount_subtotal: amount, amount_total: amount, payment_intent: null, setup_intent: null },
    automatic_tax: { enabled: false, liability: null, provider: null, status: null },
    custom_text: { after_submit: null, shipping_address: null, submit: null, terms_of_service_acceptance: null },
    ...{ adaptive_pricing: null, after_expiration: null, allow_promotion_codes: null, allowed_payment_method_types: null },
    ...{ billing_address_collection: null, cancel_url: null, client_reference_id: null, client_secret: null },
    ...{ collected_information: null, consent: null, consent_collection: null, currency_conversion: null, custom_fields: [] },
    ...{ customer_account: null, customer_creation: null, customer_details: null, customer_email: null, discounts: null },
    ...{ integration_identifier: null, invoice: null, invoice_creation: null, locale: null, managed_payments: null },
    ...{ origin_context: null, payment_link: null, payment_method_collection: null, payment_method_options: null },
    ...{ payment_method_configuration_details: null, payment_method_types: ["card"], permissions: null },
    ...{ recovered_from: null, saved_payment_method_options: null, shipping_address_collection: null, shipping_cost: null },
    ...{ shipping_options: [], submit_type: null, subscription: null, total_details: null, wallet_options: null },
  } satisfies Stripe.Checkout.Session;
}

export function refund(id: string, intent: Stripe.PaymentIntent, amount: number, created: number) {
  return {
    ...{ id, object: "refund", status: "succeeded", amount, created, currency: intent.currency, customer: intent.customer },
    ...{ payment_intent: intent, payment_method: intent.payment_method, charge: null, balance_transaction: null, metadata: {} },
    ...{ customer_account: null, reason: null, receipt_number: null, source_transfer_reversal: null, transfer_reversal: null },
  } satisfies Stripe.Refund;
}

const NO_EVIDENCE = {
  ...{ access_activity_log: null, billing_address: null, cancellation_policy: null, cancellation_policy_disclosure: null },
  ...{ cancellation_rebuttal: null, customer_communication: null, customer_email_address: null, customer_name: null },
  ...{ customer_purchase_ip: null, customer_signature: null, duplicate_charge_documentation: null },
  ...{ duplicate_charge_explanation: null, duplicate_charge_id: null, enhanced_evidence: {}, product_description: null },
  ...{ receipt: null, refund_policy: null, refund_policy_disclosure: null, refund_refusal_explanation: null },
  ...{ service_date: null, service_documentation: null, shipping_address: null, shipping_carrier: null },
  ...{ shipping_date: null, shipping_documentation: null, shipping_tracking_number: null },
  ...{ uncategorized_file: null, uncategorized_text: null },
} satisfies Stripe.Dispute.Evidence;

export function dispute(id: string, intent: Stripe.PaymentIntent, status: Stripe.Dispute.Status, created: number) {
  return {
    ...{ id, object: "dispute", status, created, amount: intent.amount, currency: intent.currency, charge: "ch_1" },
    ...{ payment_intent: intent, reason: "fraudulent", livemode: false, is_charge_refundable: false, metadata: {} },
    ...{ balance_transactions: [], enhanced_eligibility_types: [], intended_submission_method: null, evidence: NO_EVIDENCE },
    evidence_details: {
      ...{ due_by: null, enhanced_eligibility: {}, has_evidence: false, past_due: false, submission_count: 0 },
      submission_method: "not_submitted",
    },
  } satisfies Stripe.Dispute;
}
