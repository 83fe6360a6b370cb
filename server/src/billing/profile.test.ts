/** The billing profile by HTTP, and the operator's confirmation of a tax id. */
import fc from "fast-check";
import { beforeAll, expect, test } from "vitest";
import { addMember, makeRole, makeWorkspace, type Person, signUpPerson, type Workspace } from "../testing/people.ts";
import { useServer } from "../testing/server.ts";
import { billingConfirmTaxId } from "./confirm-tax-id-command.ts";

const server = useServer();
let owner: Person;
let workspace: Workspace;
beforeAll(async () => {
  owner = await signUpPerson(server, "Olga");
});

const BERLIN = {
  ...{ company: "Łódź & Søns GmbH", addressLines: ["Musterstraße 1", "Hinterhaus"], postcode: "10115", city: "Berlin" },
  ...{ country: "DE", taxId: "DE136695976", purchaseOrder: "PO 4711", language: "de" },
  recipients: ["books@example.com", "audit@example.com"],
};
const EMPTY = {
  ...{ company: null, addressLines: [], postcode: null, city: null, country: null, taxId: null, taxIdForm: null },
  ...{ taxIdConfirmedAt: null, purchaseOrder: null, language: "en", recipients: [] },
};

const path = ({ path: at }: Workspace = workspace) => `${at}/billing/profile`;
const put = (body: unknown, who: Person = owner) => who.send("PUT", path(), { body });
const get = async (who: Person = owner) => (await who.get(path())).json;

async function entries(): Promise<{ action: string; changes: Record<string, unknown> }[]> {
  return (await owner.get(`${workspace.path}/audit-log?group=billing&limit=50`)).json.items;
}

async function confirm(...args: string[]): Promise<{ code: number; output: string }> {
  const lines: string[] = [];
  const code = await billingConfirmTaxId.run(server.config, args, (line) => lines.push(line));
  return { code, output: lines.join("\n") };
}

async function asMemberWith(permissions: Parameters<typeof makeRole>[2]): Promise<Person> {
  const who = await signUpPerson(server, "Mia");
  await addMember(server, owner, workspace, who, await makeRole(owner, workspace, permissions));
  return who;
}

beforeAll(async () => {
  workspace = await makeWorkspace(owner);
});

test("a new workspace has an empty profile, the first saved one opens its account, and saving it again changes nothing", async () => {
  expect(await get()).toEqual({ ...EMPTY, can: { edit: true } });
  const saved = { ...BERLIN, taxIdForm: "right", taxIdConfirmedAt: null, can: { edit: true } };
  expect(await put(BERLIN)).toMatchObject({ status: 200, json: saved });
  expect(await get()).toEqual(saved);
  expect((await put({ ...BERLIN, recipients: [...BERLIN.recipients, "Books@Example.com"] })).json).toEqual(saved);
  expect(await entries()).toMatchObject([
    {
      action: "billing.profile_changed",
      changes: { company: { from: null, to: BERLIN.company }, street: { from: null, to: "Musterstraße 1, Hinterhaus" } },
    },
  ]);
});

test("a change is in the audit log with old and new values", async () => {
  await put({ ...BERLIN, postcode: null, recipients: ["books@example.com"] });
  expect((await entries())[0]).toMatchObject({
    action: "billing.profile_changed",
    changes: {
      postcode: { from: "10115", to: null },
      recipients: { from: ["books@example.com", "audit@example.com"], to: ["books@example.com"] },
    },
  });
  expect(Object.keys((await entries())[0]?.changes ?? {})).toEqual(["postcode", "recipients"]);
});

test("the profile is shown to members who may change payment details or see invoices, and only the former change it", async () => {
  const [payer, reader, other] = [
    await asMemberWith(["billing.manage_payment"]),
    await asMemberWith(["billing.view_invoices"]),
    await asMemberWith(["billing.view"]),
  ] as const;
  expect((await get(payer)).can).toEqual({ edit: true });
  expect((await get(reader)).can).toEqual({ edit: false });
  expect(await other.get(path())).toMatchObject({ status: 403, code: "forbidden" });
  expect((await put(BERLIN, payer)).status).toBe(200);
  expect(await put(BERLIN, reader)).toMatchObject({ status: 403, code: "forbidden" });
});

