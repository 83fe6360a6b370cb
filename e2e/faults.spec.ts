import type { Locator } from "@playwright/test";
import { heardInRecording, soundOf } from "./support/ears.ts";
import {
  expectHears,
  expectLive,
  expectSilence,
  holdSpace,
  join,
  makeCompany,
  makePeople,
  type People,
  type Person,
  readyToTalk,
  releaseSpace,
  talkKey,
  type Transmission,
} from "./support/people.ts";
import { startWhoot, type Whoot } from "./support/server.ts";
import { expect, test as base } from "./support/test.ts";

/** A server that belongs to one test, which may kill it. */
const test = base.extend<{ victim: { whoot: Whoot; people: People } }>({
  // oxlint-disable-next-line no-empty-pattern -- Playwright reads the names out of this pattern
  victim: async ({}, use) => {
    const whoot = await startWhoot();
    const people = makePeople(whoot);
    await use({ whoot, people });
    await people.close();
    await whoot.remove();
    expect(people.pageErrors).toEqual([]);
  },
});

const lostNote = ({ page }: Person) => page.getByText("Not connected: nobody can hear you", { exact: true });
const tile = ({ page }: Person, channel: string) => page.getByRole("article", { name: channel });
const talking = (person: Person, channel: string, name: string) =>
  tile(person, channel)
    .getByRole("listitem")
    .filter({ hasText: `${name} is talking` });
/** The people on the channel whose panel is open. */
const peopleHere = ({ page }: Person) => page.getByRole("region", { name: "here now" }).getByRole("listitem");

async function openPanel(person: Person, channel: string): Promise<Locator> {
  await tile(person, channel).getByRole("link", { name: channel }).click();
  const history = person.page.getByRole("region", { name: "What was said" });
  await expect(history).toBeVisible();
  return history.getByRole("listitem").filter({ has: person.page.getByRole("button") });
}

/** How long the person has held the key so far, in milliseconds. */
function heldFor({ page }: Person): Promise<number> {
  return page.evaluate(() => performance.now() - window.whootTest.presses.at(-1)!.down);
}

test("when the server is killed in mid-talk, every page says so, all reconnect, and the recording is kept and marked as cut short", async ({
  victim: { whoot, people },
  browsers,
}) => {
  const ada = await people.signedUp("Ada", await browsers.withVoice("ada"));
  const ben = await people.signedUp("Ben", await browsers.withVoice("ben"));
  const company = await makeCompany(people, ada);
  const channelId = await company.channel("Ops", { recording: true });
  await company.add(ben, "Member");
  for (const person of [ada, ben]) {
    await join(person, company, "Ops");
    await readyToTalk(person, "Ops");
  }

  await holdSpace(ada);
  await expectLive(ada, "Ops");
  await expectHears(["ada"], ben);
  await soundOf(ben.page, 3);
  const spoken = await heldFor(ada);
  await whoot.kill();

  for (const person of [ada, ben]) {
    await expect(lostNote(person)).toBeVisible();
    await expect(tile(person, "Ops")).toContainText("Not connected");
    await expect(talkKey(person, "Ops")).toHaveAttribute("aria-disabled", "true");
  }
  await expect(talkKey(ada, "Ops")).not.toContainText("live");
  await releaseSpace(ada);

  await whoot.start();
  for (const person of [ada, ben]) {
    await expect(lostNote(person)).toHaveCount(0);
    await expect(talkKey(person, "Ops")).toHaveAttribute("aria-disabled", "false");
  }

  let recording: Transmission | undefined;
  await expect.poll(async () => (recording = (await company.transmissions(channelId))[0])?.status).toBe("cut_short");
  expect(recording!.speakerName).toBe("Ada");
  expect(recording!.durationMs, "only the last, unfinished second may be missing").toBeGreaterThan(spoken - 1_200);
  expect(recording!.durationMs, "the recording is no longer than the talk").toBeLessThan(spoken + 200);

  const rows = await openPanel(ada, "Ops");
  await expect(rows).toHaveCount(1);
  await expect(rows).toContainText("Cut short: the server stopped");
  const answer = ada.page.waitForResponse((response) => response.url().endsWith("/audio"));
  await rows.getByRole("button", { name: /^Play Ada/ }).click();
  expect([200, 206]).toContain((await answer).status());
  await expect.poll(() => heardInRecording(ada.page)).toEqual(["ada"]);

  await holdSpace(ada);
  await expectLive(ada, "Ops");
  await expectHears(["ada"], ben);
  await releaseSpace(ada);
  await expectSilence(ben);
});

test("when the talker's tab is closed in mid-talk, the others see them leave, and the recording is complete", async ({
  people,
  browsers,
}) => {
  const ada = await people.signedUp("Ada", await browsers.withVoice("ada"));
  const ben = await people.signedUp("Ben", await browsers.withVoice("ben"));
  const company = await makeCompany(people, ada);
  const channelId = await company.channel("Ops", { recording: true });
  await company.add(ben, "Member");
  await join(ada, company, "Ops");
  await openPanel(ada, "Ops");
  await join(ben, company, "Ops");
  await readyToTalk(ben, "Ops");
  await expect(peopleHere(ada)).toHaveText([/Ada/, /Ben/]);

  await holdSpace(ben);
  await expectHears(["ben"], ada);
  await expect(talking(ada, "Ops", "Ben")).toBeVisible();
  await soundOf(ada.page, 1);
  const spoken = await heldFor(ben);
  await ben.page.close();

  await Promise.all([expect(talking(ada, "Ops", "Ben")).toHaveCount(0), expect(peopleHere(ada)).toHaveText([/Ada/])]);
  await expectSilence(ada);
  await expect.poll(async () => (await company.transmissions(channelId)).map(({ status }) => status)).toEqual(["complete"]);
  const [recording] = await company.transmissions(channelId);
  expect(Math.abs(recording!.durationMs - spoken)).toBeLessThan(1_000);
  const row = ada.page.getByRole("region", { name: "What was said" }).getByRole("listitem").filter({ hasText: "Ben" });
  await expect(row.getByRole("button", { name: /^Play Ben/ })).toBeVisible();
  await expect(row).not.toContainText("talking");
});

