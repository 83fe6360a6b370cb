/** Reads the person from an assertion's attributes: who it is (subject), and their address, name and groups. */
import { readAddress } from "#contract/addresses.ts";
import type { NameId, SamlAttribute } from "./assertion.ts";
import { TRANSIENT } from "./names.ts";
import { SamlRefusal } from "./refusal.ts";

/** What identifies a person at this connection, chosen by an admin: the NameID, or the attribute of that name. */
export type SubjectSource = { nameId: true } | { attribute: string };

export interface Subject {
  /** Byte for byte as it came. Subjects that differ in letter case are different people. */
  value: string;
  /** An address can be given to somebody else, so the admin is warned. */
  looksLikeAddress: boolean;
}

export type MappedField = "address" | "firstName" | "lastName" | "displayName" | "groups";
/** Attribute names that an admin chose instead of the guessed ones. */
export type AttributeMapping = { readonly [Field in MappedField]?: string | undefined };

export interface MappedPerson {
  /** The email address in its canonical form. */
  address: string | null;
  /** The display name, otherwise first and last name. */
  name: string | null;
  /** Null if the provider sent no such attribute, or had too many groups to send. Roles then stay as they are. */
  groups: string[] | null;
  /** Above 150 groups, Entra sends a link instead of the groups. */
  tooManyGroups: boolean;
  /** The attribute from which each field was read; "NameID" for an address from the NameID. */
  from: Partial<Record<MappedField, string>>;
}

const CLAIMS = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims";
const MICROSOFT = "http://schemas.microsoft.com";
const GROUPS_LINK = `${MICROSOFT}/claims/groups.link`;

/** In this order: claim URIs (Entra, ADFS, authentik), object identifiers (Keycloak, Shibboleth), then short names as people type them. */
const GUESSES: Record<MappedField, readonly string[]> = {
  address: [
    `${CLAIMS}/emailaddress`,
    "urn:oid:1.2.840.113549.1.9.1",
    "urn:oid:0.9.2342.19200300.100.1.3",
    "email",
    "mail",
    "emailaddress",
    "useremail",
    "primaryemail",
    "workemail",
  ],
  firstName: [`${CLAIMS}/givenname`, "urn:oid:2.5.4.42", "firstname", "givenname", "userfirstname", "forename"],
  lastName: [`${CLAIMS}/surname`, "urn:oid:2.5.4.4", "lastname", "surname", "sn", "familyname", "userlastname"],
  displayName: [
    `${MICROSOFT}/identity/claims/displayname`,
    "urn:oid:2.16.840.1.113730.3.1.241",
    "displayname",
    "cn",
    "urn:oid:2.5.4.3",
    "commonname",
    "fullname",
    // At Entra and ADFS this is the sign-in name of the account, often an address. At authentik it is the person's name.
    `${CLAIMS}/name`,
    "name",
  ],
  groups: [
    `${MICROSOFT}/ws/2008/06/identity/claims/groups`,
    "http://schemas.xmlsoap.org/claims/Group",
    `${MICROSOFT}/ws/2008/06/identity/claims/role`,
    "urn:oid:1.3.6.1.4.1.5923.1.5.1.1",
    "cognito:groups",
    "http://wso2.org/claims/role",
    "groups",
    "group",
    "memberof",
    "ismemberof",
    "roles",
    "role",
  ],
};

/** Characters. OpenID Connect allows 255, a persistent NameID 256. */
const MAX_SUBJECT = 1_024;
/** Longest text that is read as an address, in characters. */
const MAX_ADDRESS_TEXT = 320;

function looksLikeAddress(value: string): boolean {
  return /^[^\s@]+@[^\s@]+$/.test(value);
}

function addressOf(value: string): string | null {
  return value.length <= MAX_ADDRESS_TEXT && looksLikeAddress(value.trim()) ? readAddress(value) : null;
}

function subject(value: string): Subject {
  if (value.length > MAX_SUBJECT) throw new SamlRefusal("subject_too_long", { received: `${value.length} characters` });
  return { value, looksLikeAddress: looksLikeAddress(value) };
}

