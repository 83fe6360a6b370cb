/** The messages of real identity providers, as far as they differ for a verifier and an attribute mapping. */
import type { NameId } from "../assertion.ts";

const CLAIMS = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims";
const MICROSOFT = "http://schemas.microsoft.com";
const FORMAT = "urn:oasis:names:tc:SAML:1.1:nameid-format";
const PERSISTENT = "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent";
const RSA_SHA256 = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256";

export interface TestPerson {
  id: string;
  email: string;
  firstName: string;
  lastName: string;
  groups: string[];
}

export interface ShapeAttribute {
  name: string;
  values: string[];
  /** Whether each value gets an Attribute of its own, as Keycloak does. */
  repeated?: boolean;
}

export interface Shape {
  entityId: string;
  /** The prefixes of the protocol and the assertion namespace; "" for a default namespace. */
  prefixes: [protocol: string, assertion: string];
  signs: "response" | "assertion" | "both";
  algorithm: string;
  key: "rsa" | "p-256" | "p-384";
  /** The PrefixList of the signature's InclusiveNamespaces. */
  inclusive: string[];
  nameId: (person: TestPerson) => NameId;
  attributes: (person: TestPerson) => ShapeAttribute[];
  /** Whether long base64 values are broken into lines. */
  lines: boolean;
}

const named = (names: [email: string, first: string, last: string, groups: string]) => (person: TestPerson) => [
  { name: names[0], values: [person.email] },
  { name: names[1], values: [person.firstName] },
  { name: names[2], values: [person.lastName] },
  { name: names[3], values: person.groups },
];

const BASE: Shape = {
  entityId: "https://idp.example/saml",
  prefixes: ["samlp", "saml"],
  signs: "assertion",
  algorithm: RSA_SHA256,
  key: "rsa",
  inclusive: [],
  nameId: ({ email }) => ({ value: email, format: `${FORMAT}:emailAddress` }),
  attributes: named(["email", "firstName", "lastName", "groups"]),
  lines: false,
};

const ENTRA: Shape = {
  ...BASE,
  entityId: "https://sts.windows.net/7e3b1c52-2a39-4c33-9d5d-0a4d2b3a3f11/",
  prefixes: ["samlp", ""],
  attributes: (person) => [
    { name: `${MICROSOFT}/identity/claims/tenantid`, values: ["7e3b1c52-2a39-4c33-9d5d-0a4d2b3a3f11"] },
    { name: `${MICROSOFT}/identity/claims/objectidentifier`, values: [person.id] },
    { name: `${CLAIMS}/name`, values: [person.email] },
    { name: `${CLAIMS}/givenname`, values: [person.firstName] },
    { name: `${CLAIMS}/surname`, values: [person.lastName] },
    { name: `${CLAIMS}/emailaddress`, values: [person.email] },
    { name: `${MICROSOFT}/claims/authnmethodsreferences`, values: [`${MICROSOFT}/claims/multipleauthn`] },
    { name: `${MICROSOFT}/ws/2008/06/identity/claims/groups`, values: person.groups },
  ],
};

const GOOGLE: Shape = {
  ...BASE,
  entityId: "https://accounts.google.com/o/saml2?idpid=C01abcdef",
  prefixes: ["saml2p", "saml2"],
  nameId: ({ email }) => ({ value: email, format: `${FORMAT}:unspecified` }),
  attributes: named(["Email", "First name", "Last name", "Groups"]),
  lines: true,
};

const ONELOGIN: Shape = {
  ...BASE,
  entityId: "https://app.onelogin.com/saml/metadata/5f2c",
  attributes: named(["User.email", "User.FirstName", "User.LastName", "memberOf"]),
};

