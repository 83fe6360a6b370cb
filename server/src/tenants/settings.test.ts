/** Name and display settings: what is given changes, nothing else; what cannot be is refused beside its field. */
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import { addMember, makeWorkspace, type Person, signUpPerson, type Workspace } from "../testing/people.ts";
import { someLogo } from "../testing/furnish.ts";
import { meanwhile } from "../testing/roster.ts";
import { useServer } from "../testing/server.ts";
import { tenantState } from "../testing/tenant-state.ts";

const server = useServer();
let ada: Person;
let member: Person;
let workspace: Workspace;
beforeAll(async () => {
  ada = await signUpPerson(server, "Ada");
  member = await signUpPerson(server, "Member");
});
beforeEach(async () => {
  workspace = await makeWorkspace(ada);
});

const entries = () =>
  server.database.query<{ action: string; changes: unknown }>(
    "select action, changes from audit_log where tenant_id = $1 and action = 'workspace.edited' order by sequence",
    [workspace.tenantId],
  );

test("a new workspace has whoot's own look, a clock of 24 hours, and the time zone that its maker's browser told", async () => {
  const display = { accentColour: null, timeZone: "UTC", clock: "24h", talkKeyMode: "hold" };
  expect((await ada.get(workspace.path)).json).toMatchObject({ display, logoId: null, ownershipOffer: null });
  const body = { name: "There", slug: `there-${workspace.slug}`, timeZone: "Asia/Kolkata" };
  expect((await ada.post("/api/v1/tenants", body)).json.display.timeZone).toBe("Asia/Kolkata");
});

test("what is given changes and is told with from and to; the rest stays; the switcher has it", async () => {
  const changed = await ada.patch(workspace.path, { name: "Ärzte", accentColour: "#FF8800", clock: "12h" });
  expect(changed).toMatchObject({ status: 200, json: { name: "Ärzte", slug: workspace.slug, can: { edit: true } } });
  const display = { accentColour: "#ff8800", timeZone: "UTC", clock: "12h", talkKeyMode: "hold" };
  expect(changed.json.display).toEqual(display);
  expect((await ada.get(workspace.path)).json.display).toEqual(display);
  const { tenants } = (await ada.get("/api/v1/me")).json;
  expect(tenants.find((of: { slug: string }) => of.slug === workspace.slug)).toMatchObject({
    name: "Ärzte",
    accentColour: "#ff8800",
    logoId: null,
  });
  expect(await entries()).toEqual([
    {
      action: "workspace.edited",
      changes: {
        name: { from: `Workspace ${workspace.slug}`, to: "Ärzte" },
        accentColour: { from: null, to: "#ff8800" },
        clock: { from: "24h", to: "12h" },
      },
    },
  ]);
  await ada.patch(workspace.path, { accentColour: null, talkKeyMode: "latch", timeZone: "America/Argentina/Ushuaia" });
  expect((await ada.get(workspace.path)).json.display).toEqual({
    accentColour: null,
    timeZone: "America/Argentina/Ushuaia",
    clock: "12h",
    talkKeyMode: "latch",
  });
});

test("what is so already, or nothing at all, changes nothing and is not told", async () => {
  const before = await tenantState(server, workspace.tenantId);
  for (const body of [{}, { clock: "24h", accentColour: null }, { name: `Workspace ${workspace.slug}`, slug: workspace.slug }]) {
    expect((await ada.patch(workspace.path, body)).status).toBe(200);
  }
  expect(await tenantState(server, workspace.tenantId)).toEqual(before);
});

test("two at once each change their own", async () => {
  await Promise.all([ada.patch(workspace.path, { clock: "12h" }), ada.patch(workspace.path, { timeZone: "Asia/Tokyo" })]);
  expect((await ada.get(workspace.path)).json.display).toMatchObject({ clock: "12h", timeZone: "Asia/Tokyo" });
  expect(await entries()).toHaveLength(2);
});

describe("refused beside its field, and nothing is changed:", () => {
  test.each([
    ["no name", { name: " " }, "name"],
    ["a name that nobody sees", { name: "\u200b" }, "name"],
    ["a name too long", { name: "x".repeat(81) }, "name"],
    ["a colour by name", { accentColour: "red" }, "accentColour"],
    ["a colour with more in it", { accentColour: "#ffffff;background:url(//evil.example)" }, "accentColour"],
    ["a time zone that there is not", { timeZone: "Europe/Atlantis" }, "timeZone"],
    ["an offset, which is no place", { timeZone: "+02:00" }, "timeZone"],
    ["a time zone that is code", { timeZone: "constructor" }, "timeZone"],
    ["another clock", { clock: "25h" }, "clock"],
    ["another talk key", { talkKeyMode: "always" }, "talkKeyMode"],
    ["a slug", { slug: "Not A Slug" }, "slug"],
  ])("%s", async (_what, body, field) => {
    const before = await tenantState(server, workspace.tenantId);
    const refused = await ada.patch(workspace.path, { clock: "12h", ...body });
    expect(refused).toMatchObject({ status: 400, code: "invalid_input" });
    expect(refused.json.fields[0].path).toBe(field);
    expect(await tenantState(server, workspace.tenantId)).toEqual(before);
  });
});

test("it takes workspace.edit", async () => {
  await addMember(server, ada, workspace, member, workspace.roles.Member);
  expect((await member.get(workspace.path)).json.can).toMatchObject({ edit: false, leave: true, transferOwnership: false });
  const before = await tenantState(server, workspace.tenantId);
  const svg = { body: "<svg/>", headers: { "content-type": "image/svg+xml" } };
  for (const refused of [
    await member.patch(workspace.path, { name: "Mine" }),
    await member.send("PUT", `${workspace.path}/logo`, svg),
    await member.delete(`${workspace.path}/logo`),
  ]) {
    expect(refused).toMatchObject({ status: 403, code: "forbidden" });
    expect(refused.json.detail).toContain("edit name, slug, display settings");
  }
  expect(await tenantState(server, workspace.tenantId)).toEqual(before);
});

test.each([
  ["settings", () => member.patch(workspace.path, { name: "Mine" })],
  ["an image", () => member.send("PUT", `${workspace.path}/logo`, someLogo())],
  ["no image", () => member.delete(`${workspace.path}/logo`)],
])("who is removed while %s wait for other changes, changes nothing any more", async (_what, change) => {
  await addMember(server, ada, workspace, member, workspace.roles.Admin);
  await ada.send("PUT", `${workspace.path}/logo`, someLogo());
  const { name, logoId } = (await ada.get(workspace.path)).json;
  const removal = "delete from members where account_id = $1";
  expect(await meanwhile(server, workspace, change, removal, [member.accountId])).toMatchObject({ code: "not_found" });
  expect((await ada.get(workspace.path)).json).toMatchObject({ name, logoId });
});
