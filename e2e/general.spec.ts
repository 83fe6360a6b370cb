import { join as joinPath } from "node:path";
import { ROOT } from "../scripts/prepare.mjs";
import {
  expectHears,
  expectLive,
  expectSilence,
  join,
  makeCompany,
  readyToTalk,
  talkKey,
  unique,
  type Person,
} from "./support/people.ts";
import { shot } from "./support/screens.ts";
import { expect, test } from "./support/test.ts";

const LOGO = joinPath(ROOT, "web", "public", "logo.svg");

const region = ({ page }: Person, name: string) =>
  page.getByRole("form", { name }).or(page.getByRole("region", { name, exact: true }));

test("when a workspace changes its address, open pages follow without losing audio, old links redirect, and nobody else can take it", async ({
  people,
  browsers,
}) => {
  const ada = await people.signedUp("Ada", await browsers.withVoice("ada"));
  const ben = await people.signedUp("Ben", await browsers.withVoice("ben"));
  const company = await makeCompany(people, ada);
  const channelId = await company.channel("Ops");
  await company.add(ben, "Member");
  await join(ben, company, "Ops");
  await readyToTalk(ben, "Ops");
  const connections = () => ben.messages.filter(({ type }) => type === "welcome").length;

  const { page } = ada;
  await page.goto(`/${company.slug}/settings`);
  const form = region(ada, "Name and address");
  const address = form.getByRole("textbox", { name: "Address" });
  for (const [bad, words] of [
    ["ab", "Use at least 3 characters."],
    ["settings", "whoot keeps this address for itself."],
    ["sett1ngs", "whoot keeps this address for itself."],
  ] as const) {
    await address.fill(bad);
    await expect(form.getByText(words)).toBeVisible();
  }
  const slug = unique("moved");
  await address.fill(slug);
  await expect(form.getByRole("status")).toContainText("for 90 days, and nobody else can take that address until then");
  await form.getByLabel("Name").fill("Acme & Sons");
  await shot(page, "general/01-address");
  await form.getByRole("button", { name: "Move the workspace" }).click();
  await expect(page).toHaveURL(`/${slug}/settings`);
  const earlier = page.getByRole("region", { name: "Earlier addresses" }).getByRole("listitem");
  await expect(earlier).toHaveText(new RegExp(`/${company.slug}\\s*until `));
  await expect(page.getByRole("button", { name: /^Workspace: Acme & Sons/ })).toBeVisible();

  await expect(ben.page).toHaveURL(`/${slug}`);
  await expect(ben.page.getByRole("button", { name: /^Workspace: Acme & Sons/ })).toBeVisible();
  await readyToTalk(ben, "Ops");
  expect(connections(), "the gateway connection stayed open").toBe(1);

  await ben.page.goto(`/${company.slug}/channels/${channelId}?from=mail#end`);
  await expect(ben.page).toHaveURL(`/${slug}/channels/${channelId}?from=mail#end`);
  await expect(ben.page.getByRole("heading", { name: "What was said" })).toBeVisible();

  const sam = await people.signedUp("Sam", await browsers.withVoice("cid"));
  expect(await sam.status("POST", "/tenants", { name: "Squatter", slug: company.slug })).toBe(409);
  await sam.page.goto(`/${company.slug}`);
  await expect(sam.page.getByRole("heading", { name: "There is nothing at this address" })).toBeVisible();

  // A workspace can go back to its own earlier address, and what is unsaved in another form stays.
  const twelve = region(ada, "Display").getByRole("radio", { name: "12 hours: 2:05 PM" });
  await twelve.check();
  await address.fill(company.slug);
  await expect(form.getByRole("status")).toContainText("Available: ");
  await form.getByRole("button", { name: "Move the workspace" }).click();
  await expect(page).toHaveURL(`/${company.slug}/settings`);
  await expect(earlier).toContainText(`/${slug}`);
  await expect(twelve).toBeChecked();
});

