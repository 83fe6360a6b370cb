/** Single sign-on (SAML 2.0 and OpenID Connect): a workspace's connections to identity providers, and signing in through them. */
import { z } from "zod";
import { bounded } from "../bounded.ts";
import { SSO_REFUSAL_REASONS } from "../sso.ts";
import { Account, Email } from "./accounts.ts";
import { MAX_DOMAINS } from "./domains.ts";
import { endpoint, Id, page, PageQuery, text, Time } from "./endpoint.ts";
import { TenantParams } from "./tenants.ts";

/** Connections that one workspace can have. */
export const MAX_SSO_CONNECTIONS = 20;
/** Groups of a connection that are mapped to roles. */
export const MAX_GROUP_ROLES = 100;
/** Bytes of a form that an identity provider posts. */
const MAX_ACS_FORM = 192 * 1024;

export const SsoProtocol = z.enum(["saml", "oidc"]).meta({ id: "SsoProtocol" });
export type SsoProtocol = z.infer<typeof SsoProtocol>;

export const SsoProvider = z
  .enum(["okta", "entra", "google", "onelogin", "keycloak", "authentik", "jumpcloud", "adfs", "ping", "other"])
  .describe("Decides which instructions the set-up shows, and nothing else")
  .meta({ id: "SsoProvider" });
export type SsoProvider = z.infer<typeof SsoProvider>;

export const SsoPolicy = z
  .enum(["optional", "required"])
  .describe("required: members whose address is on a verified domain of the workspace enter it through single sign-on alone.")
  .meta({ id: "SsoPolicy" });
export type SsoPolicy = z.infer<typeof SsoPolicy>;

export const SsoBinding = z
  .enum(["redirect", "post"])
  .describe("How the request gets to a SAML provider: in the URL, or posted by a form")
  .meta({ id: "SsoBinding" });
export type SsoBinding = z.infer<typeof SsoBinding>;

const Url = bounded(2_048, "That URL is too long.");
const AttributeName = bounded(300, "That attribute name is too long.").min(1);

/** Names of attributes or claims; what is left out is guessed. */
export const SsoMapping = z
  .strictObject({
    address: AttributeName.optional(),
    firstName: AttributeName.optional(),
    lastName: AttributeName.optional(),
    displayName: AttributeName.optional(),
    groups: AttributeName.optional(),
  })
  .meta({ id: "SsoMapping" });
export type SsoMapping = z.infer<typeof SsoMapping>;

const GroupRole = z.strictObject({ group: bounded(300, "That group name is too long.").min(1), roleId: Id });

const Certificate = z.strictObject({
  fingerprint: z.string().describe("SHA-256, in hexadecimal"),
  notBefore: Time,
  notAfter: Time.describe("An expired certificate still counts; whoot warns before and after"),
});

