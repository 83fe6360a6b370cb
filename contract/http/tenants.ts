import { z } from "zod";
import { ADD_ON_IDS } from "../add-ons.ts";
import { BillingState } from "../billing-state.ts";
import { bounded } from "../bounded.ts";
import { PERMISSION_NAMES, type Permission } from "../permissions.ts";
import { Slug, SLUG_KEPT_DAYS } from "../slug.ts";
import { Account } from "./accounts.ts";
import { isTimeZone } from "../time-zone.ts";
import { endpoint, Id, text, Time, withoutUrl } from "./endpoint.ts";

export const PermissionName = z.enum(PERMISSION_NAMES as unknown as [Permission, ...Permission[]]).meta({ id: "Permission" });

export const TenantParams = z.strictObject({ slug: bounded(64).min(1) });

export const MfaPolicy = z
  .enum(["disabled", "optional", "enforced"])
  .describe(
    "disabled: the workspace does not ask for it. optional: members without it are reminded. enforced: only sessions that proved a second factor enter.",
  )
  .meta({ id: "MfaPolicy" });
export type MfaPolicy = z.infer<typeof MfaPolicy>;

/** An IANA time zone that this runtime knows. */
const TimeZone = bounded(64, "Choose a time zone from the list.")
  .refine(isTimeZone, "Choose a time zone from the list.")
  .describe("IANA time zone");

