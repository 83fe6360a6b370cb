/** A server without a catalogue sells nothing and limits nothing. */
import { readFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { makeWorkspace, type Person, signUpPerson, type Workspace } from "../testing/people.ts";
import { useServer } from "../testing/server.ts";
import { jobsSettled } from "../testing/jobs.ts";
import { whootCommand } from "../testing/whoot-command.ts";

const server = useServer();
let owner: Person;
let workspace: Workspace;
beforeAll(async () => {
  owner = await signUpPerson(server, "Olga");
  workspace = await makeWorkspace(owner);
});

const see = async (what: string) => (await owner.get(`${workspace.path}/billing${what}`)).json;

test("without a catalogue there is no offer, no subscription, no document and no limit", async () => {
  expect(await see("")).toEqual({
    ...{
      isSample: false,
      maySample: true,

      state: null,
      until: null,
      addOns: null,
      withoutTrial: false,
      putOffHours: 0,
      offer: null,
    },
  });
  expect(await see("/subscription")).toEqual({ subscription: null });
  expect(await see("/next-invoice")).toEqual({ invoice: null });
  expect(await see("/invoices")).toEqual({ items: [], nextCursor: null });
  expect(await see("/licences")).toEqual({ limit: null, used: 1, reserved: 0, left: null });
  expect((await owner.get(workspace.path)).json).toMatchObject({ talkStopped: false, billing: null });
});

test.each([
  ["subscription", { wanted: { change: "cancel" } }],
  ["licences", { licences: 5 }],
  ["add-ons", { addOns: [] }],
])("without a catalogue there is no quote for %s", async (what, body) => {
  expect((await owner.post(`${workspace.path}/billing/${what}/quotes`, body)).code).toBe("billing_off");
});

test.each([[["paid", "ABCD-1"]], [["clock", "+1d"]], [["renew", "acme"]]])(
  "without a catalogue `billing %s` says so",
  async (args) => {
    const { code, output } = await whootCommand(server, ["billing", ...args]);
    expect([code, output]).toEqual([2, expect.stringContaining("Billing is off on this server.")]);
  },
);

test("switching billing on begins a trial everywhere and removes nobody; switching it off ends all limits", async () => {
  // The owner has used all trials of the sample, so a new workspace begins without one.
  await server.database.query("insert into billing_trials select $1, now() from generate_series(1, 10000)", [owner.accountId]);
  server.config.billing = "sample";
  await server.restart();
  await jobsSettled(server);
  expect(await see("")).toMatchObject({ state: "trial", withoutTrial: false });
  await server.database.query("delete from billing_trials");
  expect(await see("/licences")).toMatchObject({ limit: 100_000 });
  server.config.billing = "off";
  await server.restart();
  await jobsSettled(server);
  expect(await see("")).toMatchObject({ state: null });
  expect(await see("/licences")).toMatchObject({ limit: null });
});

test("a server that was billed with the sample doesn't start with a catalogue of its own, and says why", async () => {
  const file = resolve(server.config.dataFolder, "billing.json");
  writeFileSync(file, "{}");
  server.config.billing = { file };
  await expect(server.restart()).rejects.toThrow("can't be used for billing");
  writeFileSync(file, readFileSync(new URL("sample-catalogue.json", import.meta.url)));
  await expect(server.restart()).rejects.toThrow("was used with the sample catalogue");
  server.config.billing = null;
  await server.restart();
});
