import { expectSilence, join, makeCompany } from "./support/people.ts";
import { loudnessAt, packetsReceived, soundOf } from "./support/ears.ts";
import { storedFiles } from "./support/recordings.ts";
import { makeRtpPerson, type RtpPerson } from "./support/rtp-person.ts";
import { expect, test } from "./support/test.ts";

const CLIENT_TONE = 440;

test("audio that a client sends without a grant is not heard and not recorded", async ({ people, browsers, whoot }) => {
  const chromium = await browsers.withVoice("ada");
  const ada = await people.signedUp("Ada", chromium);
  const company = await makeCompany(people, ada);
  const open = await company.channel("Open", { recording: true });
  const closed = await company.channel("Closed", { recording: true, transmission: "restricted" });
  const elsewhere = await company.channel("Elsewhere", { recording: true });
  const [eve, vi, ben] = await Promise.all(["Eve", "Vi", "Ben"].map((name) => people.signedUp(name, chromium)));
  await company.add(eve!, "Member");
  await company.add(vi!, "Viewer");
  await company.add(ben!, "Member");

  for (const channel of ["Open", "Closed", "Elsewhere"]) {
    await join(ada, company, channel);
  }
  const listener = await makeRtpPerson(whoot, company, ben!);
  const member = await makeRtpPerson(whoot, company, eve!);
  const viewer = await makeRtpPerson(whoot, company, vi!);
  for (const channelId of [open, closed, elsewhere]) await listener.join(channelId);
  for (const client of [member, viewer]) {
    await client.join(open);
    await client.join(closed);
  }

  /** Sends audio and expects that neither listener gets a single packet. */
  async function expectUnheard(sender: RtpPerson): Promise<void> {
    await expectSilence(ada);
    const before = { chromium: await packetsReceived(ada.page), client: listener.receivedCount() };
    sender.startSending();
    const heard = await soundOf(ada.page, 1.5);
    // More than 1.2 s of packets, so the client really sent while the others listened.
    expect(sender.stopSending()).toBeGreaterThan(60);
    expect(heard.loudest).toBeLessThan(-65);
    expect(await packetsReceived(ada.page)).toBe(before.chromium);
    expect(listener.receivedCount()).toBe(before.client);
  }

  async function expectHeard(sender: RtpPerson, channelId: string): Promise<void> {
    const before = { chromium: await packetsReceived(ada.page), client: listener.receivedCount() };
    expect(await sender.press(channelId)).toBe("granted");
    sender.startSending();
    await expect.poll(() => loudnessAt(CLIENT_TONE, ada.page)).toBeGreaterThan(-40);
    sender.stopSending();
    await sender.release();
    expect(await packetsReceived(ada.page)).toBeGreaterThan(before.chromium);
    expect(listener.receivedCount()).toBeGreaterThan(before.client);
  }

  await test.step("a client is not heard without a press", () => expectUnheard(member));

  await test.step("the same client is heard after a grant", () => expectHeard(member, open));

  await test.step("the client is not heard after the release", () => expectUnheard(member));

  await test.step("a Viewer is not heard", async () => {
    expect(await viewer.press(open)).toBe("role_cannot_talk");
    await expectUnheard(viewer);
  });

  await test.step("a Member is not heard on a channel restricted to others", async () => {
    expect(await member.press(closed)).toBe("channel_restricted");
    await expectUnheard(member);
  });

  await test.step("a Member is not heard on a channel that they have not joined", async () => {
    expect(await member.press(elsewhere)).toBe("not_joined");
    await expectUnheard(member);
  });

  await test.step("only the granted talk is recorded", async () => {
    await expectHeard(member, open);
    await expect
      .poll(async () => (await company.transmissions(open)).map(({ status }) => status))
      .toEqual(["complete", "complete"]);
    const kept = (await company.transmissions(open)).map(({ transmissionId }) => transmissionId).toSorted();
    expect(await company.transmissions(closed)).toEqual([]);
    expect(await company.transmissions(elsewhere)).toEqual([]);
    await expect.poll(() => storedFiles(whoot, company)).toEqual(kept);
  });

  for (const client of [listener, member, viewer]) client.close();
});
