/** How many database round trips one request makes. Each adds to the response time. */
import pg from "pg";
import { afterEach, expect, test, vi } from "vitest";
import { Batch } from "../platform/db/batch.ts";
import { httpClient } from "../testing/http.ts";
import { makeChannel, makeWorkspace, PASSWORD, type Person, signUpPerson } from "../testing/people.ts";
import { useServer } from "../testing/server.ts";

const server = useServer();
afterEach(() => vi.restoreAllMocks());

/** Returns the lowest counts of three requests, because background queries can only add to them. */
async function countQueries(request: (turn: number) => Promise<{ status: number }>) {
  const statements = vi.spyOn(Batch.prototype, "add");
  const queries = vi.spyOn(pg.Client.prototype, "query");
  const counts: Array<{ roundTrips: number; statements: number }> = [];
  for (let turn = 0; turn < 4; turn += 1) {
    statements.mockClear();
    queries.mockClear();
    expect((await request(turn)).status).toBe(200);
    const roundTrips = queries.mock.calls.filter(([query]) => (query as unknown) instanceof Batch).length;
    // The first request may also record that the session entered the workspace.
    if (turn > 0) counts.push({ roundTrips, statements: statements.mock.calls.length });
  }
  return counts.toSorted((a, b) => a.statements - b.statements)[0];
}

async function makeScene() {
  const owner: Person = await signUpPerson(server, "Olga");
  const workspace = await makeWorkspace(owner);
  const { memberId } = (await owner.get(workspace.path)).json.self as { memberId: string };
  const talkers = { roleIds: [workspace.roles.Member, workspace.roles.Admin], memberIds: [memberId] };
  const channelId = await makeChannel(owner, workspace, { name: "Ops", transmission: "restricted", talkers });
  return { owner, channels: `${workspace.path}/channels`, channelId, talkers };
}

test("listing channels takes four round trips: session, admission, list, commit", async () => {
  const { owner, channels } = await makeScene();
  expect(await countQueries(() => owner.get(channels))).toEqual({ roundTrips: 4, statements: 6 });
});

test("editing a channel takes six round trips: session, admission, lock, change, end of the audit log, entry and commit", async () => {
  const { owner, channels, channelId, talkers } = await makeScene();
  const edit = (turn: number) =>
    owner.patch(`${channels}/${channelId}`, {
      name: `Ops ${turn}`,
      recording: turn % 2 === 0,
      talkers: { ...talkers, roleIds: talkers.roleIds.slice(turn % 2) },
    });
  expect(await countQueries(edit)).toEqual({ roundTrips: 6, statements: 15 });
});

test("a sign-in with a password, without a second factor, takes two round trips: account, session", async () => {
  const { email } = await signUpPerson(server, "Paul");
  const signIn = () => httpClient(server.url).post("/api/v1/session", { email, password: PASSWORD });
  expect(await countQueries(signIn)).toEqual({ roundTrips: 2, statements: 2 });
});
