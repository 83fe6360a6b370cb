/** Paying by card, on a sample server with a stand-in for Stripe. Its pages are played by the test. */
import { StandIn, stripeEvent } from "../server/src/billing/payments/testing/stand-in.ts";
import { examine } from "./support/axe.ts";
import { keyboardOf } from "./support/keyboard.ts";
import { makeCompany, type Person } from "./support/people.ts";
import { shotBothThemesAndPhone } from "./support/screens.ts";
import { runCommand, startWhoot, type Whoot } from "./support/server.ts";
import { expect, test as base } from "./support/test.ts";

const test = base.extend<object, { stripe: StandIn; whoot: Whoot }>({
  stripe: [
    // oxlint-disable-next-line no-empty-pattern -- Playwright reads the names out of this pattern
    async ({}, use) => {
      const standIn = new StandIn();
      await standIn.listen();
      await use(standIn);
      await standIn.close();
    },
    { scope: "worker" },
  ],
  whoot: [
    async ({ stripe }, use) => {
      const program = ["server/src/billing/payments/testing/main-with-stand-in.ts", String(stripe.settings.standIn.port)];
      const whoot = await startWhoot({ WHOOT_BILLING: "sample" }, program);
      await use(whoot);
      await whoot.remove();
    },
    { scope: "worker", timeout: 300_000 },
  ],
});

const PAGES = "https://checkout.stripe.example/**";

async function tell({ url }: Whoot, type: "checkout.session.completed", object: { id: string }): Promise<void> {
  const { body, signature } = stripeEvent(type, object);
  const headers = { "content-type": "application/json", "stripe-signature": signature };
  const { status } = await fetch(`${url}/api/v1/payments/stripe/events`, { method: "POST", body, headers });
  expect(status).toBe(204);
}

test("by keyboard alone: a card is set up and declined, the invoice is paid on the provider's page, the card is removed, and a deletion says what is owed", async ({
  people,
  browsers,
  whoot,
  stripe,
}) => {
  const ada = await people.signedUp("Ada", await browsers.withVoice("ada"));
  const company = await makeCompany(people, ada, "Harbour");
  const keys = keyboardOf(ada);
  const { page } = ada;
  const tenant = `/tenants/${company.slug}`;
  const region = (name: string) => page.getByRole("region", { name, exact: true });
  const payment = region("Payment");
  const table = page.getByRole("table", { name: "Invoices and credit notes, newest first" });
  const look = async (name: string) => {
    expect.soft(await examine(page)).toEqual([]);
    await shotBothThemesAndPhone(page, `payment/${name}`, payment);
  };
  await page.route(PAGES, (route) => route.fulfill({ contentType: "text/html", body: "<!doctype html><title>Stripe</title>" }));

  await subscribe(ada, tenant);
  await runCommand(whoot, "billing", "clock", "+15d");
  await keys.open(`/${company.slug}/settings/billing`);
  await expect(table).toContainText("Due");
  await expect(payment).toContainText("No card is set up");
  await look("01-no-card");

  await test.step("a card is set up on the provider's page, and declined", async () => {
    await keys.press(payment.getByRole("button", { name: "Set up a card…" }));
    await page.waitForURL(PAGES);
    const session = stripe.completeSetUp(page.url(), "insufficient_funds");
    await tell(whoot, "checkout.session.completed", session);
    await keys.open(new URL(session.success_url ?? "").pathname + new URL(session.success_url ?? "").search);
    await expect(payment).toContainText("The card is set up");
    await expect(payment).toContainText("Visa ending in 4242");
    await expect(payment).toContainText("works until May 2040");
    await expect(payment).toContainText("The bank says that there isn't enough money.");
    await expect(table).toContainText("Payment failed");
    await look("02-declined");
    await shotBothThemesAndPhone(page, "payment/02-invoices", table);
  });

  await test.step("the invoice is paid with another card", async () => {
    await keys.press(table.getByRole("button", { name: /^Pay / }));
    await page.waitForURL(PAGES);
    const session = stripe.payPage(page.url());
    await tell(whoot, "checkout.session.completed", session);
    await keys.open(new URL(session.success_url ?? "").pathname + new URL(session.success_url ?? "").search);
    await expect(table).toContainText("Paid");
    await expect(payment).toContainText("Thank you for the payment");
    await look("03-paid");
    await keys.press(payment.getByRole("button", { name: "Close" }));
    await expect(payment).not.toContainText("Thank you");
  });

  await test.step("the card is removed", async () => {
    await keys.press(payment.getByRole("button", { name: "Remove card…" }));
    const dialog = page.getByRole("dialog", { name: "Remove the card" });
    await expect(dialog).toContainText("The next invoice comes by mail");
    await look("04-remove-card");
    await keys.press(dialog.getByRole("button", { name: "Remove Visa ending in 4242" }));
    await expect(payment).toContainText("No card is set up");
    await expect(region("History")).toContainText("Ada removed the card of Harbour");
  });

  await test.step("the dialog of the deletion says what is owed, and after a payment which credit is lost", async () => {
    await runCommand(whoot, "billing", "clock", "+31d");
    await keys.open(`/${company.slug}/settings/billing`);
    await expect(table).toContainText("Due");
    const number = /\w{8}-000002/.exec(await table.innerText())?.[0] ?? "";
    const remove = page.getByRole("button", { name: "Delete Harbour…" });
    const dialog = page.getByRole("dialog", { name: "Delete Harbour" });
    const ends = dialog.getByRole("list", { name: "What ends with its billing" });

    await keys.open(`/${company.slug}/settings`);
    await keys.press(remove);
    await expect(ends.getByRole("listitem")).toHaveText([
      `€19.04 stays owed on 1 invoice: ${number} (€19.04).`,
      /^\d+ days of the present period that you were charged for are lost\. Nothing is paid back\.$/,
      /^2 invoices and credit notes are kept outside the workspace until .*, because the law demands it\. Nothing else is kept\.$/,
    ]);
    expect.soft(await examine(page)).toEqual([]);
    await shotBothThemesAndPhone(page, "payment/05-deletion-owed", ends);
    await keys.escape(dialog, remove);

    await runCommand(whoot, "billing", "paid", number, "30.00");
    await keys.open(`/${company.slug}/settings`);
    await keys.press(remove);
    await expect(ends.getByRole("listitem").first()).toHaveText("€10.96 of credit is lost.");
    await expect(ends).not.toContainText("owed");
    await shotBothThemesAndPhone(page, "payment/06-deletion-credit", ends);
  });
});

/** Two licences of the smallest plan, from the end of the trial. */
async function subscribe({ api, status }: Person, tenant: string): Promise<void> {
  const wanted = { change: "choose", plan: "team", interval: "month", licences: 2, addOns: [] };
  const quote = await api<{ quoteId: string }>("POST", `${tenant}/billing/subscription/quotes`, { wanted });
  expect(await status("POST", `${tenant}/billing/subscription/quotes/${quote.quoteId}/acceptance`)).toBe(204);
}
