/** Document numbers after a restored backup, on a sample server. */
import { appendFileSync, readFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { expect, test } from "vitest";
import { makeWorkspace, signUpPerson } from "../testing/people.ts";
import { temporaryFolder } from "../testing/folders.ts";
import { useServer } from "../testing/server.ts";
import { until } from "../testing/until.ts";
import { whootCommand } from "../testing/whoot-command.ts";
import { openIssuedNumbers } from "./issued-numbers.ts";
import { quotePlan } from "./testing/furnish.ts";

const server = useServer({ billing: "sample" });

test("a database that was restored from an older backup gives no document number twice", async () => {
  const owner = await signUpPerson(server, "Olga");
  const workspace = await makeWorkspace(owner);
  const numbers = async () => {
    const { items } = (await owner.get(`${workspace.path}/billing/invoices`)).json as { items: { number: string }[] };
    return items.map(({ number }) => number);
  };
  const change = async (licences: number, interval: string) => {
    const wanted = { change: "choose", plan: "team", interval, licences, addOns: [] };
    const quoteId = await quotePlan(owner, workspace, wanted);
    expect((await owner.post(`${workspace.path}/billing/subscription/quotes/${quoteId}/acceptance`)).status).toBe(204);
  };
  await change(2, "month");
  await whootCommand(server, ["billing", "clock", "+15d"]);
  await until("the first invoice", async () => (await numbers()).length === 1);
  // A change of the interval is invoiced at once.
  await change(3, "year");
  const [second, first] = await numbers();
  const [prefix, last] = second?.split("-") ?? [];
  const marks = resolve(server.config.dataFolder, "deletions", "document-numbers");
  await until("the number to be noted", () => readFileSync(marks, "latin1").includes(`${prefix} ${Number(last)}\n`));

  await server.stop();
  // A backup from before the second document lacks the document and its number.
  await server.database.query("update billing_series set last = 1 where prefix = $1", [prefix]);
  await server.restart();
  await change(4, "month");
  const issued = await numbers();
  expect(issued.slice(1)).toEqual([second, first]);
  expect(issued[0]).toBe(`${prefix}-${String(Number(last) + 1).padStart(last?.length ?? 0, "0")}`);
});

test("the file of numbers keeps the highest of each series, whatever a crash left at its end", async () => {
  const folder = temporaryFolder("whoot-numbers-");
  const numbers = openIssuedNumbers(folder);
  expect(numbers.read()).toEqual(new Map());
  await Promise.all([numbers.note("AAAA", 1), numbers.note("BBBB", 7), numbers.note("AAAA", 3), numbers.note("AAAA", 2)]);
  expect(numbers.read()).toEqual(new Map(Object.entries({ AAAA: 3, BBBB: 7 })));
  appendFileSync(resolve(folder, "document-numbers"), "AAAA 4");
  expect(numbers.read().get("AAAA")).toBe(3);
  await numbers.note("AAAA", 5);
  expect(numbers.read()).toEqual(new Map(Object.entries({ AAAA: 5, BBBB: 7 })));
  writeFileSync(resolve(folder, "document-numbers"), "no number\nBBBB 8\nCCCC -1\n");
  expect(numbers.read()).toEqual(new Map([["BBBB", 8]]));
  await numbers.replace(new Map([["DDDD", 1]]));
  expect(numbers.read()).toEqual(new Map([["DDDD", 1]]));
});