test("a workspace's logo, colour, time zone and talk key show for everyone", async ({ people, browsers }) => {
  const ada = await people.signedUp("Ada", await browsers.withVoice("ada"));
  const ben = await people.signedUp("Ben", await browsers.withVoice("ben"), { timezoneId: "America/New_York" });
  const company = await makeCompany(people, ada);
  await company.channel("Ops", { recording: true });
  await company.add(ben, "Member");
  await join(ben, company, "Ops");
  await readyToTalk(ben, "Ops");
  const { page } = ada;
  await page.goto(`/${company.slug}/settings`);
  await shot(page, "general/02-settings");

  await test.step("hostile and wrong files are refused with the reason", async () => {
    const choose = page.locator('input[type="file"]');
    await choose.setInputFiles({ name: "page.png", mimeType: "image/png", buffer: Buffer.from("<!doctype html><script>") });
    await expect(region(ada, "Logo").getByRole("alert")).toHaveText(
      "That isn't a PNG, JPEG, WebP or SVG image. Choose another file.",
    );
    await choose.setInputFiles({ name: "big.png", mimeType: "image/png", buffer: Buffer.alloc(2_000_000) });
    await expect(region(ada, "Logo").getByRole("alert")).toHaveText(
      "That image is larger than 1 MB. Make it smaller and try again.",
    );
    await choose.setInputFiles({ name: "table.csv", mimeType: "text/csv", buffer: Buffer.from("a,b") });
    await expect(region(ada, "Logo").getByRole("alert")).toContainText("That isn't a PNG");
    await shot(page, "general/03-refused-logo");
  });

  await test.step("a logo shows at once in everyone's rail", async () => {
    await page.locator('input[type="file"]').setInputFiles(LOGO);
    await expect(page.getByText("The workspace has a new logo.")).toBeVisible();
    for (const person of [ada, ben]) {
      const image = person.page.getByRole("button", { name: /^Workspace: Acme/ }).locator("img");
      await expect(image).toBeVisible();
      await expect.poll(() => image.evaluate((element: HTMLImageElement) => element.naturalWidth)).toBe(256);
    }
    await shot(page, "general/04-logo");
    await region(ada, "Logo").getByRole("button", { name: "Remove the logo" }).click();
    await expect(ben.page.getByRole("button", { name: /^Workspace: Acme/ }).locator("img")).toHaveCount(0);
  });

  await test.step("colour, time zone, clock and talk key change for everyone", async () => {
    const form = region(ada, "Display");
    await form.getByLabel("Colour").fill("#ffdd00");
    await form.getByRole("combobox", { name: "Time zone" }).fill("Tokyo");
    await page.getByRole("option", { name: "Asia/Tokyo" }).click();
    await form.getByRole("radio", { name: "12 hours: 2:05 PM" }).check();
    await form.getByRole("radio", { name: "Press once to talk, again to stop" }).check();
    await shot(page, "general/05-display");
    await form.getByRole("button", { name: "Save" }).click();
    await expect(page.getByText("Saved for everyone.")).toBeVisible();
    const mark = ben.page
      .getByRole("button", { name: /^Workspace: Acme/ })
      .locator("span[aria-hidden]")
      .first();
    await expect(mark).toHaveCSS("background-color", "rgb(255, 221, 0)");
    await expect(mark).toHaveCSS("color", "rgb(0, 0, 0)");
    // Also with a logo, the tab shows at a glance which workspace it is.
    await expect(ben.page.getByRole("region", { name: "Workspace" })).toHaveCSS("border-top", "3px solid rgb(255, 221, 0)");
  });

  await test.step("Ben presses once to talk and again to stop, may use another window meanwhile, and can choose to hold instead", async () => {
    await join(ada, company, "Ops");
    await expect(talkKey(ben, "Ops")).toContainText("Press Space to talk");
    await ben.page.keyboard.press("Space");
    await expectLive(ben, "Ops");
    await expectHears(["ben"], ada);
    await expect(ben.page).toHaveTitle(/^● Live · /);
    await shot(ben.page, "general/06-latched");
    // Another window takes the focus, which would end a held talk.
    await ben.page.evaluate(() => window.dispatchEvent(new Event("blur")));
    await expectHears(["ben"], ada);
    await ben.page.keyboard.press("Space");
    await expectSilence(ada);
    await expect(ben.page).toHaveTitle(/^Acme/);
    await ben.page.keyboard.press("?");
    const keys = ben.page.getByRole("dialog", { name: "Keyboard shortcuts" });
    await expect(keys).toContainText("Press once to talk on the chosen channel, again to stop");
    await ben.page.keyboard.press("Escape");
    await expect(keys).toHaveCount(0);

    await talkKey(ben, "Ops").click();
    await expectLive(ben, "Ops");
    await talkKey(ben, "Ops").click();
    await expect(talkKey(ben, "Ops")).toContainText("Press");

    // The key still ends the latched talk, although the key is to be held from now on.
    await talkKey(ben, "Ops").click();
    await expectLive(ben, "Ops");
    await ben.page.getByRole("button", { name: /^Account:/ }).click();
    await ben.page.getByRole("radiogroup", { name: "Talk key" }).getByText("Hold to talk").click();
    await ben.page.keyboard.press("Escape");
    await expectLive(ben, "Ops");
    await talkKey(ben, "Ops").focus();
    await ben.page.keyboard.press("Space");
    await expect(talkKey(ben, "Ops")).toContainText("Hold Space to talk");
    await expect(talkKey(ada, "Ops")).toContainText("Press Space to talk");
  });

  await test.step("times of transmissions are in the workspace's time zone, with one's own beside them", async () => {
    await ben.page.getByRole("article", { name: "Ops" }).getByRole("link", { name: "Ops" }).click();
    const time = ben.page.getByRole("region", { name: "What was said" }).locator("time").first();
    await expect(time).toHaveText(/^\d{1,2}:\d\d\s[AP]M$/);
    const [at, title] = await Promise.all([time.getAttribute("datetime"), time.getAttribute("title")]);
    const tokyo = new Intl.DateTimeFormat("en-US", { hour: "numeric", minute: "2-digit", timeZone: "Asia/Tokyo" });
    expect((await time.textContent())?.replace(/\s/, " ")).toBe(tokyo.format(new Date(at ?? "")).replace(/\s/, " "));
    expect(title).toMatch(/GMT\+9[^]*Your time: [^]*E[SD]T/);
  });
});