test("the operator confirms a tax id, and a new tax id or country drops the confirmation", async () => {
  await put({ ...BERLIN, taxId: null });
  expect(await confirm(workspace.slug)).toEqual({ code: 1, output: `${workspace.slug} has no tax id in its billing profile.` });
  await put(BERLIN);
  expect(await confirm(workspace.slug, "DE811569869")).toMatchObject({
    code: 1,
    output: expect.stringContaining("has another tax id"),
  });
  expect((await get()).taxIdConfirmedAt).toBeNull();
  expect(await confirm(workspace.slug, "de 136 695 976")).toMatchObject({
    code: 0,
    output: expect.stringMatching(/^Confirmed DE136695976/),
  });
  expect((await confirm(workspace.slug)).output).toContain("was confirmed already");
  expect((await entries())[0]).toMatchObject({ action: "billing.tax_id_confirmed", changes: { taxId: { to: "DE136695976" } } });
  await put({ ...BERLIN, company: "Renamed" });
  expect((await get()).taxIdConfirmedAt).not.toBeNull();
  await put({ ...BERLIN, taxId: "DE811569869" });
  expect((await get()).taxIdConfirmedAt).toBeNull();
  await confirm(workspace.slug);
  await put({ ...BERLIN, country: "US", taxId: "DE811569869" });
  expect(await get()).toMatchObject({ taxIdConfirmedAt: null, taxIdForm: "unknown" });
  await expect(confirm("nowhere")).rejects.toThrow("There is no workspace at nowhere.");
  await expect(confirm()).rejects.toThrow("Where?");
});

test.each([
  ["DE", "de 136-695.976", "DE136695976", "right"],
  ["GR", "EL094259216", "EL094259216", "right"],
  ["BE", "BE1000003682", "BE1000003682", "right"],
  ["GB", "GB 980 7806 84", "GB 980 7806 84", "right"],
  ["CH", "CHE-123.456.788 MWST", "CHE-123.456.788 MWST", "right"],
  ["US", "12-3456789", "12-3456789", "right"],
  ["IN", "27AAPFU0939F1ZV", "27AAPFU0939F1ZV", "unknown"],
  ["AQ", "?", "?", "unknown"],
])("a tax id in %s: %s", async (country, taxId, kept, taxIdForm) => {
  expect((await put({ ...BERLIN, country, taxId })).json).toMatchObject({ taxId: kept, taxIdForm });
});

test.each([
  [{ taxId: "136695976" }, "taxId", "Use the VAT ID with its prefix, such as DE123456789."],
  [{ taxId: "DE136695975" }, "taxId", "This isn't a VAT ID of Germany: its form or its check digit is wrong."],
  [{ country: "NL", taxId: "NL" }, "taxId", "This isn't a VAT ID of Netherlands: its form or its check digit is wrong."],
  [{ country: "UK" }, "country", "Use GB for the United Kingdom."],
  [{ company: " " }, "company", "Enter the company's name."],
  [{ company: "a\u202eb" }, "company", "Remove the invisible characters."],
  [{ addressLines: [] }, "addressLines", "Enter the street."],
  [{ addressLines: ["1", "2", "3", "4", "5"] }, "addressLines", "Use at most 4 lines."],
  [{ recipients: ["nobody"] }, "recipients.0", "Enter an email address like name@example.com."],
  [{ recipients: Array(11).fill("a@example.com") }, "recipients", "Use at most 10 addresses."],
  [{ city: "東京" }, "city", "These characters can't be printed on invoices: 東 京. Your operator can install a font for them."],
  [{ addressLines: ["1", "שלום"] }, "addressLines.1", null],
  [{ language: "fr" }, "language", null],
])("%j is refused beside its field", async (change, field, message) => {
  const { status, json } = await put({ ...BERLIN, ...change });
  expect(status).toBe(400);
  expect(json.fields[0].path).toBe(field);
  if (message !== null) expect(json.fields[0].message).toBe(message);
});

test("any profile is either saved as sent or refused with a field", async () => {
  const anything = fc.string({ unit: "binary", maxLength: 250 });
  const hostile = fc.oneof(anything, fc.constantFrom("\0", "‮", "{}", "' or 1=1 --", "ﷺ".repeat(60), "🏴‍☠️", "a".repeat(10_000)));
  const profile = fc.record({
    company: hostile,
    addressLines: fc.array(hostile, { maxLength: 6 }),
    postcode: fc.option(hostile),
    city: hostile,
    country: fc.oneof(fc.constantFrom("DE", "GR", "US", "NL"), hostile),
    taxId: fc.option(hostile),
    purchaseOrder: fc.option(hostile),
    language: fc.constantFrom("de", "en"),
    recipients: fc.array(fc.oneof(fc.emailAddress(), hostile), { maxLength: 12 }),
  });
  // Most profiles are refused because of one field, so each hostile field is also sent alone.
  const one = fc.constantFrom("company", "addressLines", "postcode", "city", "taxId", "purchaseOrder", "recipients");
  await fc.assert(
    fc.asyncProperty(profile, one, async (body, field) => {
      for (const sent of [body, { ...BERLIN, [field]: body[field as keyof typeof body] }]) {
        const { status, json } = await put(sent);
        // A body larger than any profile is refused as a whole.
        expect([200, 400, 413]).toContain(status);
        if (status === 200) expect(await get()).toEqual(json);
        if (status === 400) expect(json.fields.length).toBeGreaterThan(0);
      }
    }),
    { numRuns: 40 },
  );
});