const SsoConnection = z
  .strictObject({
    connectionId: Id,
    name: z.string(),
    provider: SsoProvider,
    protocol: SsoProtocol,
    enabled: z.boolean(),
    ready: z.boolean().describe("Whether everything that a sign-in needs is set"),
    whoot: z
      .strictObject({
        signInUrl: z.string().describe("Where people start; suits the tile of the provider's portal"),
        entityId: z.string().describe("SAML: entity ID, audience"),
        acsUrl: z.string().describe("SAML: assertion consumer service, reply URL"),
        metadataUrl: z.string().describe("SAML: to import at the provider"),
        redirectUrl: z.string().describe("OpenID Connect: redirect URI"),
      })
      .describe("What the identity provider must know"),
    saml: z
      .strictObject({
        idpEntityId: z.string().nullable(),
        signOnUrl: z.string().nullable(),
        signOnBinding: SsoBinding,
        metadataUrl: z.string().nullable(),
        metadata: z
          .strictObject({
            readAt: Time.nullable().describe("When the metadata were last read and taken over"),
            triedAt: Time.nullable(),
            problem: z
              .strictObject({
                says: z.string(),
                received: z.string().nullable().describe("The entity ID of the metadata, when it is not the connection's"),
              })
              .nullable()
              .describe("Why the last attempt to read the metadata failed, or why they were not taken over"),
          })
          .nullable()
          .describe("Of the metadata at the URL, which are read again every day; null without a URL"),
        certificates: z.array(Certificate).max(4),
        takesEncrypted: z.boolean(),
      })
      .nullable(),
    oidc: z.strictObject({ issuer: z.string().nullable(), clientId: z.string().nullable(), hasSecret: z.boolean() }).nullable(),
    subjectAttribute: z.string().nullable().describe("What identifies people; null for the NameID, or for the claim sub"),
    mapping: SsoMapping,
    groupRoles: z.array(z.strictObject({ group: z.string(), roleId: Id, roleName: z.string() })).max(MAX_GROUP_ROLES),
    joining: z
      .enum(["invited", "just_in_time"])
      .describe("just_in_time: whoever signs in with an address on a verified domain becomes a member"),
    defaultRole: z.strictObject({ roleId: Id, roleName: z.string() }).nullable().describe("Of people who join just in time"),
    countsAsMfa: z
      .boolean()
      .describe("Whether the provider checks a second factor, so that a sign-in meets the workspace's policy"),
    people: z.int().describe("Members who have signed in through the connection"),
    testedAt: Time.nullable().describe("The last test that succeeded, since what the connection trusts was last changed"),
    can: z.strictObject({
      edit: z.boolean(),
      editTrust: z.boolean().describe("False while the connection reaches people who may do more than you"),
    }),
  })
  .meta({ id: "SsoConnection" });

const Sso = z
  .strictObject({
    policy: SsoPolicy,
    hours: z.int().describe("Hours after which a sign-in through single sign-on has to be repeated"),
    domains: z.array(z.string()).max(MAX_DOMAINS).describe("The workspace's verified domains, as people write them"),
    connections: z.array(SsoConnection).max(MAX_SSO_CONNECTIONS),
    can: z.strictObject({ create: z.boolean(), setPolicy: z.boolean() }),
  })
  .meta({ id: "Sso" });

const ConnectionParams = TenantParams.extend({ connectionId: Id });

export const getSso = endpoint({
  operationId: "getSso",
  method: "GET",
  path: "/tenants/{slug}/sso",
  summary: "The workspace's connections to identity providers, and whether single sign-on is required.",
  access: "member",
  permission: "security.view",
  params: TenantParams,
  success: { status: 200, description: "All of them, in the order in which they were made", schema: Sso },
});

export const createSsoConnection = endpoint({
  operationId: "createSsoConnection",
  method: "POST",
  path: "/tenants/{slug}/sso/connections",
  summary: "Begin a connection. It has its own entity ID and URLs at once, and admits nobody until it is set up and switched on.",
  access: "member",
  permission: "security.manage_sso",
  params: TenantParams,
  body: z.strictObject({ name: text(1, 60, "a name"), provider: SsoProvider, protocol: SsoProtocol }),
  audits: ["sso.connection_created"],
  success: { status: 201, description: "Begun", schema: SsoConnection },
  errors: ["quota_reached", "reauthentication_required"],
});