test("ownership is offered and accepted, and then the former owner may leave", async ({ people, browsers }) => {
  const ada = await people.signedUp("Ada", await browsers.withVoice("ada"));
  const ben = await people.signedUp("Ben", await browsers.withVoice("ben"));
  const company = await makeCompany(people, ada);
  await company.channel("Ops");
  await company.add(ben, "Viewer");
  await ben.page.goto(`/${company.slug}`);
  const { page } = ada;
  await page.goto(`/${company.slug}/settings`);
  const leave = region(ada, "Leave this workspace").getByRole("button", { name: "Leave Acme…" });
  await expect(leave).toHaveAccessibleDescription("You own this workspace. Transfer ownership first, or delete it.");

  await test.step("Ada offers ownership to Ben", async () => {
    await region(ada, "Owner").getByRole("button", { name: "Transfer ownership…" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByRole("button", { name: "Offer ownership" }).click();
    await expect(dialog.getByText("Choose the new owner.")).toBeVisible();
    await dialog.getByRole("combobox", { name: "New owner" }).fill("Be");
    await page.getByRole("option", { name: /Ben/ }).click();
    await shot(page, "general/07-offer");
    await dialog.getByRole("button", { name: "Offer ownership" }).click();
    await expect(dialog).toHaveCount(0);
    await expect(region(ada, "Owner")).toContainText("Offered to Ben. The offer ends in 7 days");
    await shot(page, "general/08-offered");
  });

  await test.step("Ben declines, gets a second offer, and accepts", async () => {
    const banner = ben.page.getByRole("status").filter({ hasText: "Ada wants to transfer ownership to you" });
    await expect(banner).toBeVisible();
    await shot(ben.page, "general/09-banner");
    await banner.getByRole("button", { name: "Answer…" }).click();
    await ben.page.getByRole("dialog").getByRole("button", { name: "Decline" }).click();
    await expect(banner).toHaveCount(0);
    await expect(region(ada, "Owner").getByRole("button", { name: "Transfer ownership…" })).toBeVisible();

    const { items } = await ada.api<{ items: { memberId: string; isSelf: boolean }[] }>(
      "GET",
      `/tenants/${company.slug}/members`,
    );
    const memberId = items.find(({ isSelf }) => !isSelf)?.memberId;
    expect(await ada.status("POST", `/tenants/${company.slug}/ownership-offer`, { memberId })).toBe(201);
    await banner.getByRole("button", { name: "Answer…" }).click();
    const dialog = ben.page.getByRole("dialog");
    await shot(ben.page, "general/10-accept");
    await dialog.getByRole("button", { name: "Accept ownership" }).click();
    await expect(ben.page.getByText("You now own Acme.")).toBeVisible();
    await ben.page.goto(`/${company.slug}/settings`);
    await expect(region(ben, "Owner")).toContainText("You own this workspace.");
    await expect(ben.page.getByRole("button", { name: /^Account:/ }).last()).toContainText("Admin");
  });

  await test.step("Ada, still an admin, leaves, and her page goes to her list of workspaces", async () => {
    await expect(region(ada, "Owner")).toContainText("You don't own this workspace.");
    await leave.click();
    await shot(page, "general/11-leave");
    await page.getByRole("dialog").getByRole("button", { name: "Leave Acme" }).click();
    await expect(page.getByText("You left Acme.")).toBeVisible();
    await expect(page).not.toHaveURL(new RegExp(company.slug));
    await page.goto(`/${company.slug}`);
    await expect(page.getByRole("heading", { name: "There is nothing at this address" })).toBeVisible();
  });
});

test("two people change display settings at the same time, and neither save undoes the other", async ({ people, browsers }) => {
  const browser = await browsers.withVoice("ada");
  const ada = await people.signedUp("Ada", browser);
  const ben = await people.signedUp("Ben", browser);
  const company = await makeCompany(people, ada);
  await company.add(ben, "Admin");
  const twelve = region(ada, "Display").getByRole("radio", { name: "12 hours: 2:05 PM" });
  const latch = (person: Person) => region(person, "Display").getByRole("radio", { name: "Press once to talk" });
  for (const { page } of [ada, ben]) {
    await page.goto(`/${company.slug}/settings`);
    await expect(page.getByRole("heading", { name: "Display" })).toBeVisible();
  }
  await twelve.check();
  await latch(ben).check();
  await region(ben, "Display").getByRole("button", { name: "Save" }).click();
  await expect(latch(ada)).toBeChecked();
  await expect(twelve).toBeChecked();
  await region(ada, "Display").getByRole("button", { name: "Save" }).click();
  await expect(region(ada, "Display").getByRole("button", { name: "Save" })).toBeDisabled();
  const { display } = await ada.api<{ display: unknown }>("GET", `/tenants/${company.slug}`);
  expect(display).toMatchObject({ clock: "12h", talkKeyMode: "latch" });
});
