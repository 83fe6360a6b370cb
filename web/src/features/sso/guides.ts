/** The instructions for setting up each identity provider. Labels are those of the provider's console. */
import type { SsoConnection, SsoProtocol, SsoProvider } from "../../api/types.ts";

/** A value of whoot, and the field at the provider that it belongs in. */
export interface GuideField {
  at: string;
  of: keyof SsoConnection["whoot"] | "acsPattern";
  hint?: string;
}

export interface Guide {
  /** Where in the console to begin. */
  begin: string;
  fields: readonly GuideField[];
  /** Other settings at the provider. */
  also: readonly string[];
  /** Where to find the values that whoot needs. */
  gives: readonly string[];
  /** The provider offers its metadata at a URL, and this is the easiest way there. */
  hasMetadataUrl?: true;
  /** About subjects, attributes and groups of this provider. */
  people: readonly string[];
}

interface Provider {
  name: string;
  guides: Partial<Record<SsoProtocol, Guide>>;
}

const ATTRIBUTES = "Send the attributes email, firstName and lastName.";

const okta: Provider = {
  name: "Okta",
  guides: {
    saml: {
      begin: "In the Okta Admin Console, open Applications, choose Create App Integration, then SAML 2.0.",
      fields: [
        { at: "Single sign-on URL", of: "acsUrl" },
        { at: "Audience URI (SP Entity ID)", of: "entityId" },
      ],
      also: [
        "Under Attribute Statements add email (user.email), firstName (user.firstName) and lastName (user.lastName). Okta sends none by itself.",
        "For roles by group, add a Group Attribute Statement named groups with a filter.",
        "Under Assignments, assign the people or groups who may sign in.",
      ],
      gives: ["The metadata URL is on the application's Sign On tab. Paste it under “Metadata URL”."],
      hasMetadataUrl: true,
      people: ["Okta's NameID is the username unless you choose another Application username. A username is often an address."],
    },
    oidc: {
      begin: "In the Okta Admin Console, open Applications, choose Create App Integration, then OIDC and Web Application.",
      fields: [
        { at: "Sign-in redirect URIs", of: "redirectUrl" },
        { at: "Initiate login URI", of: "signInUrl", hint: "optional: for the tile on the dashboard" },
      ],
      also: [
        "For roles by group, add a groups claim with a filter on the Sign On tab.",
        "Under Assignments, assign the people or groups who may sign in.",
      ],
      gives: [
        "The client ID and the client secret are on the application's General tab.",
        "The issuer is your Okta address, such as https://example.okta.com, or the one of your custom authorization server.",
      ],
      people: [],
    },
  },
};

const entra: Provider = {
  name: "Microsoft Entra ID",
  guides: {
    saml: {
      begin:
        "In the Entra admin center, open Enterprise applications, choose New application, then Create your own application. Open its Single sign-on page and choose SAML.",
      fields: [
        { at: "Identifier (Entity ID)", of: "entityId" },
        { at: "Reply URL (Assertion Consumer Service URL)", of: "acsUrl" },
        { at: "Sign on URL", of: "signInUrl", hint: "optional: for the tile in My Apps" },
      ],
      also: [
        "Under Attributes & Claims, keep the claims that are there. For roles by group, add a group claim, and choose “Groups assigned to the application”: above 150 groups Entra sends none.",
        "Under Users and groups, assign the people who may sign in.",
      ],
      gives: ["Under SAML Certificates, copy the App Federation Metadata Url. Paste it under “Metadata URL”."],
      hasMetadataUrl: true,
      people: [
        "Entra's NameID is the user principal name, which changes when somebody is renamed. The attribute http://schemas.microsoft.com/identity/claims/objectidentifier stays the same.",
        "Entra sends groups as object IDs, such as ab260d59-0317-4f4f-9a2f-1f8f4f0f7b11.",
        "Entra sends no email address for people whose Mail field is empty.",
      ],
    },
    oidc: {
      begin:
        "In the Entra admin center, open App registrations and choose New registration, for this organizational directory only.",
      fields: [{ at: "Redirect URI", of: "redirectUrl", hint: "of the platform Web" }],
      also: [
        "Under Certificates & secrets, add a client secret. Copy its Value, not its Secret ID: Entra shows it once.",
        "Under Token configuration, add the optional claim email to the ID token. For roles by group, add a groups claim with the groups assigned to the application.",
      ],
      gives: [
        "The client ID is the Application (client) ID on the Overview page.",
        "The issuer is https://login.microsoftonline.com/ with your Directory (tenant) ID and /v2.0 behind it. The shared issuers common and organizations are refused.",
      ],
      people: [
        "The claim sub differs in each application; oid is the same in all of them. Both stay the same when somebody is renamed.",
        "Entra sends groups as object IDs.",
      ],
    },
  },
};

