import { afterEach, expect, test } from "vitest";
import { addMember, makeChannel, makeWorkspace, signUpPerson, type Person } from "../testing/people.ts";
import { useServer } from "../testing/server.ts";
import { connectClient } from "../voice/testing/gateway-client.ts";
import { becomePerson, type TestPerson } from "../voice/testing/person.ts";

/** A revocation, and a change to a role that cannot talk, take effect on live audio. */
const server = useServer();
let present: TestPerson[] = [];
afterEach(() => {
  for (const person of present) {
    person.hangUp();
    person.kill();
  }
  present = [];
});

async function enter(person: Person, slug: string, channelId: string): Promise<TestPerson> {
  const url = `${server.url.replace("http", "ws")}/api/v1/tenants/${slug}/gateway`;
  const entered = await becomePerson(connectClient(url, { cookie: person.cookieHeader() }));
  present.push(entered);
  await entered.join(channelId);
  await entered.connectAudio();
  return entered;
}

async function talking() {
  const owner = await signUpPerson(server, "Ada");
  const acme = await makeWorkspace(owner);
  const channelId = await makeChannel(owner, acme, { name: "Dispatch" });
  const account = await signUpPerson(server, "Ben");
  await addMember(server, owner, acme, account, acme.roles.Member);
  const dueAt = new Date(Date.now() + 86_400_000).toISOString();
  const { reviewId } = (await owner.post(`${acme.path}/access-reviews`, { name: "Autumn", dueAt })).json;
  const ada = await enter(owner, acme.slug, channelId);
  const ben = await enter(account, acme.slug, channelId);
  await ben.granted(ben.press(channelId));
  await ben.say("before");
  await ada.hears("before");
  const { items } = (await owner.get(`${acme.path}/access-reviews/${reviewId}/members`)).json;
  const { seen } = items.find(({ memberId }: { memberId: string }) => memberId === ben.memberId).now;
  const members = [{ memberId: ben.memberId, seen }];
  const decide = (body: Record<string, unknown>) =>
    owner.post(`${acme.path}/access-reviews/${reviewId}/decisions`, { members, note: "Why", ...body });
  return { acme, channelId, ada, ben, decide };
}

test("a member who is revoked in mid-talk is disconnected and no longer heard", async () => {
  const { ada, ben, decide } = await talking();
  expect((await decide({ decision: "revoke" })).status).toBe(200);
  expect(await ben.closed()).toBe(4401);
  await ada.next("talker.stopped");
  await ben.say("after", 10);
  expect(ada.heard("after")).toEqual([]);
  await ada.next("changed", ({ what }) => what === "accessReviews");
});

test("a member who is changed to a listening role in mid-talk stops talking and goes on listening", async () => {
  const { acme, channelId, ada, ben, decide } = await talking();
  expect((await decide({ decision: "change", roleId: acme.roles.Viewer })).status).toBe(200);
  expect((await ben.next("talk.ended")).reason).toBe("revoked");
  expect(await ben.denied(ben.press(channelId))).toBe("role_cannot_talk");
  await ada.granted(ada.press(channelId));
  await ada.say("still here");
  await ben.hears("still here");
});
