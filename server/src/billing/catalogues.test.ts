/** A server with the operator's own catalogue, and the mistakes that stop its start. */
import { readFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { jobsSettled } from "../testing/jobs.ts";
import { makeWorkspace, type Person, signUpPerson, type Workspace } from "../testing/people.ts";
import { useServer } from "../testing/server.ts";

const server = useServer();
let file: string;
let owner: Person;
let workspace: Workspace;

const sample = () => JSON.parse(readFileSync(new URL("sample-catalogue.json", import.meta.url), "utf8"));

async function startWith(catalogue: object): Promise<void> {
  writeFileSync(file, JSON.stringify(catalogue));
  server.config.billing = { file };
  await server.restart();
}

beforeAll(async () => {
  file = resolve(server.config.dataFolder, "billing.json");
  await startWith(sample());
  owner = await signUpPerson(server, "Olga");
  workspace = await makeWorkspace(owner);
  await jobsSettled(server);
});

const offer = async () => (await owner.get(`${workspace.path}/billing`)).json.offer;

test("changed content is a new version, which is sold from then on", async () => {
  const { plans, ...rest } = sample();
  await startWith({ ...rest, plans: plans.map((plan: { name: string }) => ({ ...plan, name: `${plan.name} 2` })) });
  expect((await offer()).plans.map(({ name }: { name: string }) => name)).toEqual(["Free 2", "Team 2", "Business 2"]);
  await startWith(sample());
  const versions = await server.database.query("select version from billing_catalogues order by version");
  expect(versions).toEqual([{ version: 1 }, { version: 2 }, { version: 3 }]);
});

test("a server that bills doesn't start without its catalogue, unless billing is switched off", async () => {
  await jobsSettled(server);
  server.config.billing = null;
  await expect(server.restart()).rejects.toThrow("This server bills, and its catalogue is gone.");
  server.config.billing = "off";
  await server.restart();
  expect(await offer()).toBeNull();
  await jobsSettled(server);
  server.config.billing = null;
  await server.restart();
  expect(await offer()).toBeNull();
});

test("a catalogue in another currency is refused, because balances would mix", async () => {
  await startWith(sample());
  await expect(startWith({ ...sample(), currency: { code: "USD", digits: 2 } })).rejects.toThrow("has been billed in EUR");
  await expect(startWith({ ...sample(), plans: [] })).rejects.toThrow("List at least one plan.");
  await startWith(sample());
});