export const updateSsoConnection = endpoint({
  operationId: "updateSsoConnection",
  method: "PATCH",
  path: "/tenants/{slug}/sso/connections/{connectionId}",
  summary:
    "Change a connection. Whoever changes what it trusts must hold every permission of the members whom it reaches; the owner and all Admins are mailed. It can be switched on after a test that succeeded.",
  access: "member",
  permission: "security.manage_sso",
  params: ConnectionParams,
  body: z.strictObject({
    name: text(1, 60, "a name").optional(),
    enabled: z.boolean().optional(),
    saml: z
      .union([
        z.strictObject({ metadata: bounded(128 * 1024, "The metadata are longer than 128 KiB.").min(1) }),
        z.strictObject({ metadataUrl: Url.min(1) }),
        z.strictObject({
          idpEntityId: bounded(1_024, "That entity ID is too long.").min(1, "Enter the entity ID, or issuer."),
          signOnUrl: Url.min(1, "Enter the sign-on URL."),
          signOnBinding: SsoBinding.optional().describe("redirect when left out"),
          certificates: z
            .array(bounded(16_384, "That certificate is too long.").min(1, "Paste the certificate."))
            .min(1)
            .max(2)
            .describe("PEM, or its base64 alone"),
        }),
      ])
      .optional(),
    takesEncrypted: z.boolean().optional(),
    oidc: z
      .strictObject({
        issuer: Url.min(1, "Enter the issuer."),
        clientId: bounded(300, "That client ID is too long.").min(1, "Enter the client ID."),
        clientSecret: bounded(500, "That client secret is too long.")
          .min(1)
          .optional()
          .describe("Left out: the secret stays as it is"),
      })
      .optional(),
    subjectAttribute: AttributeName.nullable().optional(),
    mapping: SsoMapping.optional(),
    groupRoles: z.array(GroupRole).max(MAX_GROUP_ROLES).optional(),
    joining: z.enum(["invited", "just_in_time"]).optional(),
    defaultRoleId: Id.nullable().optional(),
    countsAsMfa: z.boolean().optional(),
  }),
  maxBodyBytes: 384 * 1024,
  audits: ["sso.connection_changed", "sso.connection_enabled", "sso.connection_disabled"],
  success: { status: 200, description: "Changed", schema: SsoConnection },
  errors: ["outranked", "reauthentication_required", "sso_untested", "sso_is_required"],
});

export const readSsoMetadata = endpoint({
  operationId: "readSsoMetadata",
  method: "POST",
  path: "/tenants/{slug}/sso/connections/{connectionId}/metadata-reading",
  summary:
    "Read the provider's metadata at the connection's URL again, as whoot does every day, and take over new certificates and the sign-on URL. You vouch for what is there: you must hold every permission of the members whom the connection reaches. Another entity ID is not taken over.",
  access: "member",
  permission: "security.manage_sso",
  params: ConnectionParams,
  audits: ["sso.metadata_read", "sso.connection_changed", "sso.metadata_held"],
  success: { status: 200, description: "Read, or tried: `saml.metadata` says what came of it", schema: SsoConnection },
  errors: ["outranked", "reauthentication_required", "rate_limited"],
});

export const deleteSsoConnection = endpoint({
  operationId: "deleteSsoConnection",
  method: "DELETE",
  path: "/tenants/{slug}/sso/connections/{connectionId}",
  summary: "Delete a connection. Members stay; sessions that it admitted no longer enter the workspace.",
  access: "member",
  permission: "security.manage_sso",
  params: ConnectionParams,
  audits: ["sso.connection_deleted"],
  success: { status: 204, description: "Deleted" },
  errors: ["outranked", "reauthentication_required", "sso_is_required"],
});

const SsoIdentity = z
  .strictObject({
    memberId: Id,
    name: z.string(),
    subject: z
      .string()
      .nullable()
      .describe(
        "The identifier that the provider sends for the member. Null without users.view_contact, because it may be an address",
      ),
    linkedAt: Time,
    lastUsedAt: Time,
    whyNotEnd: z
      .string()
      .nullable()
      .describe("Why you can't separate the member from the connection, as a sentence; null when you can"),
  })
  .meta({ id: "SsoIdentity" });

export const listSsoIdentities = endpoint({
  operationId: "listSsoIdentities",
  method: "GET",
  path: "/tenants/{slug}/sso/connections/{connectionId}/identities",
  summary: "The members who are joined to a connection, in the order in which they became members. Needs users.view, too.",
  access: "member",
  permission: "security.manage_sso",
  params: ConnectionParams,
  query: PageQuery,
  success: { status: 200, description: "A page of identities", schema: page(SsoIdentity) },
  errors: ["invalid_input"],
});

export const endSsoIdentity = endpoint({
  operationId: "endSsoIdentity",
  method: "DELETE",
  path: "/tenants/{slug}/sso/connections/{connectionId}/identities/{memberId}",
  summary:
    "Separate a member from a connection. What their sessions proved through it no longer counts, and live audio that depended on it ends. They stay a member and get a mail. Needs users.view, too.",
  access: "member",
  permission: "security.manage_sso",
  params: ConnectionParams.extend({ memberId: Id }),
  audits: ["sso.identity_ended"],
  success: { status: 204, description: "Separated" },
  errors: ["outranked", "owner_protected", "reauthentication_required"],
});

