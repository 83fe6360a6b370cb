/** Name and display settings of a workspace. */
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

test("a new workspace has the default display settings and the time zone that its creator's browser sent", async () => {
  const display = { accentColour: null, timeZone: "UTC", clock: "24h", talkKeyMode: "hold" };
  expect((await ada.get(workspace.path)).json).toMatchObject({ display, logoId: null, ownershipOffer: null });
  const body = { name: "There", slug: `there-${workspace.slug}`, timeZone: "Asia/Kolkata" };
  expect((await ada.post("/api/v1/tenants", body)).json.display.timeZone).toBe("Asia/Kolkata");
});

test("a time zone that the server doesn't know counts as UTC for a new workspace", async () => {
  for (const [index, timeZone] of ["Etc/Unknown", "Foo/Bar", "UTC0", "+02:00", ""].entries()) {
    const created = await ada.post("/api/v1/tenants", { name: "There", slug: `zone-${index}-${workspace.slug}`, timeZone });
    expect([timeZone, created.status, created.json.display?.timeZone]).toEqual([timeZone, 201, "UTC"]);
  }
  const long = await ada.post("/api/v1/tenants", { name: "There", slug: `z-${workspace.slug}`, timeZone: "x".repeat(65) });
  expect(long).toMatchObject({ status: 400, code: "invalid_input" });
});

test("a workspace with a time zone that the server doesn't know can be opened, and its other settings changed", async () => {
  await server.database.query("update tenants set time_zone = 'Mars/Olympus' where tenant_id = $1", [workspace.tenantId]);
  expect((await ada.get(workspace.path)).json.display.timeZone).toBe("Mars/Olympus");
  expect(await ada.patch(workspace.path, { clock: "12h" })).toMatchObject({
    status: 200,
    json: { display: { clock: "12h", timeZone: "Mars/Olympus" } },
  });
});

test("only the given settings change; the audit log has their old and new values, and the list of workspaces shows them", async () => {
  const changed = await ada.patch(workspace.path, { name: "Ärzte", accentColour: "#FF8800", clock: "12h" });
  expect(changed).toMatchObject({ status: 200, json: { name: "Ärzte", slug: workspace.slug, can: { edit: true } } });
  const display = { accentColour: "#ff8800", timeZone: "UTC", clock: "12h", talkKeyMode: "hold" };
  expect(changed.json.display).toEqual(display);
  expect((await ada.get(workspace.path)).json.display).toEqual(display);
  const { tenants } = (await ada.get("/api/v1/me")).json;
  expect(tenants.find((tenant: { slug: string }) => tenant.slug === workspace.slug)).toMatchObject({
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

test("an update without a change changes nothing and is not audited", async () => {
  const before = await tenantState(server, workspace.tenantId);
  for (const body of [{}, { clock: "24h", accentColour: null }, { name: `Workspace ${workspace.slug}`, slug: workspace.slug }]) {
    expect((await ada.patch(workspace.path, body)).status).toBe(200);
  }
  expect(await tenantState(server, workspace.tenantId)).toEqual(before);
});

test("two concurrent updates of different settings both take effect", async () => {
  await Promise.all([ada.patch(workspace.path, { clock: "12h" }), ada.patch(workspace.path, { timeZone: "Asia/Tokyo" })]);
  expect((await ada.get(workspace.path)).json.display).toMatchObject({ clock: "12h", timeZone: "Asia/Tokyo" });
  expect(await entries()).toHaveLength(2);
});

describe("a refused setting has an error on its field, and nothing is changed:", () => {
  test.each([
    ["an empty name", { name: " " }, "name"],
    ["an invisible name", { name: "\u200b" }, "name"],
    ["a name too long", { name: "x".repeat(81) }, "name"],
    ["a colour by name", { accentColour: "red" }, "accentColour"],
    ["a colour followed by CSS", { accentColour: "#ffffff;background:url(//evil.example)" }, "accentColour"],
    ["a time zone that does not exist", { timeZone: "Europe/Atlantis" }, "timeZone"],
    ["an offset instead of a time zone", { timeZone: "+02:00" }, "timeZone"],
    ["a time zone that is a property of every object", { timeZone: "constructor" }, "timeZone"],
    ["an unknown clock", { clock: "25h" }, "clock"],
    ["an unknown talk key mode", { talkKeyMode: "always" }, "talkKeyMode"],
    ["an invalid slug", { slug: "Not A Slug" }, "slug"],
  ])("%s", async (_what, body, field) => {
    const before = await tenantState(server, workspace.tenantId);
    const refused = await ada.patch(workspace.path, { clock: "12h", ...body });
    expect(refused).toMatchObject({ status: 400, code: "invalid_input" });
    expect(refused.json.fields[0].path).toBe(field);
    expect(await tenantState(server, workspace.tenantId)).toEqual(before);
  });
});

test("changing settings and the logo needs workspace.edit", async () => {
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
    expect(refused.json.detail).toContain("edit the workspace's name, address and display settings");
  }
  expect(await tenantState(server, workspace.tenantId)).toEqual(before);
});

test.each([
  ["settings", () => member.patch(workspace.path, { name: "Mine" })],
  ["the logo", () => member.send("PUT", `${workspace.path}/logo`, someLogo())],
  ["the logo to none", () => member.delete(`${workspace.path}/logo`)],
])("a member who is removed while their change of %s waits for the roster lock changes nothing", async (_what, change) => {
  await addMember(server, ada, workspace, member, workspace.roles.Admin);
  await ada.send("PUT", `${workspace.path}/logo`, someLogo());
  const { name, logoId } = (await ada.get(workspace.path)).json;
  const removal = "delete from members where account_id = $1";
  expect(await meanwhile(server, workspace, change, removal, [member.accountId])).toMatchObject({ code: "not_found" });
  expect((await ada.get(workspace.path)).json).toMatchObject({ name, logoId });
});
