/** A microphone that is unplugged in mid-talk and plugged in again, and listeners who cannot hear. */
import { expectHears, expectLive, holdSpace, join, makeCompany, readyToTalk, releaseSpace, talkKey } from "./support/people.ts";
import { expect, test } from "./support/test.ts";

declare global {
  interface Window {
    plug: { in(): void; out(): void };
  }
}

/** A microphone that can be unplugged: its track ends as in a browser, and no other can be opened. */
function installPlug(): void {
  const devices = navigator.mediaDevices;
  const open = devices.getUserMedia.bind(devices);
  let track: MediaStreamTrack | undefined;
  let isIn = true;
  devices.getUserMedia = async (constraints) => {
    if (!isIn) throw new DOMException("Requested device not found", "NotFoundError");
    const stream = await open(constraints);
    [track] = stream.getAudioTracks();
    return stream;
  };
  window.plug = {
    out() {
      isIn = false;
      // stop() fires no event; an unplugged device ends the track and fires `ended`.
      track?.stop();
      track?.dispatchEvent(new Event("ended"));
      devices.dispatchEvent(new Event("devicechange"));
    },
    in() {
      isIn = true;
      devices.dispatchEvent(new Event("devicechange"));
    },
  };
}

test("unplugging the microphone in mid-talk ends the talk and says why; plugged in again, it works without a reload", async ({
  people,
  browsers,
}) => {
  const ada = await people.signedUp("Ada", await browsers.withVoice("ada"));
  const ben = await people.signedUp("Ben", await browsers.withVoice("ben"));
  await ada.context.addInitScript(installPlug);
  const company = await makeCompany(people, ada);
  await company.channel("Ops");
  await company.add(ben, "Member");
  for (const person of [ada, ben]) {
    await join(person, company, "Ops");
    await readyToTalk(person, "Ops");
  }
  const adaTile = ada.page.getByRole("article", { name: "Ops" });

  await holdSpace(ada);
  await expectLive(ada, "Ops");
  await expectHears(["ada"], ben);
  await expect(adaTile).toContainText("1 person can hear you");
  await ada.page.evaluate(() => window.plug.out());
  await expect(adaTile).toContainText("You're off Ops: the microphone was unplugged.");
  await expect(ben.page.getByRole("listitem").filter({ hasText: "Ada is talking" })).toHaveCount(0);
  await releaseSpace(ada);
  await expect(ada.page.getByText("No microphone found")).toBeVisible();

  await test.step("a press without a microphone is refused with a message", async () => {
    await holdSpace(ada);
    await expect(adaTile).toContainText("No microphone is available. See the note at the top of the page.");
    await releaseSpace(ada);
  });

  await ada.page.evaluate(() => window.plug.in());
  await expect(ada.page.getByText("No microphone found")).toHaveCount(0);
  await expect(talkKey(ada, "Ops")).toContainText("Hold Space"); // neither refused any more nor waiting for the microphone
  await holdSpace(ada);
  await expectLive(ada, "Ops");
  await expectHears(["ada"], ben);

  await test.step("the talker sees that a listener muted the channel, and that he hears again", async () => {
    await ben.page.getByRole("button", { name: "Mute Ops for me" }).click();
    await expect(adaTile).toContainText("Ben is here but can't hear you");
    await ben.page.getByRole("button", { name: "Unmute Ops for me" }).click();
    await expect(adaTile).toContainText("1 person can hear you");
  });
  await releaseSpace(ada);
  await expect(talkKey(ada, "Ops")).toContainText("Hold");
});
