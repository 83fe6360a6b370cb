/** Billing on a sample server, whose clock the operator moves. */
import { examine } from "./support/axe.ts";
import { runSql } from "./support/database.ts";
import { keyboardOf } from "./support/keyboard.ts";
import { join, makeCompany, type Person, readyToTalk } from "./support/people.ts";
import { shotBothThemesAndPhone } from "./support/screens.ts";
import { runCommand, startWhoot, type Whoot } from "./support/server.ts";
import { expect, test as base } from "./support/test.ts";

const test = base.extend<object, { whoot: Whoot }>({
  whoot: [
    // oxlint-disable-next-line no-empty-pattern -- Playwright reads the names out of this pattern
    async ({}, use) => {
      const whoot = await startWhoot({ WHOOT_BILLING: "sample" });
      await use(whoot);
      await whoot.remove();
    },
    { scope: "worker", timeout: 300_000 },
  ],
});

const region = ({ page }: Person, name: string) => page.getByRole("region", { name, exact: true });
const button = ({ page }: Person, name: string) => page.getByRole("button", { name, exact: true });

test("by keyboard alone: from the trial to a plan, the last licence, an overdue invoice and its payment, cancelling and resuming", async ({
  people,
  browsers,
  whoot,
}) => {
  const browser = await browsers.withVoice("ada");
  const [ada, ben] = [await people.signedUp("Ada", browser), await people.signedUp("Ben", browser)];
  const company = await makeCompany(people, ada, "Harbour");
  await company.role("Hosts", ["users.view", "users.invite", "roles.view", "voice.join"]);
  await company.add(ben, "Hosts");
  const keys = keyboardOf(ada);
  const { page } = ada;
  const subscription = region(ada, "Subscription");
  const dialog = page.getByRole("dialog");
  const look = async (name: string) => {
    expect.soft(await examine(page)).toEqual([]);
    await shotBothThemesAndPhone(page, `billing/${name}`);
  };
  const tenant = `/tenants/${company.slug}`;

  await test.step("a plan is chosen in the trial, after its quote", async () => {
    await keys.open(`/${company.slug}/settings/billing`);
    await expect(subscription).toContainText("Trial");
    await look("01-trial");
    await keys.press(button(ada, "Choose a plan…"));
    await keys.fill(dialog.getByLabel("Licences"), "2");
    await look("02-plans");
    await keys.press(dialog.getByRole("button", { name: "Show what it costs" }));
    await expect(dialog).toContainText("Nothing is charged now.");
    await look("03-quote");
    await keys.press(dialog.getByRole("button", { name: "Subscribe to Team" }));
    await expect(dialog).toBeHidden();
    await expect(subscription).toContainText("2 licences at €8.00");
    await expect(subscription).toContainText("Your plan begins then.");
    await expect(region(ada, "History").getByRole("listitem").last()).toHaveText(/^whoot began the trial of Harbour[^E]*$/);
    await expect(region(ada, "Licences")).toContainText("2 of 2");
  });

  await test.step("who can't buy a licence is told whom to ask", async () => {
    await ben.page.goto(`/${company.slug}/people`);
    await button(ben, "Invite people").click();
    await ben.page.getByRole("dialog").getByLabel("Email").fill("cid@example.com");
    await button(ben, "Send invitation").click();
    await expect(ben.page.getByRole("dialog")).toContainText("Ask Ada to buy more.");
  });

  await test.step("who can buys it, at the price of now, and then the invitation goes", async () => {
    await keys.open(`/${company.slug}/people`);
    await keys.press(button(ada, "Invite people"));
    await keys.fill(dialog.getByLabel("Email"), "cid@example.com");
    await keys.press(button(ada, "Send invitation"));
    await keys.press(dialog.getByRole("link", { name: "Buy licences" }));
    await keys.fill(dialog.getByLabel("Licences"), "1");
    await expect(dialog.getByRole("list", { name: "People who take a licence" })).toContainText("Ben");
    await keys.fill(dialog.getByLabel("Licences"), "3");
    await keys.press(dialog.getByRole("button", { name: "Show what it costs" }));
    const accept = dialog.getByRole("button", { name: "Change to 3 licences" });
    await expect(accept).toBeVisible();
    const quote = await ada.api<{ quoteId: string }>("POST", `${tenant}/billing/add-ons/quotes`, { addOns: ["recording"] });
    await ada.status("POST", `${tenant}/billing/add-ons/quotes/${quote.quoteId}/acceptance`);
    await keys.press(accept);
    await expect(dialog).toContainText("The subscription has changed since this price was shown.");
    await look("04-moved-quote");
    await keys.press(accept);
    await expect(dialog).toBeHidden();
    await expect(subscription).toContainText("Recording, 3 licences at €2.00");
    expect(
      await ada.status("POST", `${tenant}/invitations`, { email: "cid@example.com", roleId: await viewer(ada, tenant) }),
    ).toBe(201);
    await expect(region(ada, "Licences")).toContainText("1 by 1 open invitation");
  });

  await test.step("an expired invitation that is sent again without a licence left offers to buy one", async () => {
    await runSql(whoot, "update invitations set expires_at = now() - interval '1 hour'", []);
    await ada.api("POST", `${tenant}/invitations`, { email: "dan@example.com", roleId: await viewer(ada, tenant) });
    await keys.open(`/${company.slug}/people?tab=invitations`);
    await page.getByRole("button", { name: "Send again to cid@example.com" }).click();
    await expect(dialog).toContainText("No licence is left");
    await expect(dialog.getByRole("link", { name: "Buy licences" })).toBeVisible();
    await look("11-sent-again");
    await keys.open(`/${company.slug}/settings/billing`);
  });

  const number = await test.step("the first invoice comes, becomes overdue, and is paid", async () => {
    await runCommand(whoot, "billing", "clock", "+15d");
    const table = page.getByRole("table", { name: "Invoices and credit notes, newest first" });
    await expect(table).toContainText("Due");
    expect.soft(await examine(page)).toEqual([]);
    await shotBothThemesAndPhone(page, "billing/05-invoice", table);
    await runCommand(whoot, "billing", "clock", "+25d");
    const banner = page.getByRole("status").filter({ hasText: "An invoice is overdue" });
    await expect(banner).toBeVisible();
    await expect(button(ada, "Keep talk on for 72 more hours")).toBeVisible();
    await look("06-past-due");
    await keys.open("/workspaces");
    await expect(page.getByRole("row", { name: /Harbour/ })).toContainText("Past due, talk stops");
    await look("07-overview");
    await keys.open(`/${company.slug}`);
    await expect(banner.getByRole("link", { name: "Open Billing" })).toBeVisible();
    await expect(ben.page.getByText("An invoice is overdue")).toHaveCount(0);
    await keys.press(banner.getByRole("link", { name: "Open Billing" }));
    await expect(table).toBeVisible();
    const numbers = await table.getByRole("rowheader").allTextContents();
    for (const one of numbers) await runCommand(whoot, "billing", "paid", one);
    await expect(banner).toHaveCount(0);
    await expect(region(ada, "History")).toContainText("whoot recorded a payment of the invoice");
    return numbers[0];
  });
  await expect(page.getByRole("row", { name: number ?? "" })).toContainText("Paid");

  await test.step("it is cancelled, and resumed with one press", async () => {
    await keys.press(button(ada, "Cancel subscription…"));
    await expect(dialog).toContainText("Everything stays as it is until");
    await look("09-cancel");
    await keys.press(dialog.getByRole("button", { name: "Cancel the subscription" }));
    await expect(dialog).toBeHidden();
    await expect(subscription).toContainText("Cancelled");
    await keys.press(button(ada, "Resume"));
    await expect(subscription).toContainText("Active");
    await expect(region(ada, "History")).toContainText("Ada resumed the subscription of Harbour");
  });
});