const AccentColour = bounded(7, "Use a colour like #0a4a45.")
  .toLowerCase()
  .regex(/^#[0-9a-f]{6}$/, "Use a colour like #0a4a45.")
  .nullable()
  .describe("#rrggbb; null: whoot's default");

const Clock = z.enum(["12h", "24h"]);
export const TalkKeyMode = z
  .enum(["hold", "latch"])
  .describe("hold: talk while the key is down. latch: press once to talk and again to stop; needs voice.latch.");
export type TalkKeyMode = z.infer<typeof TalkKeyMode>;

const Display = z
  .strictObject({
    accentColour: AccentColour,
    // Not TimeZone: the zone may have been chosen on a server that knew more zones than this one.
    timeZone: z.string().describe("IANA time zone. A client that doesn't know it shows times in UTC."),
    clock: Clock,
    talkKeyMode: TalkKeyMode,
  })
  .meta({ id: "Display" });

const OwnershipOffer = z
  .strictObject({
    memberId: Id,
    memberName: z.string(),
    offeredByName: z.string(),
    expiresAt: Time,
    expired: z.boolean().describe("Nobody answered in time. The owner sees the offer until the next one"),
    can: z.strictObject({ answer: z.boolean(), withdraw: z.boolean() }),
  })
  .meta({ id: "OwnershipOffer" });

export const TenantSummary = z
  .strictObject({
    tenantId: Id,
    slug: z.string(),
    name: z.string(),
    accentColour: AccentColour,
    logoId: Id.nullable(),
    roleName: z.string().describe("The signed-in person's role there"),
    status: z.enum(["active", "suspended"]).describe("The state of the person's membership"),
  })
  .meta({ id: "TenantSummary" });

/** The member's name and role in the workspace, and what they may do there. */
export const TenantMember = z.strictObject({
  self: z.strictObject({
    memberId: Id,
    name: z.string(),
    roleName: z.string(),
    isOwner: z.boolean(),
  }),
  can: z.strictObject({
    createChannels: z.boolean(),
    invite: z.boolean(),
    viewMembers: z.boolean(),
    viewContacts: z.boolean().describe("See and search by the email addresses of members and invited people"),
    viewRoles: z.boolean(),
    talk: z.boolean().describe("Talk at all; each channel says whether the caller may talk on it"),
    latch: z.boolean().describe("Talk without holding the talk key down"),
    viewAuditLog: z.boolean(),
    exportAuditLog: z.boolean(),
    viewExports: z.boolean(),
    viewSecurity: z.boolean(),
    runAccessReviews: z.boolean(),
    viewBilling: z.boolean().describe("See plan, licences and use"),
    viewInvoices: z.boolean(),
    manageSubscription: z.boolean().describe("Start, change, cancel and resume the subscription"),
    manageLicences: z.boolean().describe("Buy and drop licences"),
    manageAddOns: z.boolean().describe("Buy and drop add-ons"),
    managePayment: z.boolean().describe("Set billing details and payment method"),
    edit: z.boolean(),
    leave: z.boolean(),
    transferOwnership: z.boolean(),
    createRoles: z.boolean(),
    givePermissions: z
      .array(PermissionName)
      .max(PERMISSION_NAMES.length)
      .describe("Permissions that the caller may add to a role that they create or edit"),
    delete: z.boolean(),
  }),
});
export type TenantMember = z.infer<typeof TenantMember>;

/** What a workspace's billing allows it. */
export const BillingStanding = z
  .strictObject({
    state: BillingState,
    until: Time.nullable().describe("The end of the trial or of the period, or when talk stops"),
  })
  .nullable()
  .describe("Null while billing is off, and for members who may not see billing");

export const Tenant = z
  .strictObject({
    tenantId: Id,
    slug: z.string().describe("The current slug, even if the request used an earlier one"),
    name: z.string(),
    createdAt: Time,
    display: Display,
    logoId: Id.nullable(),
    talkStopped: z.boolean().describe("Nobody can begin to talk until the workspace pays, or has a plan"),
    billing: BillingStanding,
    addOns: z
      .array(z.enum(ADD_ON_IDS))
      .max(ADD_ON_IDS.length)
      .nullable()
      .describe("Add-ons that the workspace may use. Null: all"),
    mfaPolicy: MfaPolicy,
    ownershipOffer: OwnershipOffer.nullable().describe(
      "For the owner and the member to whom the ownership is offered; null for everybody else",
    ),
    ...TenantMember.shape,
  })
  .meta({ id: "Tenant" });

const WorkspaceName = withoutUrl(text(1, 80, "the workspace's name"));

/** If somebody belongs to more workspaces, the ones used last are listed. */
export const MAX_TENANTS = 500;

export const getMe = endpoint({
  operationId: "getMe",
  method: "GET",
  path: "/me",
  summary: "The signed-in person and the workspaces they belong to, last used first, then by name; at most 500.",
  access: "account",
  anySession: true,
  success: {
    status: 200,
    description: "The person",
    schema: z.strictObject({ account: Account, tenants: z.array(TenantSummary).max(MAX_TENANTS) }),
  },
});

export const checkSlug = endpoint({
  operationId: "checkSlug",
  method: "GET",
  path: "/slugs/{slug}",
  summary: "Whether this slug is free for a new workspace, or for one that changes its slug.",
  access: "account",
  params: TenantParams,
  query: z.strictObject({
    movingFrom: bounded(64)
      .optional()
      .describe("The current slug of the caller's workspace that is to change it. Its own earlier slugs count as free"),
  }),
  success: {
    status: 200,
    description: "The verdict, and for a slug that is not available the sentence to show",
    schema: z.strictObject({
      available: z.boolean(),
      reason: z.enum(["malformed", "reserved", "taken", "look_alike"]).nullable(),
      message: z.string().nullable(),
    }),
  },
  errors: ["rate_limited"],
});

export const createTenant = endpoint({
  operationId: "createTenant",
  method: "POST",
  path: "/tenants",
  summary: "Create a workspace. The caller becomes its owner and first admin.",
  access: "account",
  body: z.strictObject({
    name: WorkspaceName,
    slug: Slug,
    timeZone: bounded(64, "Choose a time zone from the list.")
      .optional()
      .describe("The client's time zone. A zone that the server doesn't know counts as UTC."),
  }),
  audits: ["workspace.created", "billing.trial_started"],
  success: { status: 201, description: "Created", schema: Tenant },
  errors: ["slug_taken", "slug_look_alike", "slug_reserved", "rate_limited"],
});

export const updateTenant = endpoint({
  operationId: "updateTenant",
  method: "PATCH",
  path: "/tenants/{slug}",
  summary: `Change the name, slug or display settings. Omitted fields stay as they are. An earlier slug leads to the workspace for ${SLUG_KEPT_DAYS} days, and nobody else can take it during that time.`,
  access: "member",
  permission: "workspace.edit",
  params: TenantParams,
  body: z.strictObject({
    name: WorkspaceName.optional(),
    slug: Slug.optional(),
    accentColour: AccentColour.optional(),
    timeZone: TimeZone.optional(),
    clock: Clock.optional(),
    talkKeyMode: TalkKeyMode.optional(),
  }),
  audits: ["workspace.edited"],
  success: { status: 200, description: "The workspace as it is now", schema: Tenant },
  errors: ["slug_taken", "slug_look_alike", "slug_reserved", "too_many_slugs", "rate_limited"],
});

/** The database function claim_slug enforces it. */
const MAX_EARLIER_SLUGS = 10;

export const listEarlierSlugs = endpoint({
  operationId: "listEarlierSlugs",
  method: "GET",
  path: "/tenants/{slug}/earlier-slugs",
  summary: "Earlier slugs that still lead to the workspace, newest first.",
  access: "member",
  permission: "workspace.edit",
  params: TenantParams,
  success: {
    status: 200,
    description: "The slugs",
    schema: z.strictObject({
      items: z
        .array(z.strictObject({ slug: z.string(), keptUntil: Time.describe("From then on anybody can take the slug") }))
        .max(MAX_EARLIER_SLUGS),
    }),
  },
});

export const getTenant = endpoint({
  operationId: "getTenant",
  method: "GET",
  path: "/tenants/{slug}",
  summary: "The workspace, the caller's membership, and what the caller may do.",
  access: "member",
  params: TenantParams,
  success: { status: 200, description: "The workspace", schema: Tenant },
});