const google: Provider = {
  name: "Google Workspace",
  guides: {
    saml: {
      begin:
        "In the Google Admin console, open Apps, Web and mobile apps, then Add app and Add custom SAML app. Google shows its own details first: choose Download metadata.",
      fields: [
        { at: "ACS URL", of: "acsUrl" },
        { at: "Entity ID", of: "entityId" },
        { at: "Start URL", of: "signInUrl", hint: "optional" },
      ],
      also: [
        "Under Attribute mapping, map Primary email to email, First name to firstName and Last name to lastName. For roles by group, choose the groups and name their attribute groups.",
        "Under User access, turn the app on for the people who may sign in. It is off at first.",
        "“Signed response” may be ticked or not: whoot accepts both.",
      ],
      gives: [
        "Choose the metadata file that you downloaded. Google has no metadata URL, so do it again when you renew the certificate.",
      ],
      people: ["Google's NameID is the primary email address unless you choose another field under Name ID."],
    },
  },
};

const onelogin: Provider = {
  name: "OneLogin",
  guides: {
    saml: {
      begin: "In OneLogin's Administration, open Applications, choose Add App and search for SAML Custom Connector (Advanced).",
      fields: [
        { at: "Audience (EntityID)", of: "entityId" },
        { at: "Recipient", of: "acsUrl" },
        { at: "ACS (Consumer) URL Validator", of: "acsPattern", hint: "a regular expression" },
        { at: "ACS (Consumer) URL", of: "acsUrl" },
        { at: "Login URL", of: "signInUrl", hint: "optional" },
      ],
      also: [
        "On the SSO tab, choose SHA-256 as SAML Signature Algorithm. SHA-1 is refused.",
        "On the Parameters tab, add email, firstName and lastName, and tick “Include in SAML assertion” for each. For roles by group, add memberOf.",
        "On the Access tab, choose who may sign in.",
      ],
      gives: [
        "Under More Actions choose SAML Metadata, and choose that file here. Or copy the Issuer URL of the SSO tab as metadata URL.",
      ],
      people: ["OneLogin's NameID is what the Parameters tab says, often the address."],
    },
    oidc: {
      begin: "In OneLogin's Administration, open Applications, choose Add App and search for OpenId Connect (OIDC).",
      fields: [
        { at: "Redirect URI's", of: "redirectUrl" },
        { at: "Login Url", of: "signInUrl", hint: "optional" },
      ],
      also: ["On the Access tab, choose who may sign in."],
      gives: ["The client ID, the client secret and the issuer URL are on the SSO tab."],
      people: [],
    },
  },
};

