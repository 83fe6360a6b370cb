import { waitForAudio, expectHears, holdSpace, join, makeCompany, readyToTalk, releaseSpace } from "./support/people.ts";
import { soundOf } from "./support/ears.ts";
import { energyHeard, FIREFOX, launchFirefox, openBoard } from "./support/firefox.ts";
import { decode, unseal } from "./support/recordings.ts";
import { envelope } from "./support/sound.ts";
import { expect, test } from "./support/test.ts";

test("Firefox talks to Chromium, hears it and is recorded, on a server with default settings", async ({
  people,
  browsers,
  whoot,
}) => {
  test.skip(FIREFOX === null, "there is no Firefox here");
  const ada = await people.signedUp("Ada", await browsers.withVoice("ada"));
  const ben = await people.signedUp("Ben", await browsers.withVoice("ben"));
  const company = await makeCompany(people, ada);
  const channelId = await company.channel("Ops", { recording: true });
  await company.add(ben, "Member");
  await join(ada, company, "Ops");
  await waitForAudio(ada);
  await readyToTalk(ada, "Ops");

  const firefox = await launchFirefox();
  try {
    const page = await openBoard(firefox, whoot, ben.email, company.slug);
    await page.locator("::-p-aria(Join Ops)").setTimeout(60_000).click();
    await expect.poll(() => page.evaluate(() => document.body.textContent ?? "")).toMatch(/(Hold|Press)( Space)? to talk on Ops/);

    await test.step("Chromium hears Firefox, and the talker sees who can hear", async () => {
      await page.keyboard.down(" ");
      await expect.poll(async () => (await soundOf(ada.page, 0.4)).loudest).toBeGreaterThan(-45);
      await expect.poll(() => page.evaluate(() => document.body.textContent ?? "")).toContain("1 person can hear you");
      await page.keyboard.up(" ");
      await expect.poll(async () => (await company.transmissions(channelId)).map(({ status }) => status)).toEqual(["complete"]);
      const [transmission] = await company.transmissions(channelId);
      const recording = await decode(ada.page, await unseal(whoot, company, transmission!.transmissionId));
      expect(Math.max(...envelope(recording.samples, recording.rate, 50))).toBeGreaterThan(0.005);
    });

    await test.step("Firefox hears Chromium", async () => {
      const before = await energyHeard(page);
      await holdSpace(ada);
      await expect.poll(() => energyHeard(page)).toBeGreaterThan(before + 0.001);
      await releaseSpace(ada);
      await expectHears([], ada);
    });
  } finally {
    await firefox.close();
  }
});