/** @throws SamlRefusal subject_too_long, subject_transient, subject_missing, subject_ambiguous */
export function chooseSubject(nameId: NameId, attributes: readonly SamlAttribute[], source: SubjectSource): Subject {
  if ("nameId" in source) {
    if (nameId.format === TRANSIENT) throw new SamlRefusal("subject_transient", { received: nameId.value });
    return subject(nameId.value);
  }
  const values = attributes.find(({ name }) => name === source.attribute)?.values ?? [];
  const [value] = values;
  if (value === undefined) throw new SamlRefusal("subject_missing", { expected: source.attribute });
  if (values.length > 1) {
    throw new SamlRefusal("subject_ambiguous", { expected: source.attribute, received: `${values.length} values` });
  }
  return subject(value);
}

/** Makes one spelling of "First name", "first_name" and "User.FirstName". */
function simplify(name: string): string {
  return name.toLowerCase().replaceAll(/[\s._-]/g, "");
}

/** The last part of an http URI: "email" of "https://corp.example/claims/email". Otherwise the name is no URI, and "" is returned. */
function lastPart(name: string): string {
  return /^https?:/i.test(name) ? simplify(name.slice(Math.max(name.lastIndexOf("/"), name.lastIndexOf("#")) + 1)) : "";
}

/** @param byEnd whether an unknown URI that ends in one of the names counts. It may say something of somebody else, such as the manager. */
function findAttribute(
  attributes: readonly SamlAttribute[],
  names: readonly string[],
  { fits, byEnd }: { fits: (values: string[]) => boolean; byEnd: boolean },
) {
  const exact = (own: string) => own;
  // Object identifiers and claim URIs have one spelling.
  const short = names.filter((name) => !name.includes(":"));
  const candidates = [
    ...names.flatMap((name) => [exact, ...(short.includes(name) ? [simplify] : [])].map((spell) => ({ name, spell }))),
    ...(byEnd ? short : []).map((name) => ({ name, spell: lastPart })),
  ];
  for (const { name, spell } of candidates) {
    const found = attributes.find((one) => spell(one.name) === name && one.values.length > 0);
    if (found && fits(found.values)) return found;
  }
  return null;
}

function fitsField(field: MappedField, values: readonly string[]): boolean {
  const [first = ""] = values;
  if (field === "address") return addressOf(first) !== null;
  return field !== "displayName" || !looksLikeAddress(first);
}

/** Reads a field of the mapping from the mapped attribute only, and guesses the attribute of every other field. */
export function mapPerson(nameId: NameId, attributes: readonly SamlAttribute[], mapping: AttributeMapping = {}): MappedPerson {
  const from: MappedPerson["from"] = {};
  // Groups give roles, and an address joins accounts: neither is guessed where something better is known.
  const byEnd = (field: MappedField) => field !== "groups" && (field !== "address" || addressOf(nameId.value) === null);
  const read = (field: MappedField): string[] => {
    const chosen = mapping[field];
    const found = chosen
      ? (attributes.find(({ name, values }) => name === chosen && values.length > 0) ?? null)
      : findAttribute(attributes, GUESSES[field], { fits: (values) => fitsField(field, values), byEnd: byEnd(field) });
    if (found) from[field] = found.name;
    return found?.values ?? [];
  };

  let address = addressOf(read("address")[0] ?? "");
  if (address === null && mapping.address === undefined) {
    address = addressOf(nameId.value);
    if (address !== null) from.address = "NameID";
  }
  const [first, last, display] = [read("firstName")[0], read("lastName")[0], read("displayName")[0]];
  const name = (display?.trim() || [first, last].filter(Boolean).join(" ")).trim();
  const groups = read("groups");
  const tooManyGroups = groups.length === 0 && attributes.some((one) => one.name === GROUPS_LINK);
  return { address, name: name || null, groups: groups.length > 0 ? groups : null, tooManyGroups, from };
}