for (const [what, title, fix] of [
  [
    "denied",
    "The microphone is blocked",
    "You can listen but not talk. Click the icon left of the address, allow the microphone, then try again.",
  ],
  [
    "missing",
    "No microphone found",
    "You can listen but not talk. Plug one in, or choose one in your system's sound settings, then try again.",
  ],
] as const) {
  test(`when the microphone is ${what}, the page says so and what to do, and listening still works`, async ({
    people,
    browsers,
  }) => {
    const ada = await people.signedUp("Ada", await browsers.withVoice("ada"));
    const ben = await people.signedUp(
      "Ben",
      await (what === "denied" ? browsers.withMicrophoneDenied() : browsers.withoutMicrophone()),
    );
    const company = await makeCompany(people, ada);
    await company.channel("Ops");
    await company.add(ben, "Member");
    await join(ada, company, "Ops");
    await readyToTalk(ada, "Ops");
    await join(ben, company, "Ops");

    await expect(ben.page.getByText(title, { exact: true })).toBeVisible();
    await expect(ben.page.getByText(fix)).toBeVisible();
    await expect(ben.page.getByRole("button", { name: "Try again" })).toBeVisible();
    await expect(talkKey(ben, "Ops")).toHaveAttribute("aria-disabled", "true");
    await expect(talkKey(ben, "Ops")).toContainText("No microphone");

    await holdSpace(ada);
    await expectHears(["ada"], ben);
    await expect(talking(ben, "Ops", "Ada")).toBeVisible();
    await releaseSpace(ada);
    await expectSilence(ben);

    await holdSpace(ben);
    await expect(tile(ben, "Ops")).toContainText("No microphone is available. See the note at the top of the page.");
    await expect(talking(ada, "Ops", "Ben")).toHaveCount(0);
    await releaseSpace(ben);
  });
}

test("when the channel is restricted in mid-talk, the listener hears nothing more, and the talker is told why", async ({
  people,
  browsers,
}) => {
  const ada = await people.signedUp("Ada", await browsers.withVoice("ada"));
  const ben = await people.signedUp("Ben", await browsers.withVoice("ben"));
  const company = await makeCompany(people, ada);
  const channelId = await company.channel("Ops", { recording: true });
  await company.add(ben, "Member");
  await join(ada, company, "Ops");
  await join(ben, company, "Ops");
  await readyToTalk(ben, "Ops");

  await holdSpace(ben);
  await expectHears(["ben"], ada);
  await ada.api("PATCH", `/tenants/${company.slug}/channels/${channelId}`, { transmission: "restricted" });
  await expect(tile(ben, "Ops")).toContainText("You can no longer talk on Ops. An admin just changed it.");
  // Ben still holds the key.
  await expectSilence(ada);
  await expect(talking(ada, "Ops", "Ben")).toHaveCount(0);
  await expect(talkKey(ben, "Ops")).not.toContainText("live");
  await releaseSpace(ben);
  await expect(talkKey(ben, "Ops")).toHaveAccessibleDescription("Only chosen people may talk on Ops. An admin can add you.");
  await expect(talkKey(ben, "Ops")).toHaveAttribute("aria-disabled", "true");

  await holdSpace(ben);
  await expect(talkKey(ben, "Ops")).toContainText("You can't talk right now");
  await expectSilence(ada);
  await releaseSpace(ben);
  await expect.poll(async () => (await company.transmissions(channelId)).map(({ status }) => status)).toEqual(["complete"]);
});

test("when the network is lost in mid-talk, the board says so; when it is back, people can talk again", async ({
  people,
  browsers,
}) => {
  const ada = await people.signedUp("Ada", await browsers.withVoice("ada"));
  const ben = await people.signedUp("Ben", await browsers.withVoice("ben"));
  const company = await makeCompany(people, ada);
  await company.channel("Ops");
  await company.add(ben, "Member");
  for (const person of [ada, ben]) {
    await join(person, company, "Ops");
    await readyToTalk(person, "Ops");
  }

  await holdSpace(ada);
  await expectHears(["ada"], ben);
  await ada.context.setOffline(true);
  await expect(lostNote(ada)).toBeVisible();
  await expect(tile(ada, "Ops")).toContainText("Not connected");
  await expect(talkKey(ada, "Ops")).toHaveAttribute("aria-disabled", "true");
  await expect(talking(ben, "Ops", "Ada")).toHaveCount(0);
  await expectSilence(ben);
  await releaseSpace(ada);
  await holdSpace(ada);
  await expect(tile(ada, "Ops")).toContainText("Not connected: nobody can hear you. Wait for the connection, then press again.");
  await releaseSpace(ada);

  await ada.context.setOffline(false);
  await expect(lostNote(ada)).toHaveCount(0);
  await expect(talkKey(ada, "Ops")).toContainText("Hold Space to talk");
  await holdSpace(ada);
  await expectLive(ada, "Ops");
  await expectHears(["ada"], ben);
  await releaseSpace(ada);
  await expectSilence(ben);
  await holdSpace(ben);
  await expectHears(["ben"], ada);
  await releaseSpace(ben);
});