export const SHAPES = {
  "Entra ID": ENTRA,
  "Entra ID, signing the response": { ...ENTRA, signs: "response" },
  "Entra ID, pairwise NameID, no mail, too many groups": {
    ...ENTRA,
    nameId: () => ({ value: "ab260d59-0317-4a52-9b0f-55b6b3a2a1c0", format: PERSISTENT }),
    attributes: (person) => [
      ...ENTRA.attributes(person).filter(({ name }) => !/emailaddress|claims\/groups|claims\/name/.test(name)),
      { name: `${MICROSOFT}/claims/groups.link`, values: ["https://graph.windows.net/7e3b/users/1/getMemberObjects"] },
    ],
  },
  Okta: {
    ...BASE,
    entityId: "http://www.okta.com/exk1fcia6d6EMsf331d8",
    prefixes: ["saml2p", "saml2"],
    signs: "both",
    inclusive: ["xs"],
    nameId: ({ email }) => ({ value: email, format: PERSISTENT }),
  },
  "Google Workspace": GOOGLE,
  "Google Workspace, Signed response": { ...GOOGLE, signs: "response" },
  "OneLogin, Response": { ...ONELOGIN, signs: "response" },
  "OneLogin, Assertion": ONELOGIN,
  "OneLogin, Both": { ...ONELOGIN, signs: "both" },
  ADFS: {
    ...BASE,
    entityId: "http://adfs.example/adfs/services/trust",
    prefixes: ["samlp", ""],
    nameId: ({ id }) => ({ value: `CORP\\${id}`, format: `${FORMAT}:WindowsDomainQualifiedName` }),
    attributes: named([
      `${CLAIMS}/emailaddress`,
      `${CLAIMS}/givenname`,
      `${CLAIMS}/surname`,
      "http://schemas.xmlsoap.org/claims/Group",
    ]),
  },
  Keycloak: {
    ...BASE,
    entityId: "https://sso.example/realms/corp",
    prefixes: ["samlp", ""],
    signs: "response",
    nameId: ({ id }) => ({ value: id, format: `${FORMAT}:unspecified` }),
    attributes: (person) => [
      { name: "urn:oid:1.2.840.113549.1.9.1", values: [person.email] },
      { name: "urn:oid:2.5.4.42", values: [person.firstName] },
      { name: "urn:oid:2.5.4.4", values: [person.lastName] },
      { name: "Role", values: person.groups, repeated: true },
    ],
  },
  "authentik, EC key": {
    ...BASE,
    entityId: "authentik",
    algorithm: "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256",
    key: "p-256",
    nameId: ({ email }) => ({ value: email, format: `${FORMAT}:unspecified` }),
    attributes: (person) => [
      { name: `${CLAIMS}/upn`, values: [person.id] },
      { name: `${CLAIMS}/name`, values: [`${person.firstName} ${person.lastName}`] },
      { name: `${CLAIMS}/emailaddress`, values: [person.email] },
      { name: "http://schemas.xmlsoap.org/claims/Group", values: person.groups },
    ],
  },
  JumpCloud: {
    ...BASE,
    entityId: "JumpCloud",
    attributes: named(["email", "firstname", "lastname", "memberOf"]),
  },
  "PingOne, RSA-SHA512": {
    ...BASE,
    entityId: "https://auth.pingone.eu/6f0f",
    algorithm: "http://www.w3.org/2001/04/xmldsig-more#rsa-sha512",
    nameId: ({ id }) => ({ value: id, format: `${FORMAT}:unspecified` }),
    attributes: named(["email", "given_name", "family_name", "groups"]),
  },
  "PingFederate, ECDSA-SHA384": {
    ...BASE,
    entityId: "pf.example",
    algorithm: "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha384",
    key: "p-384",
    signs: "response",
    attributes: named(["mail", "givenName", "sn", "memberOf"]),
  },
  "SimpleSAMLphp, RSA-SHA384": {
    ...BASE,
    entityId: "https://idp.example/simplesaml/saml2/idp/metadata.php",
    signs: "both",
    algorithm: "http://www.w3.org/2001/04/xmldsig-more#rsa-sha384",
    nameId: ({ id }) => ({ value: id, format: PERSISTENT }),
    attributes: named(["urn:oid:0.9.2342.19200300.100.1.3", "urn:oid:2.5.4.42", "urn:oid:2.5.4.4", "groups"]),
  },
  "RSASSA-PSS": { ...BASE, algorithm: "http://www.w3.org/2007/05/xmldsig-more#sha256-rsa-MGF1" },
} satisfies Record<string, Shape>;