const keycloak: Provider = {
  name: "Keycloak",
  guides: {
    saml: {
      begin:
        "In Keycloak's admin console, open Clients and choose Import client. Import the metadata file below: it brings the URLs and the certificate with which whoot signs its requests.",
      fields: [
        { at: "Client ID", of: "entityId", hint: "filled in by the import" },
        { at: "Valid redirect URIs", of: "acsUrl", hint: "filled in by the import" },
        { at: "Master SAML Processing URL", of: "acsUrl", hint: "if you create it by hand" },
      ],
      also: [
        "In the client's dedicated scope, add the predefined mappers X500 email, X500 givenName and X500 surname. Keycloak sends no address by itself.",
        "For roles by group, add a mapper of the type Group list.",
      ],
      gives: [
        "The metadata URL is your realm's, such as https://id.example.com/realms/main/protocol/saml/descriptor. A Keycloak inside your network must be listed by whoever runs whoot; or paste the metadata.",
      ],
      people: [
        "Keycloak's NameID is the username unless the client's Name ID format says otherwise. The format persistent stays the same.",
      ],
    },
    oidc: {
      begin:
        "In Keycloak's admin console, open Clients, choose Create client with the type OpenID Connect, and switch Client authentication on.",
      fields: [{ at: "Valid redirect URIs", of: "redirectUrl" }],
      also: [
        "For roles by group, add a mapper of the type Group Membership named groups. With “Full group path” the names begin with a slash.",
      ],
      gives: [
        "The issuer is your realm's address, such as https://id.example.com/realms/main.",
        "The client secret is on the Credentials tab.",
      ],
      people: [],
    },
  },
};

const authentik: Provider = {
  name: "authentik",
  guides: {
    saml: {
      begin:
        "In authentik's admin interface, open Applications, Providers, and create a SAML Provider. Then create an application with it.",
      fields: [
        { at: "ACS URL", of: "acsUrl" },
        { at: "Audience", of: "entityId" },
      ],
      also: [
        "Choose Post as Service Provider Binding, and choose a signing certificate.",
        "Leave the property mappings as they are: they send the address, the name and the groups.",
      ],
      gives: ["On the provider's page, copy the download URL of its metadata, or download the file and choose it here."],
      hasMetadataUrl: true,
      people: [],
    },
    oidc: {
      begin:
        "In authentik's admin interface, open Applications, Providers, and create an OAuth2/OpenID Provider. Then create an application with it.",
      fields: [{ at: "Redirect URIs", of: "redirectUrl", hint: "strict" }],
      also: [
        "Since 2025.10 authentik says that no address is verified (email_verified: false). People who are members already can sign in all the same; for joining just in time, change it in a scope mapping.",
      ],
      gives: [
        "The provider's page shows the OpenID Configuration Issuer. Copy it with its last slash.",
        "The client ID and the client secret are on the same page.",
      ],
      people: [],
    },
  },
};

const jumpcloud: Provider = {
  name: "JumpCloud",
  guides: {
    saml: {
      begin:
        "In the JumpCloud Admin Portal, open SSO Applications, choose Add New Application, then a custom application with SAML.",
      fields: [
        { at: "SP Entity ID", of: "entityId" },
        { at: "ACS URL", of: "acsUrl" },
        { at: "Login URL", of: "signInUrl", hint: "optional" },
      ],
      also: [
        "IdP Entity ID is free text. Enter something of your own, and don't change it later.",
        "Add the user attributes email, firstName and lastName. For roles by group, include the group attribute memberOf.",
        "Under User Groups, choose who may sign in.",
      ],
      gives: ["Choose Export Metadata, and choose that file here."],
      people: ["JumpCloud's NameID is the username or the address, as you choose at SAMLSubject NameID."],
    },
  },
};

const adfs: Provider = {
  name: "AD FS",
  guides: {
    saml: {
      begin:
        "In AD FS Management, add a Relying Party Trust that is claims aware. Import the data from the metadata URL below, or from the downloaded file.",
      fields: [
        { at: "Federation metadata address", of: "metadataUrl" },
        { at: "Relying party trust identifier", of: "entityId", hint: "filled in by the import" },
        { at: "SAML Assertion Consumer Endpoint", of: "acsUrl", hint: "filled in by the import, POST" },
      ],
      also: [
        "Add an issuance rule that sends LDAP attributes: E-Mail-Addresses as E-Mail Address, Given-Name as Given Name, Surname as Surname.",
        "Add a rule that issues a Name ID. Without one AD FS sends none, and whoot refuses the response.",
        "For roles by group, send Token-Groups as Group.",
      ],
      gives: [
        "The metadata are at https://YOUR-ADFS/FederationMetadata/2007-06/FederationMetadata.xml. A server inside your network must be listed by whoever runs whoot; or paste the metadata.",
      ],
      people: ["If responses may be encrypted, AD FS encrypts as soon as it has read whoot's new metadata."],
    },
  },
};

