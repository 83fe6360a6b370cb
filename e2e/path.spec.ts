import type { Locator } from "@playwright/test";
import {
  waitForAudio,
  expectHears,
  expectLive,
  expectSilence,
  holdSpace,
  makeCompany,
  PASSWORD,
  type Person,
  readyToTalk,
  releaseSpace,
  talkKey,
  unique,
} from "./support/people.ts";
import { runSql } from "./support/database.ts";
import { heardInRecording, soundOf } from "./support/ears.ts";
import { shot } from "./support/screens.ts";
import { expect, test } from "./support/test.ts";
import { holdFinger } from "./support/touch.ts";

/** The person's newest mail on the outbox page. */
function mailIn({ page, email }: Person, subject: RegExp): Locator {
  return page.getByRole("listitem").filter({ hasText: email }).filter({ hasText: subject }).first();
}

async function fillSignUp(person: Person): Promise<void> {
  await person.page.getByLabel("Your name").fill(person.name);
  const email = person.page.getByLabel("Email");
  if (await email.isEditable()) await email.fill(person.email);
  await person.page.getByLabel("Password", { exact: true }).fill(PASSWORD);
  await person.page.getByRole("button", { name: "Create account", exact: true }).click();
}

async function confirmFromOutbox(person: Person): Promise<void> {
  const { page } = person;
  await expect(page.getByRole("heading", { name: "Check your mail" })).toBeVisible();
  await page.getByRole("link", { name: "Open the outbox" }).click();
  await mailIn(person, /Confirm your address/)
    .getByRole("link", { name: "Open the link" })
    .click();
  await page.getByRole("button", { name: "Confirm and continue" }).click();
}

async function invite({ page }: Person, email: string, role: "Member" | "Viewer"): Promise<void> {
  await page.getByRole("button", { name: "Invite people" }).click();
  const dialog = page.getByRole("dialog");
  await expect(dialog.getByLabel("Email")).toBeFocused();
  await dialog.getByLabel("Email").fill(email);
  await dialog.getByRole("combobox", { name: "Role" }).click();
  await page.getByRole("option", { name: role }).click();
  await dialog.getByRole("button", { name: "Send invitation" }).click();
  await expect(dialog).toHaveCount(0);
}

