import { z } from "zod";
import { PERMISSION_NAMES, type Permission } from "../permissions.ts";
import { Slug, SLUG_KEPT_DAYS } from "../slug.ts";
import { Account } from "./accounts.ts";
import { endpoint, Id, text, Time } from "./endpoint.ts";

export const PermissionName = z.enum(PERMISSION_NAMES as unknown as [Permission, ...Permission[]]).meta({ id: "Permission" });

export const TenantParams = z.strictObject({ slug: z.string().min(1).max(64) });

/** A time zone of the IANA database by its name, which this runtime knows. */
const TimeZone = z
  .string()
  .max(64)
  .refine((name) => {
    // Offsets ("+02:00") are known too, and are no place: they would be wrong half of the year.
    if (!/^[A-Za-z]/.test(name)) return false;
    try {
      Intl.DateTimeFormat("en", { timeZone: name });
      return true;
    } catch {
      return false;
    }
  }, "Choose a time zone of the list.")
  .describe("IANA time zone");

const AccentColour = z
  .string()
  .toLowerCase()
  .regex(/^#[0-9a-f]{6}$/, "Use a colour like #0a4a45.")
  .nullable()
  .describe("#rrggbb; null: whoot's own");

const Clock = z.enum(["12h", "24h"]);
export const TalkKeyMode = z
  .enum(["hold", "latch"])
  .describe("hold: talk for as long as the key is down. latch: press once to talk, again to stop; takes voice.latch.");
export type TalkKeyMode = z.infer<typeof TalkKeyMode>;

const Display = z
  .strictObject({ accentColour: AccentColour, timeZone: TimeZone, clock: Clock, talkKeyMode: TalkKeyMode })
  .meta({ id: "Display" });

const OwnershipOffer = z
  .strictObject({
    memberId: Id,
    memberName: z.string(),
    offeredByName: z.string(),
    expiresAt: Time,
    expired: z.boolean().describe("Nobody answered in time; told to the owner, until the next offer"),
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
    roleName: z.string().describe("The role of the signed-in person there"),
    status: z.enum(["active", "suspended"]).describe("Of their membership"),
  })
  .meta({ id: "TenantSummary" });

/** What a member is in the workspace and may do there. */
export const TenantMember = z.strictObject({
  self: z.strictObject({
    memberId: Id,
    name: z.string(),
    roleName: z.string(),
    isOwner: z.boolean(),
    permissions: z.array(PermissionName),
  }),
  can: z.strictObject({
    createChannels: z.boolean(),
    invite: z.boolean(),
    viewMembers: z.boolean(),
    edit: z.boolean(),
    leave: z.boolean(),
    transferOwnership: z.boolean(),
    createRoles: z.boolean(),
    delete: z.boolean(),
  }),
});
export type TenantMember = z.infer<typeof TenantMember>;

export const Tenant = z
  .strictObject({
    tenantId: Id,
    slug: z.string().describe("The current one, also when the workspace was asked for by an earlier one"),
    name: z.string(),
    createdAt: Time,
    display: Display,
    logoId: Id.nullable(),
    ownershipOffer: OwnershipOffer.nullable().describe("For the owner and for whom it is made; null for everybody else"),
    ...TenantMember.shape,
  })
  .meta({ id: "Tenant" });

const WorkspaceName = text(1, 80, "the workspace's name");

export const getMe = endpoint({
  operationId: "getMe",
  method: "GET",
  path: "/me",
  summary: "The signed-in person and the workspaces they belong to, last used first, then by name.",
  access: "account",
  success: {
    status: 200,
    description: "The person",
    schema: z.strictObject({ account: Account, tenants: z.array(TenantSummary) }),
  },
});

export const checkSlug = endpoint({
  operationId: "checkSlug",
  method: "GET",
  path: "/slugs/{slug}",
  summary: "Whether a workspace could be created at this slug now, or be moved there.",
  access: "account",
  params: TenantParams,
  query: z.strictObject({
    movingFrom: z
      .string()
      .max(64)
      .optional()
      .describe("The slug of a workspace of the caller's: its own earlier ones are free for it"),
  }),
  success: {
    status: 200,
    description: "The verdict, and for one that is not available the sentence to show",
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
    timeZone: TimeZone.optional().describe("Where its people are, as far as the client knows; else UTC"),
  }),
  audits: ["workspace.created"],
  success: { status: 201, description: "Created", schema: Tenant },
  errors: ["slug_taken", "slug_look_alike", "slug_reserved", "rate_limited"],
});

export const updateTenant = endpoint({
  operationId: "updateTenant",
  method: "PATCH",
  path: "/tenants/{slug}",
  summary: `Change name, slug or display settings; what is left out stays. A slug that was given up leads here for ${SLUG_KEPT_DAYS} days and is kept from everybody else meanwhile.`,
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

export const listEarlierSlugs = endpoint({
  operationId: "listEarlierSlugs",
  method: "GET",
  path: "/tenants/{slug}/earlier-slugs",
  summary: "Slugs that the workspace gave up and that lead to it still, the last one first.",
  access: "member",
  permission: "workspace.edit",
  params: TenantParams,
  success: {
    status: 200,
    description: "The slugs",
    schema: z.strictObject({
      items: z.array(z.strictObject({ slug: z.string(), keptUntil: Time.describe("From then on anybody can have it") })),
    }),
  },
});

export const getTenant = endpoint({
  operationId: "getTenant",
  method: "GET",
  path: "/tenants/{slug}",
  summary: "The workspace, and what the caller is and may do in it.",
  access: "member",
  params: TenantParams,
  success: { status: 200, description: "The workspace", schema: Tenant },
});
