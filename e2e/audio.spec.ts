import {
  expectHears,
  expectLive,
  expectSilence,
  holdSpace,
  join,
  makeCompany,
  readyToTalk,
  releaseSpace,
} from "./support/people.ts";
import { microphoneSoundOf, presses, recordMicrophone, soundOf } from "./support/ears.ts";
import { decode, unseal } from "./support/recordings.ts";
import { amplitudeAt, locate, measure } from "./support/sound.ts";
import { expect, test } from "./support/test.ts";
import { TONES } from "./support/tones.ts";

test("listeners hear the talker only while the key is down, and two talkers at once are both heard", async ({
  people,
  browsers,
}) => {
  const ada = await people.signedUp("Ada", await browsers.withVoice("ada"));
  const ben = await people.signedUp("Ben", await browsers.withVoice("ben"));
  const cid = await people.signedUp("Cid", await browsers.withVoice("cid"));
  const company = await makeCompany(people, ada);
  await company.channel("Ops");
  await company.add(ben, "Member");
  await company.add(cid, "Member");
  await Promise.all([ada, ben, cid].map((person) => join(person, company, "Ops")));
  await Promise.all([ada, ben, cid].map((person) => readyToTalk(person, "Ops")));

  for (const [talker, voice, others] of [
    [ada, "ada", [ben, cid]],
    [ben, "ben", [ada, cid]],
    [cid, "cid", [ada, ben]],
  ] as const) {
    await test.step(`${talker.name} talks`, async () => {
      await holdSpace(talker);
      await expectHears([voice], ...others);
      await expectHears([], talker);
      for (const other of others) {
        await expect(other.page.getByRole("listitem").filter({ hasText: `${talker.name} is talking` })).toBeVisible();
      }
      await releaseSpace(talker);
      await expectSilence(...others);
      for (const other of others) await expect(other.page.getByRole("listitem").filter({ hasText: "is talking" })).toHaveCount(0);
    });
  }

  await test.step("two talk at once", async () => {
    await holdSpace(ada);
    await expectLive(ada, "Ops");
    await holdSpace(ben);
    await Promise.all([expectHears(["ada", "ben"], cid), expectHears(["ben"], ada), expectHears(["ada"], ben)]);
    await releaseSpace(ada);
    await Promise.all([expectHears(["ben"], ada, cid), expectHears([], ben)]);
    await releaseSpace(ben);
    await expectSilence(ada, ben, cid);
  });
});

test("a recording is sealed, holds the speaker's voice from the first syllable on, and is as long as the microphone was open", async ({
  people,
  browsers,
  whoot,
}) => {
  const ada = await people.signedUp("Ada", await browsers.withVoice("ada"));
  const company = await makeCompany(people, ada);
  const channelId = await company.channel("Ops", { recording: true });
  await recordMicrophone(ada.page);
  await join(ada, company, "Ops");
  await readyToTalk(ada, "Ops");
  // The microphone's automatic gain adapts to a voice in its first seconds.
  await soundOf(ada.page, 2);

  const seconds = [1, 1.2, 1.4, 1.8, 2.4];
  for (const [index, length] of seconds.entries()) {
    await holdSpace(ada);
    await soundOf(ada.page, length);
    await releaseSpace(ada);
    await expect
      .poll(async () => (await company.transmissions(channelId)).map(({ status }) => status))
      .toEqual(Array.from({ length: index + 1 }, () => "complete"));
    await soundOf(ada.page, 0.3);
  }

  const allPresses = await presses(ada.page);
  const microphoneSound = await microphoneSoundOf(ada.page);
  const transmissions = (await company.transmissions(channelId)).toReversed();
  expect(allPresses).toHaveLength(seconds.length);
  for (const [index, { transmissionId, durationMs, speakerName }] of transmissions.entries()) {
    const press = allPresses[index]!;
    await test.step(`the press of ${Math.round(press.heldMs)} ms`, async () => {
      const recording = await decode(ada.page, await unseal(whoot, company, transmissionId));
      expect(speakerName).toBe("Ada");
      expect(recording.durationMs, "the recording is at least as long as the key was held").toBeGreaterThan(press.heldMs - 40);
      expect(Math.abs(recording.durationMs - press.openMs), "the recording is as long as the microphone was open").toBeLessThan(
        150,
      );
      expect(Math.abs(durationMs - recording.durationMs), "the list shows the recording's length").toBeLessThan(40);

      const { tones } = measure(recording.samples, recording.rate);
      expect(tones.ada).toBeGreaterThan(-40);
      expect(Math.max(tones.ben, tones.cid)).toBeLessThan(-60);

      // In the microphone's sound, the recording begins where the key went down.
      const place = locate(recording, microphoneSound, [press.microphoneAtMs - 500, press.microphoneAtMs + 1_000]);
      expect(place.match, "the recording matches the microphone's sound").toBeGreaterThan(0.7);
      expect(place.at - press.microphoneAtMs, "nothing is missing at the start").toBeLessThan(50);
      expect(place.at - press.microphoneAtMs, "the recording does not begin too early").toBeGreaterThan(-150);
      const amplitudeFrom = ({ samples, rate }: typeof microphoneSound, atMs: number) =>
        amplitudeAt(TONES.ada, samples.subarray((rate * atMs) / 1_000, (rate * (atMs + 50)) / 1_000), rate);
      expect(
        amplitudeFrom(recording, 0) / amplitudeFrom(microphoneSound, place.at),
        "the tone is in the recording's first 50 ms",
      ).toBeGreaterThan(0.2);
    });
  }
});

test("with a tail of 0, pressing the key again at once loses no speech", async ({ people, browsers, whoot }) => {
  const ada = await people.signedUp("Ada", await browsers.withVoice("ada"));
  await ada.context.addInitScript(() => localStorage.setItem("whoot.talk-tail", "0"));
  const company = await makeCompany(people, ada);
  const channelId = await company.channel("Ops", { recording: true });
  await recordMicrophone(ada.page);
  await join(ada, company, "Ops");
  await readyToTalk(ada, "Ops");
  await soundOf(ada.page, 2);

  const count = 5;
  for (let press = 0; press < count; press += 1) {
    await holdSpace(ada);
    await soundOf(ada.page, 1.2);
    await releaseSpace(ada);
  }
  await expect
    .poll(async () => (await company.transmissions(channelId)).map(({ status }) => status))
    .toEqual(Array.from({ length: count }, () => "complete"));

  const allPresses = await presses(ada.page);
  const microphoneSound = await microphoneSoundOf(ada.page);
  for (const [index, { transmissionId }] of (await company.transmissions(channelId)).toReversed().entries()) {
    const recording = await decode(ada.page, await unseal(whoot, company, transmissionId));
    const at = allPresses[index]!.microphoneAtMs;
    const place = locate(recording, microphoneSound, [at - 500, at + 1_000]);
    expect(place.match, `press ${index + 1} matches what was said`).toBeGreaterThan(0.6);
    expect(place.at - at, `nothing is missing before press ${index + 1}`).toBeLessThan(50);
  }
});
