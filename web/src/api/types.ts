import type { components, operations } from "./schema.d.ts";

type Schemas = components["schemas"];

type Ok<Operation extends keyof operations> = operations[Operation]["responses"] extends {
  200: { content: { "application/json": infer Body } };
}
  ? Body
  : never;

export type Account = Schemas["Account"];
export type MySession = Schemas["MySession"];
export type MemberSession = Schemas["MemberSession"];
export type Factors = Schemas["Factors"];
export type Passkey = Schemas["Passkey"];
/** Which second factors the first step of a sign-in found. */
export type SecondStep = NonNullable<Ok<"signIn">["secondStep"]>;
export type Tenant = Schemas["Tenant"];
export type TenantSummary = Schemas["TenantSummary"];
export type TenantOverview = Schemas["TenantOverview"];
export type TenantActivity = Schemas["TenantActivity"];
export type AttentionItem = Schemas["AttentionItem"];
export type MyInvitation = Schemas["MyInvitation"];
/** A channel as listed. */
export type Channel = Schemas["ChannelSummary"];
export type ChannelDetail = Schemas["Channel"];
export type Member = Schemas["Member"];
export type Role = Schemas["Role"];
export type Invitation = Schemas["Invitation"];
export type InvitationLine = Schemas["InvitationLine"];
export type Transmission = Schemas["Transmission"];
export type AuditEntry = Schemas["AuditEntry"];
export type Export = Schemas["Export"];
export type Domain = Schemas["Domain"];
export type Sso = Schemas["Sso"];
export type SsoConnection = Schemas["SsoConnection"];
export type SsoIdentity = Schemas["SsoIdentity"];
export type SsoMapping = Schemas["SsoMapping"];
export type SsoProtocol = Schemas["SsoProtocol"];
export type SsoProvider = Schemas["SsoProvider"];
export type SsoReport = Schemas["SsoReport"];
export type SsoOutcome = Ok<"finishSso">;
export type Billing = Ok<"getBilling">;
export type BillingState = Schemas["BillingState"];
export type BillingOffer = Schemas["BillingOffer"];
export type AddOnId = Schemas["AddOnId"];
export type Quote = Schemas["Quote"];
export type SubscriptionChange = operations["quoteSubscription"]["requestBody"]["content"]["application/json"]["wanted"];
export type Subscription = Schemas["Subscription"];
export type Licences = Schemas["Licences"];
export type NextInvoice = Schemas["NextInvoice"];
export type InvoiceLine = NextInvoice["lines"][number];
export type Invoice = Schemas["Invoice"];
export type BillingProfile = Schemas["BillingProfile"];
export type PaymentMethod = Schemas["PaymentMethod"];
export type Deletion = Schemas["Deletion"];
export type DeletionPreview = Schemas["DeletionPreview"];
export type Receipt = Schemas["Receipt"];
export type AccessReview = Schemas["AccessReview"];
export type AccessReviewItem = Schemas["AccessReviewItem"];
export type InvitationView = Ok<"lookUpInvitation">;
export type OutboxMail = Ok<"listOutbox">["items"][number];
/** Search, filters and order of the member list. */
export type MemberView = Omit<NonNullable<operations["listMembers"]["parameters"]["query"]>, "cursor" | "limit">;
export type MemberFilter = NonNullable<operations["countMembers"]["parameters"]["query"]>;
