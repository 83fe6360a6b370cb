import { describe, expect, test } from "vitest";
import { chooseSubject, mapPerson } from "./attributes.ts";
import { makeKeys, makeScene, OWNER, PERSON } from "./testing/scene.ts";
import type { ShapeAttribute } from "./testing/shapes.ts";

const UNSPECIFIED = "urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified";
const nameId = (value: string, format = UNSPECIFIED) => ({ value, format });
const one = (name: string, ...values: string[]) => ({ name, values });
const scene = makeScene(makeKeys());
/** The attributes as they are read from a signed message. */
const read = (attributes: ShapeAttribute[], edit = (xml: string) => xml) =>
  scene.verify(scene.write({ attributes, edit })).attributes;

describe("the subject", () => {
  test("is the NameID or an attribute, byte for byte", () => {
    expect(chooseSubject(nameId(" J.Doe@Corp.example"), [], { nameId: true }).value).toBe(" J.Doe@Corp.example");
    expect(chooseSubject(nameId("x"), [one("oid", "ABC")], { attribute: "oid" })).toEqual({
      value: "ABC",
      looksLikeAddress: false,
    });
    expect(chooseSubject(nameId("j.doe@corp.example"), [], { nameId: true }).looksLikeAddress).toBe(true);
  });

  test("has at most 1,024 characters: subject_too_long", () => {
    expect(chooseSubject(nameId("x".repeat(1_024)), [], { nameId: true }).value).toHaveLength(1_024);
    expect(() => chooseSubject(nameId("x".repeat(1_025)), [], { nameId: true })).toThrow("subject_too_long");
  });

  test("is never a transient NameID; beside one, an attribute may be chosen: subject_transient", () => {
    const transient = nameId("_f00", "urn:oasis:names:tc:SAML:2.0:nameid-format:transient");
    expect(() => chooseSubject(transient, [], { nameId: true })).toThrow("subject_transient");
    expect(chooseSubject(transient, [one("uid", "7")], { attribute: "uid" }).value).toBe("7");
  });

  test("is exactly one value of the chosen attribute: subject_missing, subject_ambiguous", () => {
    expect(() => chooseSubject(nameId("x"), [one("UID", "7")], { attribute: "uid" })).toThrow("subject_missing");
    expect(() => chooseSubject(nameId("x"), [one("uid")], { attribute: "uid" })).toThrow("subject_missing");
    expect(() => chooseSubject(nameId("x"), [one("uid", "7", "8")], { attribute: "uid" })).toThrow("subject_ambiguous");
  });
});

describe("attributes as they are sent", () => {
  test("attributes with the same name are merged", () => {
    expect(read([{ name: "Role", values: ["a", "b"], repeated: true }, one("Role", "c")])).toEqual([one("Role", "a", "b", "c")]);
  });

  test("empty, blank and nil values are absent, and so are values that are XML", () => {
    const edit = (xml: string) =>
      xml
        .replace('xsi:type="xs:string">nil<', 'xsi:nil="true"><')
        .replace(">element<", `><saml:NameID>${OWNER.email}</saml:NameID><`)
        .replace(">foreign<", '><x xmlns="urn:other:x">y</x><');
    expect(read([one("mail", "", "  ", "nil", "element", "foreign", "a")], edit)).toEqual([one("mail", "a")]);
    expect(read([one("mail")])).toEqual([one("mail")]);
  });

  test("names like constructor and __proto__ are ordinary attribute names", () => {
    expect(read([one("__proto__", "a"), one("constructor", "b")])).toEqual([one("__proto__", "a"), one("constructor", "b")]);
  });
});