async function createChannel({ page }: Person, name: string, restricted: boolean): Promise<void> {
  await page.getByRole("navigation", { name: "Channels" }).getByRole("button", { name: "Create a channel" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Name").fill(name);
  await dialog.getByRole("switch", { name: "Recording" }).check();
  if (restricted) await dialog.getByRole("radio", { name: "Only chosen roles and people" }).check();
  await dialog.getByRole("button", { name: "Create and join" }).click();
  await expect(page.getByRole("article", { name })).toBeVisible();
}

const talking = (person: Person, name: string) =>
  person.page
    .getByRole("article")
    .getByRole("listitem")
    .filter({ hasText: `${name} is talking` });

test("from sign-up to deletion of a workspace: two people talk, a third listens, a fourth joins by a copied link", async ({
  people,
  browsers,
  whoot,
}) => {
  const ada = await people.visitor("Ada", await browsers.withVoice("ada"), {
    permissions: ["clipboard-read", "clipboard-write"],
  });
  const ben = await people.visitor("Ben", await browsers.withVoice("ben"), { hasTouch: true });
  const vi = await people.visitor("Vi", await browsers.withVoice("cid"));
  const cid = await people.visitor("Cid", await browsers.withVoice("cid"));
  const stranger = await people.signedUp("Sam", await browsers.withVoice("cid"));
  const other = await makeCompany(people, stranger, "Globex");
  const name = `Ärzte Crew ${unique("x").slice(2)}`;
  const slug = name.toLowerCase().replace("ä", "a").replaceAll(" ", "-");

  await test.step("1–2 Ada signs up and confirms her address", async () => {
    const { page } = ada;
    await page.goto("/");
    await expect(page.getByText("Talk with your team: press a key and be heard.")).toBeVisible();
    await expect(page.getByText("Welcome back", { exact: false })).toHaveCount(0);
    await shot(page, "path/01-start");
    await page.getByRole("link", { name: "Create an account" }).click();
    await page.getByLabel("Password", { exact: true }).fill("short");
    await page.getByRole("button", { name: "Create account" }).click();
    await expect(page.getByText("Enter your name.")).toBeVisible();
    await expect(page.getByText("Enter an email address like name@example.com.")).toBeVisible();
    await expect(page.getByText("Use at least 15 characters.", { exact: false }).last()).toBeVisible();
    await shot(page, "path/02-sign-up-errors");
    await fillSignUp(ada);
    await shot(page, "path/03-check-mail");
    await confirmFromOutbox(ada);
    await expect(page.getByRole("heading", { name: "Create a workspace" })).toBeVisible();
  });

  await test.step("2 Ada creates a workspace, and is told which addresses it can't have", async () => {
    const { page } = ada;
    const address = page.getByLabel("Address");
    await page.getByLabel("Name").fill(name);
    await expect(address).toHaveValue(slug);
    for (const [bad, words] of [
      ["ab", "Use at least 3 characters."],
      ["Acme", "Use a–z, 0–9 and single hyphens between them."],
      ["асме", "Use a–z, 0–9 and single hyphens between them."],
      ["acme--corp", "Use a–z, 0–9 and single hyphens between them."],
      ["settings", "whoot keeps this address for itself. Choose another."],
      [other.slug, "This address is taken. Choose another."],
    ] as const) {
      await address.fill(bad);
      await expect(page.getByText(words)).toBeVisible();
    }
    await shot(page, "path/04-workspace-taken");
    await page.getByRole("button", { name: `Create ${name}` }).click();
    await expect(page.getByText("This address is taken. Choose another.")).toBeVisible();
    expect(new URL(page.url()).pathname).toBe("/new-workspace");
    await address.fill(slug);
    await expect(page.getByRole("status").filter({ hasText: "Available: " })).toContainText(slug);
    await page.getByRole("button", { name: `Create ${name}` }).click();
    await expect(page).toHaveURL(`/${slug}`);
    await expect(page.getByRole("heading", { name: "First steps" })).toBeVisible();
    await shot(page, "path/05-empty-board");
  });

  await test.step("3 Ada creates two channels and joins them", async () => {
    await createChannel(ada, "Ops", false);
    await createChannel(ada, "Leaders", true);
    await expect(ada.page.getByRole("button", { name: /^Space talks here.*Ops$/ })).toHaveAttribute("aria-pressed", "true");
    await readyToTalk(ada, "Ops");
    await shot(ada.page, "path/06-board");
  });

  await test.step("4 Ada invites a Member, a Viewer, and somebody whose link she copies", async () => {
    const { page } = ada;
    await page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "People" }).click();
    await invite(ada, ben.email, "Member");
    await invite(ada, vi.email, "Viewer");
    await invite(ada, cid.email, "Member");
    const pending = page.getByRole("region", { name: "Invitations" }).getByRole("listitem");
    await expect(pending).toHaveCount(3);
    await expect(pending.filter({ hasText: vi.email })).toContainText("Viewer");
    await shot(page, "path/07-people");
    await page.getByRole("button", { name: `Copy link for ${cid.email}` }).click();
    await expect(page.getByText("Link copied.", { exact: false })).toBeVisible();
    const link = await page.evaluate(() => navigator.clipboard.readText());

    for (const person of [ben, vi]) {
      await person.page.goto("/outbox");
      if (person === ben) await shot(person.page, "path/08-outbox");
      await mailIn(person, /Ada invites you/)
        .getByRole("link", { name: "Open the link" })
        .click();
      await expect(person.page.getByRole("heading", { name: `Join ${name}` })).toBeVisible();
      if (person === ben) await shot(person.page, "path/09-invitation");
      await fillSignUp(person);
      await expect(person.page).toHaveURL(`/${slug}`);
    }

    // A copied link doesn't prove the address, so the address has to be confirmed.
    await cid.page.goto(link);
    await fillSignUp(cid);
    await confirmFromOutbox(cid);
    await cid.page.getByRole("button", { name: `Join ${name}` }).click();
    await expect(cid.page).toHaveURL(`/${slug}`);

    await expect(page.getByText("Nobody is invited right now.")).toBeVisible();
    await page.getByRole("tab", { name: /^Members/ }).click();
    await expect(page.getByRole("table", { name: "Members" }).getByRole("row")).toHaveCount(5);
    await page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Board" }).click();

    // The first page of a new member.
    await expect(vi.page.getByText("You'll hear everyone on it. Your role can listen but not talk.")).toBeVisible();
    await expect(ben.page.getByText("You'll hear everyone on it. To talk, hold its key, or Space.")).toBeVisible();
    for (const person of [ben, vi, cid]) {
      const offers = person.page.getByRole("list", { name: "Channels to join" });
      await expect(offers.getByRole("button")).toHaveText(["Join the channel Leaders", "Join the channel Ops"]);
    }
    for (const person of [ben, vi, cid]) {
      await person.page.getByRole("button", { name: "Join Ops" }).click();
      await waitForAudio(person);
    }
    await expect(ada.page.getByRole("article", { name: "Ops" })).toContainText("4");
    for (const person of [ben, cid]) await readyToTalk(person, "Ops");
  });

  await test.step("5 Ada holds Space and the others hear her and see her name; when she releases it, her talk stops", async () => {
    await holdSpace(ada);
    await expectLive(ada, "Ops");
    await expectHears(["ada"], ben, vi, cid);
    for (const person of [ben, vi, cid]) await expect(talking(person, "Ada")).toBeVisible();
    await shot(ada.page, "path/10-live");
    await shot(ben.page, "path/11-incoming");
    await releaseSpace(ada);
    await expectSilence(ben, vi, cid);
    await expect(talking(ben, "Ada")).toHaveCount(0);
  });

  await test.step("5 Ben holds the talk key with the mouse, then with a finger", async () => {
    await talkKey(ben, "Ops").hover();
    await ben.page.mouse.down();
    await expectLive(ben, "Ops");
    await expectHears(["ben"], ada, vi);
    await expect(talking(ada, "Ben")).toBeVisible();
    await ben.page.mouse.up();
    await expectSilence(ada, vi);

    const finger = await holdFinger(ben.page, talkKey(ben, "Ops"));
    await expectLive(ben, "Ops");
    await expectHears(["ben"], ada, vi);
    await finger.lift();
    await expectSilence(ada, vi);
    await expect(talkKey(ben, "Ops")).toContainText("Hold");
  });

  await test.step("5 the Viewer sees why they can't talk, and so does a Member on the restricted channel", async () => {
    await expect(talkKey(vi, "Ops")).toHaveAttribute("aria-disabled", "true");
    await expect(talkKey(vi, "Ops")).toHaveAccessibleDescription(
      "Your role, Viewer, can listen but not talk. An admin can change your role.",
    );
    await expect(vi.page.getByRole("article", { name: "Ops" })).toContainText("Your role, Viewer, can listen but not talk.");
    await expect(vi.page.getByText(/\b(Space|hold)\b/i)).toHaveCount(0);
    await shot(vi.page, "path/12-viewer");
    // Pressing the disabled key must do nothing.
    await talkKey(vi, "Ops").hover();
    await vi.page.mouse.down();
    await expectSilence(ada);
    await vi.page.mouse.up();

    await ben.page.getByRole("button", { name: "Join Leaders" }).click();
    await expect(talkKey(ben, "Leaders")).toHaveAccessibleDescription(
      "Only chosen people may talk on Leaders. An admin can add you.",
    );
    await ben.page.getByRole("button", { name: "Leave Leaders" }).click();
  });

  await test.step("6 transmissions are in the list, play and seek", async () => {
    const { page } = ada;
    // A longer transmission, to seek in.
    await holdSpace(ada);
    await soundOf(ben.page, 4);
    await releaseSpace(ada);
    await page.getByRole("article", { name: "Ops" }).getByRole("link", { name: "Ops" }).click();
    const history = page.getByRole("region", { name: "What was said" });
    const rows = history.getByRole("listitem").filter({ has: page.getByRole("slider") });
    await expect(rows).toHaveCount(4);
    await expect(rows.nth(0)).toContainText("Ada");
    await expect(rows.nth(1)).toContainText("Ben");
    await expect(rows.nth(2)).toContainText("Ben");
    const last = rows.nth(3);
    await expect(last).toContainText(/Ada.*\d{1,2}:\d{2}.*0:(0[4-9]|1\d)/);
    // The voice is a steady tone, so the waveform has many bars and all are high.
    const heights = await last.locator("svg rect").evaluateAll((bars) => bars.map((bar) => Number(bar.getAttribute("height"))));
    expect(Math.max(...heights)).toBeGreaterThan(6);
    expect(heights.length, "the waveform has many bars").toBeGreaterThan(20);
    await shot(page, "path/13-channel");

    await rows
      .nth(1)
      .getByRole("button", { name: /^Play Ben/ })
      .click();
    await expect.poll(() => heardInRecording(page)).toEqual(["ben"]);

    const partial = page.waitForResponse((response) => response.url().endsWith("/audio") && response.status() === 206);
    await last.getByRole("button", { name: /^Play Ada/ }).click();
    await expect.poll(() => heardInRecording(page)).toEqual(["ada"]);
    expect((await partial).headers()["content-type"]).toBe("audio/ogg");
    const slider = last.getByRole("slider");
    const box = (await slider.boundingBox())!;
    await last.getByRole("button", { name: /^Pause Ada/ }).click();
    await page.mouse.click(box.x + box.width * 0.75, box.y + box.height / 2);
    const playedShare = async () => {
      const [, at, length] = /^0:(\d\d) of 0:(\d\d)$/.exec((await slider.getAttribute("aria-valuetext")) ?? "") ?? [];
      return Number(at) / Number(length);
    };
    await expect.poll(playedShare, "playback continues at three quarters").toBeGreaterThan(0.55);
    expect(await playedShare()).toBeLessThan(0.9);
    await expect.poll(() => page.evaluate(() => window.whootTest.players[0]!.currentTime)).toBeGreaterThan(2.5);
    await last.getByRole("button", { name: /^Play Ada/ }).click();
    await expect.poll(() => page.evaluate(() => window.whootTest.players[0]!.ended)).toBe(true);
    await expect(last.getByRole("button", { name: /^Play Ada/ })).toBeVisible();

    await vi.page.getByRole("article", { name: "Ops" }).getByRole("link", { name: "Ops" }).click();
    await expect(vi.page.getByRole("button", { name: /^Play Ben/ }).first()).toHaveAccessibleDescription(
      "Your role, Viewer, can't play recordings. An admin can change your role.",
    );
    await page.getByRole("link", { name: "Close the channel panel" }).click();
  });

  await test.step("7 nothing of one workspace shows in Ada's second workspace", async () => {
    const { page } = ada;
    const second = await makeCompany(people, ada, "Second");
    await second.channel("Ops", { recording: true });
    await page.reload();
    await page.getByRole("button", { name: `Workspace: ${name}` }).click();
    await shot(page, "path/14-switcher");
    await page.getByRole("option", { name: /Second/ }).click();
    await expect(page).toHaveURL(`/${second.slug}`);
    await page.getByRole("button", { name: "Join Ops" }).click();
    await readyToTalk(ada, "Ops");
    await expect(page.getByRole("article", { name: "Ops" })).toContainText("1");
    await expect(page.getByText("Leaders")).toHaveCount(0);
    await holdSpace(ada);
    await expectLive(ada, "Ops");
    await expectSilence(ben);
    await expect(talking(ben, "Ada")).toHaveCount(0);
    await releaseSpace(ada);
    for (const place of [`/${second.slug}/channels`, `/${second.slug}/people`, `/${second.slug}`]) {
      await page.goto(place);
      await expect(page.getByRole("button", { name: "Workspace: Second" })).toBeVisible();
      for (const secret of ["Leaders", "Ben", "Vi", "Cid"]) await expect(page.getByText(secret, { exact: true })).toHaveCount(0);
    }
    expect(await ben.status("GET", `/tenants/${second.slug}`)).toBe(404);
    await page.getByRole("button", { name: "Workspace: Second" }).click();
    await page.getByRole("option", { name: new RegExp(name) }).click();
    await expect(page).toHaveURL(`/${slug}`);
    await readyToTalk(ada, "Ops");
    await page.getByRole("article", { name: "Ops" }).getByRole("link", { name: "Ops" }).click();
    await expect(page.getByRole("button", { name: /^Play/ })).toHaveCount(4);
  });

  await test.step("8 Ada deletes the workspace, and it is gone for everyone", async () => {
    const { page } = ada;
    await page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Settings" }).click();
    await shot(page, "path/15-settings");
    await page.getByRole("button", { name: `Delete ${name}…` }).click();
    await runSql(whoot, "update sessions set authenticated_at = now() - interval '6 minutes'", []);
    const dialog = page.getByRole("dialog", { name: `Delete ${name}` });
    const remove = dialog.getByRole("button", { name: `Delete ${name}`, exact: true });
    await dialog.getByLabel(`Type ${slug} to confirm`).fill(other.slug);
    await remove.click();
    await expect(dialog.getByText(`Type ${slug} exactly.`)).toBeVisible();
    await dialog.getByLabel(`Type ${slug} to confirm`).fill(slug);
    await remove.click();
    const confirmation = page.getByRole("dialog", { name: "Confirm that it's you" });
    await confirmation.getByLabel("Your password").fill("not my password at all");
    await confirmation.getByRole("button", { name: "Confirm" }).click();
    await expect(confirmation.getByText("That isn't your password.")).toBeVisible();
    await shot(page, "path/16-delete-wrong-password");
    expect(await ada.status("GET", `/tenants/${slug}`)).toBe(200);
    await confirmation.getByLabel("Your password").fill(PASSWORD);
    await confirmation.getByRole("button", { name: "Confirm" }).click();
    await expect(page.getByText(`${name} was deleted.`)).toBeVisible();
    await expect(page).not.toHaveURL(new RegExp(slug));
    for (const person of [ada, ben, vi, cid, stranger]) expect(await person.status("GET", `/tenants/${slug}`)).toBe(404);
    for (const person of [ben, vi, cid]) {
      await expect(
        person.page.getByText("There is nothing at this address").or(person.page.getByText("Your session here has ended")),
      ).toBeVisible();
    }
    await shot(ben.page, "path/17-gone");
    await ben.page.goto(`/${slug}`);
    await expect(ben.page.getByText("There is nothing at this address")).toBeVisible();
    expect((await ben.api<{ tenants: unknown[] }>("GET", "/me")).tenants).toEqual([]);
    expect((await ada.api<{ tenants: { name: string }[] }>("GET", "/me")).tenants.map((tenant) => tenant.name)).toEqual([
      "Second",
    ]);
  });
});
