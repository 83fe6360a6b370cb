/** Limits of what one workspace may have. Of two requests at once, only one can take the last place. */
import { beforeAll, expect, test } from "vitest";
import { freshEmail, makeChannel, makeWorkspace, type Person, signUpPerson, type Workspace } from "../testing/people.ts";
import { testConfig, useServer } from "../testing/server.ts";

const { quotas } = testConfig("/nowhere");
const server = useServer({ quotas: { ...quotas, channels: 3, talkers: 3, roles: 2, invitations: 3, reviews: 1 } });
let ada: Person;
beforeAll(async () => {
  ada = await signUpPerson(server, "Ada");
});

/** Sends five requests at once, where there is room for `room`. */
async function race(room: number, ask: (index: number) => Promise<{ status: number; code: unknown; json: any }>) {
  const answers = await Promise.all(Array.from({ length: 5 }, (_, index) => ask(index)));
  expect(answers.filter(({ status }) => status < 300)).toHaveLength(room);
  const refused = answers.filter(({ status }) => status >= 300);
  for (const { status, code } of refused) expect([status, code]).toEqual([409, "quota_reached"]);
  return refused[0]?.json.detail as string;
}

test("of five channels that are created at once, two get the two free places", async () => {
  const workspace = await makeWorkspace(ada);
  await makeChannel(ada, workspace, { name: "First" });
  const detail = await race(2, (index) => ada.post(`${workspace.path}/channels`, { name: `Channel ${index}` }));
  expect(detail).toBe("This workspace has reached its limit of 3 channels. Delete one, or ask whoever runs the server.");
  const [channel] = (await ada.get(`${workspace.path}/channels`)).json.items;
  expect((await ada.delete(`${workspace.path}/channels/${channel.channelId}`)).status).toBe(204);
  await makeChannel(ada, workspace, { name: "Free again" });
});

test("all restricted channels of a workspace share one limit of talkers, even when several change at once", async () => {
  const workspace = await makeWorkspace(ada);
  const { Admin, Member, Viewer } = workspace.roles as Record<string, string>;
  const make = (name: string, roleIds: unknown[]) =>
    ada.post(`${workspace.path}/channels`, { name, transmission: "restricted", talkers: { roleIds, memberIds: [] } });
  const one = (await make("One", [Admin])).json;
  const two = (await make("Two", [Admin])).json;
  const set = (channelId: string, roleIds: unknown[]) =>
    ada.patch(`${workspace.path}/channels/${channelId}`, { talkers: { roleIds, memberIds: [] } });
  const answers = await Promise.all([set(one.channelId, [Admin, Member]), set(two.channelId, [Admin, Member])]);
  expect(answers.map(({ status }) => status).sort()).toEqual([200, 409]);
  expect((await make("Three", [Viewer])).json.detail).toMatch(/^The restricted channels of this workspace can list at most 3 /);
  // The refused channel is unchanged.
  const { items } = (await ada.get(`${workspace.path}/channels`)).json;
  expect(items).toHaveLength(2);
});

test("of five roles that are created at once, two get the two free places", async () => {
  const workspace = await makeWorkspace(ada);
  const detail = await race(2, (index) => ada.post(`${workspace.path}/roles`, { name: `Crew ${index}`, permissions: [] }));
  expect(detail).toMatch(/^This workspace has reached its limit of 2 custom roles\./);
});

test("of five invitations that are sent at once, three get the three free places", async () => {
  const workspace = await makeWorkspace(ada);
  const invite = () => ada.post(`${workspace.path}/invitations`, { email: freshEmail("many"), roleId: workspace.roles.Member });
  expect(await race(3, invite)).toMatch(/^This workspace has reached its limit of 3 open invitations\. Withdraw some/);
  const lines = [1, 2].map((line) => ({ line, email: freshEmail("batch"), roleId: workspace.roles.Member }));
  expect((await ada.post(`${workspace.path}/invitations/batch`, { lines })).code).toBe("quota_reached");
});

test("a workspace that has started its daily number of access reviews is refused another one, even after completing them", async () => {
  const workspace: Workspace = await makeWorkspace(ada);
  const start = () =>
    ada.post(`${workspace.path}/access-reviews`, { name: "Review", dueAt: new Date(Date.now() + 86_400_000).toISOString() });
  const { reviewId } = (await start()).json;
  await ada.post(`${workspace.path}/access-reviews/${reviewId}/completion`, { early: true, note: "Enough." });
  const refused = await start();
  expect([refused.code, refused.json.detail]).toEqual([
    "quota_reached",
    expect.stringMatching(/^This workspace has reached its limit of access reviews: 1 a day\. Try again tomorrow/),
  ]);
});