const ping: Provider = {
  name: "Ping Identity",
  guides: {
    saml: {
      begin: "In PingOne, open Applications, add one of the type SAML Application, and enter its configuration by hand.",
      fields: [
        { at: "ACS URLs", of: "acsUrl" },
        { at: "Entity ID", of: "entityId" },
      ],
      also: ["Under Attribute Mappings, saml_subject is what identifies people. " + ATTRIBUTES, "Switch the application on."],
      gives: ["The application's page offers its metadata as a download and as a URL."],
      people: [],
    },
    oidc: {
      begin: "In PingOne, open Applications and add one of the type OIDC Web App.",
      fields: [
        { at: "Redirect URIs", of: "redirectUrl" },
        { at: "Initiate Login URI", of: "signInUrl", hint: "optional" },
      ],
      also: ["Add the scopes email and profile, and switch the application on."],
      gives: ["The issuer is among the application's URLs; the client ID and the client secret are beside it."],
      people: [],
    },
  },
};

const other: Provider = {
  name: "Another provider",
  guides: {
    saml: {
      begin:
        "At your identity provider, create a SAML 2.0 application. Import whoot's metadata if it can; otherwise enter these values.",
      fields: [
        { at: "Entity ID, or audience", of: "entityId" },
        { at: "ACS URL, or reply URL", of: "acsUrl", hint: "HTTP POST" },
        { at: "Sign-on URL, or start URL", of: "signInUrl", hint: "optional" },
        { at: "Metadata URL", of: "metadataUrl", hint: "if it imports from a URL" },
      ],
      also: [
        "Sign the response or the assertion, with RSA-SHA256 or better.",
        ATTRIBUTES + " For roles by group, send groups too.",
        "Let people start at whoot: a sign-in that starts at the provider is refused. Its tile can point to the sign-on URL above.",
      ],
      gives: [
        "Ask it for its metadata, as a file or as a URL. If it has none: its entity ID, its sign-on URL and its signing certificate.",
      ],
      people: [],
    },
    oidc: {
      begin: "At your identity provider, create an OpenID Connect application for a web server, with a client secret.",
      fields: [
        { at: "Redirect URI", of: "redirectUrl" },
        { at: "Initiate login URI", of: "signInUrl", hint: "optional" },
      ],
      also: ["Allow the scopes openid, email and profile. For roles by group, send a claim named groups."],
      gives: [
        "Ask it for the issuer, the client ID and the client secret. The issuer's configuration must be at /.well-known/openid-configuration below it.",
      ],
      people: [],
    },
  },
};

export const PROVIDERS: Record<SsoProvider, Provider> = {
  okta,
  entra,
  google,
  onelogin,
  keycloak,
  authentik,
  jumpcloud,
  adfs,
  ping,
  other,
};

/** The provider's own name, or what to call one that isn't in the list. */
export const providerWords = (provider: SsoProvider) =>
  provider === "other" ? "the identity provider" : PROVIDERS[provider].name;

export function guideOf({ provider, protocol }: Pick<SsoConnection, "provider" | "protocol">): Guide {
  const guide = PROVIDERS[provider].guides[protocol] ?? other.guides[protocol];
  if (!guide) throw new Error(`no guide for ${protocol}`);
  return guide;
}

export function valueOf({ of }: GuideField, whoot: SsoConnection["whoot"]): string {
  if (of !== "acsPattern") return whoot[of];
  return `^${whoot.acsUrl.replace(/[.*+?^${}()|[\]\\/]/g, "\\$&")}$`;
}