async function viewer({ api }: Person, tenant: string): Promise<string | undefined> {
  const { items } = await api<{ items: { roleId: string; name: string }[] }>("GET", `${tenant}/roles`);
  return items.find(({ name }) => name === "Viewer")?.roleId;
}

test("by keyboard alone: billing details are refused and saved, with who takes a licence and who changed what; without an add-on, its switch says where to buy it", async ({
  people,
  browsers,
  whoot,
}) => {
  const ada = await people.signedUp("Ada", await browsers.withVoice("ada"));
  const company = await makeCompany(people, ada, "Harbour");
  const keys = keyboardOf(ada);
  const { page } = ada;

  await keys.open(`/${company.slug}/settings/billing`);
  await keys.press(page.getByRole("button", { name: "Show who takes one: 1 person" }));
  await expect(page.getByRole("list", { name: "People who take a licence" })).toContainText(/^AdaAdmin/);

  const form = page.getByRole("form", { name: "Billing details" });
  await keys.fill(form.getByLabel("Company"), "Łódź & Søns GmbH");
  await keys.fill(form.getByLabel("Street"), "Musterstraße 1");
  await keys.fill(form.getByLabel("City"), "Berlin");
  await keys.pick(form.getByRole("combobox", { name: "Country" }), "Germany", "Germ");
  await keys.fill(form.getByLabel("Tax ID"), "DE136695975");
  await keys.fill(form.getByLabel("Recipients"), "books@example.com");
  await keys.press(form.getByRole("button", { name: "Save" }));
  await expect(form.getByText("This isn't a VAT ID of Germany: its form or its check digit is wrong.")).toBeVisible();
  await keys.expectFocusOn(form.getByLabel("Tax ID"));
  expect.soft(await examine(page)).toEqual([]);
  await shotBothThemesAndPhone(page, "billing/08-details-refused");
  await keys.press(page.getByRole("link", { name: "Roles", exact: true }), "Enter", "back");
  const leaving = page.getByRole("dialog", { name: "Leave without saving?" });
  await keys.press(leaving.getByRole("button", { name: "Keep editing" }));
  await expect(leaving).toBeHidden();

  await keys.fill(form.getByLabel("Tax ID"), "de 136 695 976");
  await keys.press(form.getByRole("button", { name: "Save" }));
  await expect(form.getByText("Form checked, not looked up in a register.")).toBeVisible();
  await expect(form.getByLabel("Tax ID")).toHaveValue("DE136695976");
  await expect(region(ada, "History")).toContainText("Ada changed the billing details of Harbour");

  await runCommand(whoot, "billing", "clock", "+15d");
  await expect(region(ada, "Subscription")).toContainText("Free");
  await keys.open(`/${company.slug}`);
  await keys.press(page.getByRole("main").getByRole("button", { name: "Create a channel" }));
  const channel = page.getByRole("dialog");
  await expect(channel.getByRole("switch", { name: "Recording" })).toBeDisabled();
  expect.soft(await examine(page)).toEqual([]);
  await shotBothThemesAndPhone(page, "billing/10-no-recording");
  await keys.press(channel.getByRole("link", { name: "Buy add-ons" }));
  await expect(channel.getByRole("heading", { name: "Choose a plan" })).toBeVisible();
});

test("where the bill stops talk, everybody's talk key says so before a press, and talks again once it is paid", async ({
  people,
  browsers,
  whoot,
}) => {
  const browser = await browsers.withVoice("ada");
  const [ada, ben] = [await people.signedUp("Ada", browser), await people.signedUp("Ben", browser)];
  const company = await makeCompany(people, ada, "Harbour");
  await company.channel("Ops");
  await company.add(ben, "Member");
  await join(ben, company, "Ops");
  await readyToTalk(ben, "Ops");
  const become = async (state: string) => {
    await runSql(whoot, "update tenants set billing_state = $2 where slug = $1", [company.slug, state]);
    await ben.page.reload();
  };
  await become("stopped");
  const tile = ben.page.getByRole("article", { name: "Ops" });
  await expect(tile.getByRole("button", { name: /^Listen only/ })).toContainText("until the workspace's bill is paid");
  await expect(ben.page.getByRole("region", { name: "Talk" })).toContainText("Listening to Ops");
  expect.soft(await examine(ben.page)).toEqual([]);
  await shotBothThemesAndPhone(ben.page, "billing/12-stopped");
  await become("active");
  await readyToTalk(ben, "Ops");
});