describe("mapping", () => {
  test("an address comes from its attribute, else from the NameID if it looks like one", () => {
    expect(mapPerson(nameId("7"), [one("EMail", "Ada@Corp.Example")])).toMatchObject({
      address: "ada@corp.example",
      from: { address: "EMail" },
    });
    expect(mapPerson(nameId("ada@corp.example"), [])).toMatchObject({ address: "ada@corp.example", from: { address: "NameID" } });
    for (const value of [
      "CORP\\ada",
      "Ada <ada@corp.example>",
      "a@corp.example b@corp.example",
      `${"x".repeat(400)}@corp.example`,
    ]) {
      expect(mapPerson(nameId(value), [one("email", value)]).address).toBeNull();
    }
  });

  test("an attribute that holds no address is passed over for the next one", () => {
    const attributes = [one("email", "none"), one("mail", PERSON.email)];
    expect(mapPerson(nameId("7"), attributes)).toMatchObject({ address: PERSON.email, from: { address: "mail" } });
  });

  test("a display name wins over first and last name, and a sign-in name is no display name", () => {
    expect(mapPerson(nameId("7"), [one("First Name", "Ada"), one("last_name", "L."), one("displayName", "Countess")]).name).toBe(
      "Countess",
    );
    expect(mapPerson(nameId("7"), [one("name", "ada@corp.example"), one("givenName", "Ada")]).name).toBe("Ada");
    expect(mapPerson(nameId("7"), []).name).toBeNull();
  });

  test.each([
    ["Google Workspace", ["Primary email", "First name", "Last name", "Groups"]],
    ["OneLogin", ["User.email", "User.FirstName", "User.LastName", "memberOf"]],
    [
      "ADFS 1.x",
      ["http://schemas.xmlsoap.org/claims/EmailAddress", "given_name", "family_name", "http://schemas.xmlsoap.org/claims/Group"],
    ],
    ["WSO2", ["emailaddress", "givenname", "lastname", "role"].map((name) => `http://wso2.org/claims/${name}`)],
    [
      "Shibboleth",
      ["urn:oid:0.9.2342.19200300.100.1.3", "urn:oid:2.5.4.42", "urn:oid:2.5.4.4", "urn:oid:1.3.6.1.4.1.5923.1.5.1.1"],
    ],
    ["Auth0", ["https://corp.example/email", "https://corp.example/given_name", "https://corp.example/family_name", "groups"]],
    ["Amazon Cognito", ["email", "given_name", "family_name", "cognito:groups"]],
  ])("the attributes of %s are found by their names", (_, [email = "", first = "", last = "", groups = ""]) => {
    const attributes = [one("id", "7"), one(email, PERSON.email), one(first, "Ada"), one(last, "King"), one(groups, "a", "b")];
    const from = { address: email, firstName: first, lastName: last, groups };
    expect(mapPerson(nameId("7"), attributes)).toMatchObject({
      address: PERSON.email,
      name: "Ada King",
      groups: ["a", "b"],
      from,
    });
  });

  test("a whole name wins over one that is the end of a URI, and a blank display name over nothing", () => {
    const attributes = [
      one("urn:x:email", "x@corp.example"),
      one("mail", PERSON.email),
      one("displayName", " "),
      one("sn", "King"),
    ];
    expect(mapPerson(nameId("7"), attributes)).toMatchObject({ address: PERSON.email, name: "King" });
  });

  test("an address is guessed by the end of a URI only where the NameID is none, and groups never are", () => {
    const attributes = [
      one("https://corp.example/claims/manager/email", "boss@corp.example"),
      one("https://corp.example/claims/role", "admin"),
      one("custom:groups", "admin"),
    ];
    expect(mapPerson(nameId(PERSON.email), attributes)).toMatchObject({ address: PERSON.email, from: { address: "NameID" } });
    expect(mapPerson(nameId("7"), [one("custom:email", "x@corp.example")]).address).toBeNull();
    for (const id of [PERSON.email, "7"]) expect(mapPerson(nameId(id), attributes).groups).toBeNull();
  });

  test("a value whose attribute the admin chose is read from that attribute alone", () => {
    const attributes = [one("email", PERSON.email), one("work", "w@corp.example"), one("teams", "a", "b")];
    expect(mapPerson(nameId("n@corp.example"), attributes, { address: "work", groups: "teams" })).toMatchObject({
      address: "w@corp.example",
      groups: ["a", "b"],
    });
    expect(mapPerson(nameId("n@corp.example"), attributes, { address: "missing" }).address).toBeNull();
  });

  test("no groups is not an empty list of groups: roles stay as they are", () => {
    expect(mapPerson(nameId("7"), [])).toMatchObject({ groups: null, tooManyGroups: false });
    const link = one("http://schemas.microsoft.com/claims/groups.link", "https://graph.windows.net/x");
    expect(mapPerson(nameId("7"), [link])).toMatchObject({ groups: null, tooManyGroups: true });
  });
});
