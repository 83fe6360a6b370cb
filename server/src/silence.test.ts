/** The connection on which the server listens for changes goes silent without closing, as when a firewall has dropped it. */
import { afterAll, expect, test } from "vitest";
import { addMember, makeChannel, makeWorkspace, type Person, signUpPerson } from "./testing/people.ts";
import { type Proxy, startProxy } from "./testing/proxy.ts";
import { useServer } from "./testing/server.ts";
import { until } from "./testing/until.ts";
import { connectClient } from "./voice/testing/gateway-client.ts";
import { becomePerson } from "./voice/testing/person.ts";

const server = useServer();
let proxy: Proxy;
afterAll(async () => {
  await server.stop();
  await proxy.close();
});

test("a member who is removed while the listening connection is silent stops hearing the channel once the silence is noticed, and the others talk on", async () => {
  proxy = await startProxy(server.database.ownerUrl);
  server.database.ownerUrl = proxy.url;
  await server.restart();
  const owner = await signUpPerson(server, "Ada");
  const acme = await makeWorkspace(owner);
  const channelId = await makeChannel(owner, acme, { name: "Dispatch" });
  const account = await signUpPerson(server, "Ben");
  await addMember(server, owner, acme, account, acme.roles.Member);
  const enter = async (person: Person) => {
    const url = `${server.url.replace("http", "ws")}/api/v1/tenants/${acme.slug}/gateway`;
    const entered = await becomePerson(connectClient(url, { cookie: person.cookieHeader() }));
    await entered.join(channelId);
    await entered.connectAudio();
    return entered;
  };
  const [ada, ben] = [await enter(owner), await enter(account)];
  await ada.granted(ada.press(channelId));
  await ada.say("before");
  await ben.hears("before");

  proxy.silence();
  expect((await owner.post(`${acme.path}/members/removals`, { memberIds: [ben.memberId] })).status).toBe(200);
  expect(await until("Ben's close", () => ben.closed().catch(() => null))).toBe(4401);
  await ada.say("after", 10);
  expect(ben.heard("after")).toEqual([]);
  const newcomer = await enter(owner);
  await ada.say("still here");
  await newcomer.hears("still here");
  for (const person of [ada, ben, newcomer]) {
    person.hangUp();
    person.kill();
  }
});