export const setSsoPolicy = endpoint({
  operationId: "setSsoPolicy",
  method: "PUT",
  path: "/tenants/{slug}/sso/policy",
  summary:
    "Require single sign-on, or stop requiring it. Requiring it needs a verified domain, and a test by you that succeeded within the hour. The owner keeps password and second factor.",
  access: "member",
  permission: "security.manage_sso",
  params: TenantParams,
  body: z.strictObject({ policy: SsoPolicy, hours: z.int().min(1).max(720).optional() }),
  audits: ["sso.policy_changed"],
  success: { status: 200, description: "Set", schema: Sso },
  errors: ["reauthentication_required", "sso_untested", "sso_without_domain"],
});

const Started = z.strictObject({ url: z.string().describe("Where the browser goes next, at the identity provider") });

export const startSsoTest = endpoint({
  operationId: "startSsoTest",
  method: "POST",
  path: "/tenants/{slug}/sso/connections/{connectionId}/test",
  summary:
    "Begin a test: the whole way to the identity provider and back, without signing anybody in. finishSso answers with what came.",
  access: "member",
  permission: "security.manage_sso",
  params: ConnectionParams,
  audits: { none: "a test changes nothing" },
  success: { status: 200, description: "Begun; a cookie ties it to this browser", schema: Started },
  errors: ["sso_unfinished", "sso_refused", "rate_limited"],
});

export const startSsoLink = endpoint({
  operationId: "startSsoLink",
  method: "POST",
  path: "/tenants/{slug}/sso/connections/{connectionId}/link",
  summary: "Begin to join your own account here with who you are at the identity provider.",
  access: "member",
  params: ConnectionParams,
  audits: { none: "finishSso records what comes of it" },
  success: { status: 200, description: "Begun; a cookie ties it to this browser", schema: Started },
  errors: ["reauthentication_required", "sso_refused", "rate_limited"],
});

export const listMySsoConnections = endpoint({
  operationId: "listMySsoConnections",
  method: "GET",
  path: "/tenants/{slug}/sso/mine",
  summary: "The connections of the workspace that are switched on, and whether your account is joined to each.",
  access: "member",
  params: TenantParams,
  success: {
    status: 200,
    description: "All of them",
    schema: z.strictObject({
      items: z.array(z.strictObject({ connectionId: Id, name: z.string(), linked: z.boolean() })).max(MAX_SSO_CONNECTIONS),
    }),
  },
});

export const findSso = endpoint({
  operationId: "findSso",
  method: "POST",
  path: "/sso/options",
  summary:
    "The connections for addresses of this domain. The answer depends on the domain alone, so it says nothing about a person.",
  access: "public",
  body: z.strictObject({ email: Email }),
  audits: { none: "it only reads; a GET would put an address into logs" },
  success: {
    status: 200,
    description: "Often none",
    schema: z.strictObject({
      items: z.array(z.strictObject({ connectionId: Id, name: z.string() })).max(MAX_SSO_CONNECTIONS),
    }),
  },
  errors: ["rate_limited"],
});

const SsoParams = z.strictObject({ connectionId: Id });

export const startSso = endpoint({
  operationId: "startSso",
  method: "POST",
  path: "/sso/{connectionId}/start",
  summary: "Begin to sign in through a connection.",
  access: "public",
  params: SsoParams,
  body: z.strictObject({
    purpose: z
      .enum(["sign_in", "confirm"])
      .describe("confirm: the provider asks the person again, for what needs a recent authentication"),
  }),
  audits: { none: "finishSso records what comes of it" },
  success: { status: 200, description: "Begun; a cookie ties it to this browser", schema: Started },
  errors: ["not_found", "sso_refused", "rate_limited"],
});

export const getSsoRequest = endpoint({
  operationId: "getSsoRequest",
  method: "GET",
  path: "/sso/requests/{handle}",
  summary:
    "The page that posts a SAML request to a provider which takes it in no other way. The URL that begins a sign-in leads here. Only for the browser that began.",
  access: "public",
  params: z.strictObject({ handle: bounded(43).regex(/^[A-Za-z0-9_-]{43}$/, "This link is incomplete.") }),
  success: { status: 200, description: "The page; after ten minutes one that says so, with 410", contentType: "text/html" },
  errors: ["rate_limited"],
});

export const getSsoMetadata = endpoint({
  operationId: "getSsoMetadata",
  method: "GET",
  path: "/sso/{connectionId}/metadata",
  summary: "The SAML metadata of a connection, signed, for the identity provider to import.",
  access: "public",
  params: SsoParams,
  success: { status: 200, description: "SAML metadata", contentType: "application/samlmetadata+xml" },
  errors: ["not_found", "rate_limited"],
});

export const consumeSsoResponse = endpoint({
  operationId: "consumeSsoResponse",
  method: "POST",
  path: "/sso/{connectionId}/acs",
  summary:
    "Where the identity provider makes the browser post its response. The operation starts no session and reads no cookie: it answers with a redirect to a page of whoot, which finishes in the browser that began.",
  access: "public",
  crossSite: true,
  params: SsoParams,
  rawBody: { contentTypes: ["application/x-www-form-urlencoded"], maxBytes: MAX_ACS_FORM },
  audits: ["sso.refused"],
  success: { status: 303, description: "To the page that finishes, with a one-time ticket in the fragment" },
  errors: ["not_found", "rate_limited"],
});

/** What came in a test, and what whoot makes of it. */
export const SsoReport = z
  .strictObject({
    connectionId: Id,
    refusal: z
      .strictObject({
        reason: z.enum(SSO_REFUSAL_REASONS),
        says: z.string().describe("What is wrong, and what to change on which side"),
        expected: z.string().nullable(),
        received: z.string().nullable(),
        seconds: z.number().nullable().describe("How far a time is outside its limits"),
      })
      .nullable()
      .describe("Null when the test succeeded"),
    nameId: z.string().nullable(),
    attributes: z.array(z.strictObject({ name: z.string(), values: z.array(z.string()).max(2_000) })).max(2_000),
    person: z
      .strictObject({
        subject: z.string(),
        address: z.string().nullable(),
        name: z.string().nullable(),
        groups: z.array(z.string()).max(2_000).nullable(),
      })
      .nullable(),
    notes: z.array(z.string()).max(20).describe("Warnings, and what a sign-in would do, in sentences"),
  })
  .meta({ id: "SsoReport" });
export type SsoReport = z.infer<typeof SsoReport>;

export const finishSso = endpoint({
  operationId: "finishSso",
  method: "POST",
  path: "/sso/finish",
  summary: "Finish what this browser began, with the ticket of a SAML response or with the answer of an OpenID Connect provider.",
  access: "public",
  body: z.strictObject({
    ticket: bounded(43, "This link is incomplete.")
      .regex(/^[A-Za-z0-9_-]{43}$/, "This link is incomplete.")
      .optional()
      .describe("Of a SAML response"),
    state: bounded(43, "This answer is too long.").optional().describe("Of an OpenID Connect answer, as are the following"),
    code: bounded(4_096, "This answer is too long.").optional(),
    iss: bounded(2_048, "This answer is too long.").optional(),
    error: bounded(200, "This answer is too long.").optional(),
  }),
  audits: ["session.signed_in", "sso.identity_linked", "sso.refused", "invitation.accepted", "member.joined"],
  success: {
    status: 200,
    description: "Signed in, joined, confirmed or tested",
    schema: z.discriminatedUnion("outcome", [
      z.strictObject({ outcome: z.literal("signed_in"), slug: z.string(), account: Account }),
      z.strictObject({ outcome: z.literal("confirmed"), slug: z.string() }),
      z.strictObject({ outcome: z.literal("linked"), slug: z.string() }),
      z.strictObject({ outcome: z.literal("tested"), slug: z.string(), report: SsoReport }),
    ]),
  },
  errors: ["sso_refused", "sso_expired", "rate_limited"],
});
